import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { RecordId, type DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Fault, type Result } from '../../shared/base/result.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { DeviceStore, LocalFault, OwnSegment, Seeding } from '../../shared/sync/device-store.ts';
import { spacedPlaces } from '../../shared/sync/earlier.ts';
import { encodeReceipt, type Cursor } from '../../shared/sync/envelope.ts';
import { entriesOf, holdsAPart, keepSaltSeed, outOfScope, ownSegments, residents, saltSeedOf, signingKeyOf, unsentSegments, type Ledger, type Segment } from '../ledger/ledger.ts';
import type { StoreFault, WriteHandle } from '../store/store.ts';
import { foreignEntries, holdings, holdingsOf, keepWord } from './authors-words.ts';
import { grown } from './neighbour-state.ts';
import { clearState, readState, writeState } from './sync-state.ts';

/**
 * The ledger and the vault's sync state as the protocol core sees them. `rosterKey`: the key the organisation's roster
 * names for a device; it counts until something of that device is held, and from then on the key it was held under.
 */
export function createDeviceStore(ledger: Ledger, rosterKey: (device: DeviceId) => Uint8Array | null): DeviceStore {
  const { read } = ledger;
  const toOwn = ({ id, lane, length, head, acknowledged, closed }: Segment): OwnSegment => ({ segment: id, lane, length, head, acknowledged, closed: closed !== null });

  const keep = (change: (write: WriteHandle) => void): Result<null, LocalFault> => {
    const kept = ledger.keep<null, never>((write) => {
      change(write);
      return ok(null);
    });
    return kept.ok ? kept : localFault(kept.fault);
  };

  /** Whom a person is to be told of: nothing is written where they are who they were. */
  const keepLeaving = (next: (known: readonly RecordId[]) => readonly RecordId[]): Result<null, LocalFault> => {
    const known = readState(read, 'sync.leaving') ?? [];
    const left = next(known);
    return left.length === known.length && left.every((each) => known.includes(each)) ? ok(null) : keep((write) => writeState(write, 'sync.leaving', [...left]));
  };

  return {
    ownSegments: () => ownSegments(read).map(toOwn),
    unacknowledged: () => unsentSegments(read).map(toOwn),
    ownEntries(segment, from, maxEntries, maxBytes) {
      const previous = from === 0 ? CHAIN_START : entriesOf(read, segment, from - 1, 1, 0)[0]?.hash;
      if (previous === undefined) throw new Error('broken assumption: an own segment is held from its first entry on');
      return { previous, entries: entriesOf(read, segment, from, maxEntries, maxBytes), seed: saltSeedOf(read, segment) };
    },
    acknowledge(receipt) {
      const { segment, length, head } = receipt;
      const text = JSON.stringify({ receipt: toHex(encodeReceipt(receipt)), signature: toHex(receipt.signature) });
      const taken = ledger.acknowledge({ segment, length, head, text });
      if (taken.ok) return ok(null);
      const { code } = taken.fault;
      if (code === 'FORK' || code === 'NOT_FOUND') return refuse('FORK', { length });
      return localFault({ ...taken.fault, code });
    },
    close(segment) {
      const closed = ledger.close(segment);
      return closed.ok ? closed : localFault(closed.fault);
    },
    others: () => (readState(read, 'sync.others') ?? []).map(({ segment, length, head }) => ({ segment, length, head: fromHex(head) })),
    keepOther: ({ segment, length, head }) =>
      keep((write) => {
        const others = readState(write, 'sync.others') ?? [];
        writeState(write, 'sync.others', [...others.filter((each) => each.segment !== segment), { segment, length, head: toHex(head) }]);
      }),
    takeBack(lost) {
      const taken = ledger.takeBack(lost);
      return taken.ok ? taken : localFault(taken.fault);
    },
    missing: () => readState(read, 'sync.missing')?.entries ?? 0,
    keepMissing: (entries) => keep((write) => writeState(write, 'sync.missing', { entries })),
    cursor: () => readState(read, 'sync.cursor'),
    seen() {
      const [seen, cursor] = [readState(read, 'sync.seen'), readState(read, 'sync.cursor')];
      return seen !== null && cursor?.epoch === seen.epoch && cursor.lsn < seen.lsn ? seen : null;
    },
    earlier: () => readState(read, 'sync.earlier') ?? [],
    authorKey(device) {
      const key = signingKeyOf(read, device);
      return key === null ? rosterKey(device) : fromHex(key);
    },
    receive(runs, { cursor: next, seen, seeding, gaps }) {
      const arriving = runs.map(({ run, entries, standing, author }) => ({ entries, previous: run.previous, hashes: entries.map(({ hash }) => hash), standing, author, gaps }));
      const received = ledger.receive(arriving, (write) => {
        for (const { run, attestation, standing } of runs) if (attestation !== null && standing === 'attested') keepWord(write, run.segment, run.from + run.count, attestation);
        // Of a part of the records a seed would give away the salts of what is not held.
        for (const { run, seed, standing } of runs) if (seed !== null && !gaps && standing !== 'contradicted') keepSaltSeed(write, run.segment, seed);
        if (seen !== null && seen.lsn > (readState(write, 'sync.seen')?.lsn ?? 0)) writeState(write, 'sync.seen', seen);
        if (next !== null) moveCursor(write, next);
        if (seeding !== undefined) keepSeeding(write, seeding);
      });
      if (received.ok) return ok({ ...received.value, patients: received.value.patients.map((id) => RecordId.parse(id)) });
      const { code, detail } = received.fault;
      if (code === 'GAP' || code === 'BAD_HASH' || code === 'MALFORMED') return refuse(code, detail);
      return localFault({ ...received.fault, code });
    },
    rewind: (cursor) =>
      keep((write) => {
        if (readState(write, 'sync.cursor') !== null) writeState(write, 'sync.backfill', { owed: true, grown: false });
        writeState(write, 'sync.seen', null);
        moveCursor(write, cursor);
      }),
    seeding: () => readState(read, 'sync.seeding'),
    forgetSeed: () => keep((write) => keepSeeding(write, null)),
    scope: {
      version: () => readState(read, 'sync.scope')?.version ?? 0,
      keepVersion: (version) => keep((write) => writeState(write, 'sync.scope', { version })),
      mark: () => readState(read, 'sync.scopeMark'),
      keepMark: (mark) => keep((write) => {
        if (mark === null) clearState(write, 'sync.scopeMark');
        else writeState(write, 'sync.scopeMark', mark);
        // Who is still to leave is tried again in the same conversation.
        clearState(write, 'sync.leaving');
      }),
      holdsPart: () => holdsAPart(read),
      residents: (after, max) => residents(read, after, max),
      evict(patients) {
        const evicted = ledger.evict(patients);
        if (!evicted.ok) return localFault(evicted.fault);
        const kept = keepLeaving((known) => [...known.filter((each) => !patients.includes(each)), ...patients.filter((_, index) => evicted.value[index] !== 'gone')]);
        return kept.ok ? evicted : kept;
      },
      admit(patient) {
        const admitted = ledger.admit(patient);
        if (!admitted.ok) return localFault(admitted.fault);
        const stays = keepLeaving((known) => known.filter((each) => each !== patient));
        if (!stays.ok) return stays;
        const given = readState(read, 'sync.backfill');
        return given?.cut === true && !given.owed ? keep((write) => writeState(write, 'sync.backfill', { ...given, owed: true })) : ok(null);
      },
      widen() {
        for (const patient of outOfScope(read)) {
          const admitted = ledger.admit(patient);
          if (!admitted.ok) return localFault(admitted.fault);
        }
        return ok(null);
      },
    },
    // What is named as `beyond` is not read from central again, so it is offered as long as it is named: a central restored meanwhile may lack it.
    backfillOwed: () => readState(read, 'sync.backfill')?.owed === true || grown(read).length > 0,
    backfilled: () => keep((write) => writeState(write, 'sync.backfill', { owed: false, grown: false, cut: holdsAPart(write) })),
    holdings(after, max) {
      const all = readState(read, 'sync.backfill');
      return all?.owed === true && !all.grown ? holdings(read, after, max) : holdingsOf(read, grown(read), after, max);
    },
    beyond: () => grown(read),
    foreignEntries: (segment, from) => foreignEntries(read, segment, from),
  };
}

function localFault({ code, detail }: Fault<StoreFault>): Result<never, LocalFault> {
  return refuse(code === 'DISK_FULL' || code === 'READ_ONLY' ? code : 'INTERNAL', { ...detail, store: code });
}

function moveCursor(write: WriteHandle, next: Cursor): void {
  const place = readState(write, 'sync.cursor');
  if (place !== null) writeState(write, 'sync.earlier', [...spacedPlaces([place, ...(readState(write, 'sync.earlier') ?? [])], next.lsn)]);
  writeState(write, 'sync.cursor', next);
}

function keepSeeding(write: WriteHandle, seeding: Seeding | null): void {
  if (seeding === null) clearState(write, 'sync.seeding');
  else writeState(write, 'sync.seeding', seeding);
}
