import { equalBytes, fromHex, toHex } from '../../shared/base/bytes.ts';
import type { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { HubEpoch } from '../../shared/sync/envelope.ts';
import { MARK_START, placeCursor } from '../../shared/sync/hub-rules.ts';
import type { DeviceRecord, Held, HubEvent, HubStore, LogRow } from '../../shared/sync/hub-store.ts';
import { modelKey, PowerCut, sha256, type Dice } from './model-world.ts';

type ModelSegment = { readonly owner: DeviceId; readonly entries: LogRow[]; readonly receivedAt: number; readonly quarantined: boolean };

/** Central's disk, and what a seed wants to see of it. */
export type SeedHub = HubStore & {
  readonly log: readonly LoggedEntry[];
  readonly events: readonly HubEvent[];
  holds(segment: SegmentId, length: number, head: Uint8Array): boolean;
  /** A copy of the disk to go back to; null where this kind of hub cannot. */
  readonly backup: (() => () => void) | null;
  cuts: number;
  close?(): Promise<void>;
};
export type LoggedEntry = { readonly lsn: number; readonly segment: SegmentId; readonly sequence: number; readonly hash: Uint8Array };

export function createModelHub(devices: readonly DeviceId[], dice: Dice): SeedHub {
  let epoch = HubEpoch.parse(dice.hex(8));
  let log: (LogRow & { device: DeviceId })[] = [];
  let segments = new Map<SegmentId, ModelSegment>();
  const events: HubEvent[] = [];

  const commit = (change: () => void): void => {
    if (dice.chance(model.cuts)) throw new PowerCut('before the commit');
    change();
    if (dice.chance(model.cuts)) throw new PowerCut('after the commit');
  };
  const markAt = (lsn: number): string | null => (lsn === 0 ? MARK_START : (log[lsn - 1]?.mark ?? null));
  const heldOf = (device: DeviceId, segment: SegmentId): Held | null => {
    const known = segments.get(segment);
    const last = known?.entries.at(-1);
    return known?.owner !== device || last === undefined ? null : { segment, length: known.entries.length, head: last.hash, lsn: last.lsn, receivedAt: known.receivedAt };
  };

  const model: SeedHub = {
    events,
    cuts: 0,
    get log() {
      return log;
    },
    holds(segment, length, head) {
      const entry = segments.get(segment)?.entries[length - 1];
      return entry !== undefined && equalBytes(entry.hash, head);
    },
    backup() {
      const copy = { log: [...log], segments: new Map(segments) };
      return () => {
        ({ log, segments } = { log: [...copy.log], segments: new Map(copy.segments) });
      };
    },
    async device(id): Promise<DeviceRecord | null> {
      return devices.includes(id) ? { device: id, name: id, signingKey: modelKey(`${id} signs`), sealingKey: modelKey(`${id} opens`), state: 'active' } : null;
    },
    async greet(device, cursor, asked) {
      const place = placeCursor(cursor, epoch, cursor === null ? null : markAt(cursor.lsn));
      if (place === 'lost') {
        commit(() => {
          epoch = HubEpoch.parse(dice.hex(8));
        });
      }
      const held = asked.flatMap((segment) => heldOf(device, segment) ?? []);
      const positions = asked.map((segment) => ({ segment, length: heldOf(device, segment)?.length ?? 0 }));
      let heldEntries = 0;
      for (const { owner, entries } of segments.values()) if (owner === device) heldEntries += entries.length;
      return { epoch, latest: log.length, cursor: place === 'here' && cursor !== null ? cursor : { epoch, lsn: 0, mark: MARK_START }, positions, held, heldEntries };
    },
    async held(device, asked) {
      return asked.flatMap((segment) => heldOf(device, segment) ?? []);
    },
    async ingest({ header, entries }, decide, receivedAt) {
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
          rows.push({ ...entry, lsn: log.length + rows.length + 1, previous, seed: null, mark });
          previous = entry.hash;
        }
        commit(() => {
          for (const row of rows) log.push({ ...row, device });
          segments.set(segment, { owner: device, entries: held.concat(rows), receivedAt, quarantined: false });
        });
      }
      const now = heldOf(device, segment);
      if (now === null) throw new Error('what was appended is held');
      return { outcome: 'held', held: now, epoch, added: now.length - held.length, latest: log.length };
    },
    async slice({ after, device, own, maxEntries, maxRawBytes }) {
      if (after.epoch !== epoch || markAt(after.lsn) !== after.mark) return null;
      const rows: LogRow[] = [];
      let bytes = 0;
      let end = log.length;
      for (let at = after.lsn; at < log.length; at += 1) {
        const row = log[at];
        if (row === undefined) break;
        if (row.device === device && !own) continue;
        bytes += row.headerText.length + (row.body?.length ?? 0);
        if (rows.length === maxEntries || (rows.length > 0 && bytes > maxRawBytes)) {
          end = rows.at(-1)?.lsn ?? end;
          break;
        }
        rows.push(row);
      }
      return { rows, end: { epoch, lsn: end, mark: markAt(end) ?? MARK_START }, latest: log.length };
    },
    async note(event) {
      events.push(event);
    },
  };
  return model;
}
