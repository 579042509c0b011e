import { toHex, utf8 } from '../../shared/base/bytes.ts';
import { entryId, recordIdOf, SegmentId, type EntryId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Clock, Sha256 } from '../../shared/base/world.ts';
import { bodyCommitment, chainHash, HEADER_VERSION, headerText, SALT_BYTES, type Header } from '../../shared/ledger/entry.ts';
import { saltsFrom, SALT_SEED_BYTES } from '../../shared/ledger/salt.ts';
import type { HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { laneOf, type Lane } from '../../shared/ledger/lanes.ts';
import type { LocalFault } from '../../shared/sync/device-store.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { SimDraft } from './draft.ts';
import { parseEntry } from './parsed-entry.ts';
import type { Parts } from './parts.ts';
import { deviceKeys } from './sim-central.ts';
import { headOf, type SimSegment } from './sim-segment.ts';
import type { SimDisk } from './sim-disk.ts';

/** The writing half of one process: its segments, one for each lane, its salts and its hybrid clock. */
export type SimLedger = {
  /** `recordType`: of the record that is amended. */
  write(draft: SimDraft, recordType: string | null): Result<{ readonly id: EntryId; readonly entry: WireEntry }, LocalFault>;
  /** What others wrote has been seen. */
  witness(entries: readonly WireEntry[]): void;
  hybrid(): HybridTime;
  /** All it has in memory, for a machine that goes on from here twice. */
  memory(): SimMemory;
};
export type SimMemory = { readonly lanes: readonly (readonly [Lane, SegmentId])[]; readonly hybrid: HybridTime };

export type SimLedgerOptions = {
  readonly disk: SimDisk;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly random: { hex(bytes: number): string; bytes(count: number): Uint8Array };
  /** The hybrid clock's rules. */
  readonly rules: Pick<Parts, 'tick' | 'witness'>;
  readonly memory?: SimMemory;
  readonly resumes?: boolean;
};

export function createSimLedger({ disk, clock, sha256, random, rules, memory, resumes }: SimLedgerOptions): SimLedger {
  const lanes = new Map<Lane, SegmentId>(memory?.lanes);
  let hybrid: HybridTime = memory?.hybrid ?? lastHybrid(disk);
  if (resumes === true) for (const segment of disk.segments.values()) if (segment.own) lanes.set(segment.lane, segment.id);
  const openedAt = clock.monotonic();
  const signingKey = toHex(deviceKeys(disk.device).signs);
  const salts = new Map<SegmentId, (sequence: number) => Uint8Array>();

  /** From the segment's seed, or each by itself as version 0.1.0 drew them. */
  const saltOf = ({ id, seed }: SimSegment, sequence: number): Uint8Array => {
    if (seed === null) return random.bytes(SALT_BYTES);
    const known = salts.get(id) ?? saltsFrom(sha256, seed);
    salts.set(id, known);
    return known(sequence);
  };

  const make = (segment: SimSegment, draft: SimDraft): WireEntry => {
    const at = Math.floor(clock.now());
    hybrid = rules.tick(hybrid, at);
    const sequence = segment.entries.length;
    const body = draft.body instanceof Uint8Array ? draft.body : utf8(JSON.stringify(draft.body));
    const salt = saltOf(segment, sequence);
    const header: Header = {
      at, body: toHex(bodyCommitment(sha256, salt, body)), clock: hybrid, clockState: 'ok', decision: 'sim/0', kind: draft.kind, minReader: draft.minReader,
      monotonic: Math.max(0, Math.floor(clock.monotonic() - openedAt)), offset: 0, parents: [...draft.parents],
      patient: draft.patient === 'made' ? recordIdOf(entryId(segment.id, sequence)) : draft.patient, purpose: 'TREAT', record: draft.record, segment: segment.id, sequence,
      session: null, v: HEADER_VERSION, zone: 'UTC',
    };
    const text = headerText(header);
    return { headerText: text, salt, body, segment: segment.id, sequence, kind: header.kind, patient: header.patient, hash: chainHash(sha256, headOf(segment), text) };
  };

  /** The process's segment of a lane, opened when the first entry needs it. */
  const segmentFor = (lane: Lane): Result<SimSegment, LocalFault> => {
    const known = lanes.get(lane);
    const open = known === undefined ? undefined : disk.segments.get(known);
    // Nothing written to a segment with two histories would ever leave this machine.
    if (open !== undefined && !open.closed) return ok(open);
    const segment: SimSegment = { id: SegmentId.parse(random.hex(8)), device: disk.device, lane, own: true, seed: lane % 2 === 0 ? null : random.bytes(SALT_SEED_BYTES), entries: [], acknowledged: 0, receipt: null, words: [], closed: false };
    const opened = disk.open(segment, make(segment, { kind: 'segment.open', body: { device: disk.device, lane, signingKey }, patient: null, record: null, parents: [], minReader: 1 }));
    if (!opened.ok) return opened;
    lanes.set(lane, segment.id);
    return ok(segment);
  };

  return {
    write(draft, recordType) {
      const body = draft.body instanceof Uint8Array ? {} : { body: draft.body };
      const lane = laneOf(draft.kind, { ...body, bytes: draft.body instanceof Uint8Array ? draft.body.length : JSON.stringify(draft.body).length, recordType });
      const segment = segmentFor(lane);
      if (!segment.ok) return segment;
      const entry = make(segment.value, draft);
      const appended = disk.append(segment.value, entry);
      return appended.ok ? ok({ id: entryId(entry.segment, entry.sequence), entry }) : appended;
    },
    witness(entries) {
      let newest: HybridTime = [0, 0];
      for (const entry of entries) {
        const { clock: theirs } = parseEntry(entry).header;
        if (theirs[0] > newest[0] || (theirs[0] === newest[0] && theirs[1] > newest[1])) newest = theirs;
      }
      hybrid = rules.witness(hybrid, newest, clock.now());
    },
    hybrid: () => hybrid,
    memory: () => ({ lanes: [...lanes], hybrid }),
  };
}

/** A process goes on from the last time its disk has written. */
function lastHybrid(disk: SimDisk): HybridTime {
  const last = [...disk.segments.values()].findLast(({ own }) => own)?.entries.at(-1);
  return last === undefined ? [0, 0] : parseEntry(last).header.clock;
}
