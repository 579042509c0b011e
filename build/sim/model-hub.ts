import { equalBytes, fromHex, toHex } from '../../shared/base/bytes.ts';
import type { DeviceId, RecordId, SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { HubEpoch, type Attestation } from '../../shared/sync/envelope.ts';
import type { Lane } from '../../shared/ledger/lanes.ts';
import type { Holding } from '../../shared/sync/holdings.ts';
import { MARK_START, placeDevice, seedOrder } from '../../shared/sync/hub-rules.ts';
import type { DeviceRecord, Held, HubEvent, HubStore, LogRow, ScopeAdministration } from '../../shared/sync/hub-store.ts';
import { isByNumber, type Stream } from '../../shared/sync/page-header.ts';
import type { Member } from '../../shared/sync/scope.ts';
import { createHubScopes } from './hub-scopes.ts';
import { modelKey, PowerCut, sha256, type Dice } from './model-world.ts';

type ModelSegment = { readonly owner: DeviceId; readonly lane: Lane; readonly entries: LogRow[]; readonly receivedAt: number; readonly quarantined: boolean };

/** Central's disk, and what a seed wants to see of it. */
export type SeedHub = HubStore & ScopeAdministration & {
  readonly log: readonly LoggedEntry[];
  readonly events: readonly HubEvent[];
  holds(segment: SegmentId, length: number, head: Uint8Array): boolean;
  /** A copy of the disk to go back to; null where this kind of hub cannot. */
  readonly backup: (() => () => void) | null;
  /** Where a patient stands at a device; not of every kind of hub. */
  member?(device: DeviceId, patient: RecordId): Member | null;
  cuts: number;
  close?(): Promise<void>;
};
export type LoggedEntry = { readonly lsn: number; readonly segment: SegmentId; readonly sequence: number; readonly hash: Uint8Array };

export function createModelHub(devices: readonly DeviceId[], dice: Dice): SeedHub {
  let epoch = HubEpoch.parse(dice.hex(8));
  let log: (LogRow & { device: DeviceId; lane: Lane; patient: string | null })[] = [];
  const scopes = createHubScopes((bytes) => dice.hex(bytes));
  let segments = new Map<SegmentId, ModelSegment>();
  const events: HubEvent[] = [];

  const commit = (change: () => void): void => {
    if (dice.chance(model.cuts)) throw new PowerCut('before the commit');
    change();
    if (dice.chance(model.cuts)) throw new PowerCut('after the commit');
  };
  const inCommit = <Value>(change: () => Value): Value => {
    const made: Value[] = [];
    commit(() => void made.push(change()));
    return made[0] as Value;
  };
  const markAt = (lsn: number): string | null => (lsn === 0 ? MARK_START : (log[lsn - 1]?.mark ?? null));
  const urgentOf = (): number => log.findLast(({ lane }) => lane === 0)?.lsn ?? 0;
  const heldOf = (device: DeviceId, segment: SegmentId): Held | null => {
    const known = segments.get(segment);
    const last = known?.entries.at(-1);
    return known?.owner !== device || last === undefined ? null : { segment, length: known.entries.length, head: last.hash, lsn: last.lsn, receivedAt: known.receivedAt };
  };

  const comes = (device: DeviceId) => (row: LogRow & { patient: string | null }): boolean => scopes.comes(device, row);

  const readingOf = (device: DeviceId, stream: Stream, own: boolean): { readonly rows: readonly LogRow[]; readonly last: number } | null => {
    switch (stream.kind) {
      case 'log': {
        const { after, urgentSeen } = stream;
        if (after.epoch !== epoch || markAt(after.lsn) !== after.mark) return null;
        return { rows: log.slice(after.lsn).filter((row) => (row.device !== device || own) && (row.lane !== 0 || row.lsn > urgentSeen)).filter(comes(device)), last: log.length };
      }
      case 'urgent': return stream.epoch === epoch ? { rows: log.slice(stream.after).filter((row) => row.device !== device && row.lane === 0).filter(comes(device)), last: urgentOf() } : null;
      case 'segment': {
        const known = segments.get(stream.segment);
        return known?.owner === device ? { rows: known.entries.slice(stream.from), last: known.entries.length } : null;
      }
      case 'patient': {
        const member = scopes.member(device, stream.patient);
        if (stream.epoch !== epoch || member === null || (member.state !== 'entering' && member.state !== 'in')) return null;
        return { rows: log.slice(stream.after, member.since).filter((row) => row.device !== device && row.patient === stream.patient), last: member.since };
      }
      case 'seed': {
        if (stream.at.epoch !== epoch || markAt(stream.at.lsn) !== stream.at.mark) return null;
        const before = [...segments].map(([segment, { owner, lane, entries }], number) => ({ segment, owner, number, lane, entries: entries.filter(({ lsn }) => lsn <= stream.at.lsn) })).filter(({ owner }) => owner !== device);
        const all = seedOrder(before.map((each) => ({ ...each, length: each.entries.length }))).flatMap(({ entries }) => entries);
        return { rows: all.slice(stream.after), last: all.length };
      }
    }
  };

  const holdingsOf = (device: DeviceId): Holding[] =>
    [...segments].filter(([, { owner }]) => owner === device).map(([segment, { entries }]) => ({ segment, length: entries.length, head: entries.at(-1)?.hash ?? CHAIN_START }));

  const model: SeedHub = {
    events,
    member: scopes.member,
    cuts: 0,
    get log() {
      return log;
    },
    holds(segment, length, head) {
      const entry = segments.get(segment)?.entries[length - 1];
      return entry !== undefined && equalBytes(entry.hash, head);
    },
    backup() {
      const scopesAgain = scopes.image();
      const kept = { log: [...log], segments: new Map(segments) };
      return () => {
        ({ log, segments } = { log: [...kept.log], segments: new Map(kept.segments) });
        scopesAgain();
      };
    },
    async device(id): Promise<DeviceRecord | null> {
      return devices.includes(id) ? { device: id, name: id, signingKey: modelKey(`${id} signs`), sealingKey: modelKey(`${id} opens`), state: 'active', partial: scopes.isPartial(id) } : null;
    },
    async greet(device, places, asked) {
      const place = placeDevice(places, epoch, markAt);
      if (place.lost) {
        commit(() => {
          epoch = HubEpoch.parse(dice.hex(8));
        });
      }
      const scope = scopes.isPartial(device) ? inCommit(() => scopes.greet(device, places, epoch)) : null;
      const held = asked.flatMap((segment) => heldOf(device, segment) ?? []);
      const positions = asked.map((segment) => ({ segment, length: heldOf(device, segment)?.length ?? 0 }));
      let heldEntries = 0;
      for (const { owner, entries } of segments.values()) if (owner === device) heldEntries += entries.length;
      return { epoch, latest: log.length, urgent: urgentOf(), tip: { epoch, lsn: log.length, mark: markAt(log.length) ?? MARK_START }, cursor: { epoch, ...place.at }, positions, held, heldEntries, holdings: holdingsOf(device).filter(({ segment }) => segments.get(segment)?.quarantined !== true), scope };
    },
    async held(device, asked) {
      return asked.flatMap((segment) => heldOf(device, segment) ?? []);
    },
    async ingest({ header, entries, attestation, lane: named }, decide, receivedAt) {
      const { segment, from, device } = header;
      const known = segments.get(segment);
      const held = known?.entries ?? [];
      const decision = decide({
        owner: known?.owner ?? null,
        length: held.length,
        quarantined: known?.quarantined === true,
        previous: from === 0 ? CHAIN_START : (held[from - 1]?.hash ?? null),
        overlap: held.slice(from, from + header.count).map(({ hash }) => hash),
      });
      if (decision.do === 'reject') {
        if (decision.quarantine && known !== undefined) commit(() => void segments.set(segment, { ...known, quarantined: true }));
        return { outcome: 'rejected', decision, length: held.length };
      }
      if (decision.do === 'append') {
        const rows: LogRow[] = [];
        let mark = markAt(log.length) ?? MARK_START;
        let previous = held.at(-1)?.hash ?? CHAIN_START;
        for (const entry of entries.slice(decision.skip)) {
          mark = toHex(sha256(fromHex(mark), entry.hash)).slice(0, 16);
          const word: Attestation | null = entry === entries.at(-1) ? attestation : null;
          rows.push({ ...entry, lsn: log.length + rows.length + 1, previous, seed: null, mark, attestation: word });
          previous = entry.hash;
        }
        commit(() => {
          const lane = known?.lane ?? named ?? 1;
          scopes.notice(device, new Set(entries.slice(decision.skip).flatMap(({ patient }) => patient ?? [])), log.length);
          for (const [index, row] of rows.entries()) log.push({ ...row, device, lane, patient: entries[decision.skip + index]?.patient ?? null });
          segments.set(segment, { owner: device, lane, entries: held.concat(rows), receivedAt, quarantined: false });
        });
      }
      const now = heldOf(device, segment);
      if (now === null) throw new Error('what was appended is held');
      return { outcome: 'held', held: now, epoch, added: now.length - held.length, latest: log.length, urgent: urgentOf() };
    },
    async slice({ device, stream, own, maxEntries, maxRawBytes }) {
      const reading = readingOf(device, stream, own);
      if (reading === null) return null;
      const rows: LogRow[] = [];
      let bytes = 0;
      let next = reading.last;
      for (const row of reading.rows) {
        bytes += row.headerText.length + (row.body?.length ?? 0);
        if (rows.length === maxEntries || (rows.length > 0 && bytes > maxRawBytes)) {
          const last = rows.at(-1);
          if (last !== undefined) next = stream.kind === 'segment' ? last.sequence + 1 : stream.kind === 'seed' ? stream.after + rows.length : last.lsn;
          break;
        }
        rows.push(row);
      }
      return { rows, next, mark: isByNumber(stream) ? markAt(next) : null, last: reading.last };
    },
    async roll(device, after, max) {
      return holdingsOf(device).filter(({ segment }) => after === null || segment > after).toSorted((left, right) => (left.segment < right.segment ? -1 : 1)).slice(0, max);
    },
    async wanted(offered) {
      return offered.flatMap(({ segment, length }) => {
        const known = segments.get(segment);
        const held = known?.entries.length ?? 0;
        return known?.quarantined === true || held >= length ? [] : [{ segment, length: held }];
      });
    },
    async scopeChanges(device, after, max) {
      if (scopes.changes(device, after, max).some(({ upTo }) => upTo !== null)) commit(() => scopes.raise(device, after, log.length));
      return { changes: scopes.changes(device, after, max), mark: scopes.mark(device) };
    },
    async reconcileScope(device, list) {
      return inCommit(() => scopes.reconcile(device, list, log.length, (patient, upTo) => log.some((row) => row.patient === patient && row.lsn <= upTo && row.device !== device)));
    },
    async scopeSettled(device, patient, version) {
      commit(() => scopes.settle(device, patient, version));
    },
    async setScope(device, rule) {
      commit(() => scopes.setScope(device, rule, log.length));
    },
    async setCatchment(device, catchment) {
      commit(() => scopes.setCatchment(device, catchment));
    },
    async note(event) {
      events.push(event);
    },
  };
  return model;
}
