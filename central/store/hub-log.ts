import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubClock } from '../world.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { HubEpoch } from '../../shared/sync/envelope.ts';
import { MARK_START, placeCursor, type SegmentFacts } from '../../shared/sync/hub-rules.ts';
import type { Held, HubStore, IncomingBatch, LogRow } from '../../shared/sync/hub-store.ts';
import { sha256 } from '../hub/cipher.ts';
import { bytesOf, numberOf, textOf, type HubDatabase, type Row } from './database.ts';
import { deviceOf } from './devices.ts';
import { noteEvent } from './events.ts';

/** The hub's log on embedded SQLite. Its number is drawn and its entry written in one immediate transaction, so no reader ever sees a gap that fills later. */

const EPOCH_BYTES = 8;
const MARK_BYTES = 8;

/** The log's running hash, cut short: SHA-256(mark before || entry's chain hash), its first eight bytes. */
export function markAfter(mark: Uint8Array, hash: Uint8Array): Uint8Array {
  return sha256(mark, hash).slice(0, MARK_BYTES);
}

export function epochOf(database: HubDatabase): HubEpoch | null {
  const row = database.get("SELECT value FROM setting WHERE key = 'epoch'");
  return row === undefined ? null : HubEpoch.parse(textOf(row, 'value'));
}

function beginEpoch(database: HubDatabase, random: Random): HubEpoch {
  const epoch = HubEpoch.parse(toHex(random.bytes(EPOCH_BYTES)));
  database.run("INSERT INTO setting (key, value) VALUES ('epoch', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", epoch);
  return epoch;
}

const latestOf = (database: HubDatabase): number => Number(database.get('SELECT max(lsn) AS latest FROM op')?.['latest'] ?? 0);

function markAt(database: HubDatabase, lsn: number): string | null {
  if (lsn === 0) return MARK_START;
  const row = database.get('SELECT mark FROM op WHERE lsn = ?', lsn);
  return row === undefined ? null : toHex(bytesOf(row, 'mark'));
}

function heldOf(database: HubDatabase, device: DeviceId, segment: SegmentId): Held | null {
  const row = database.get('SELECT length, head, lsn, received_at FROM segment WHERE id = ? AND device = ?', segment, device);
  return row === undefined ? null : { segment, length: numberOf(row, 'length'), head: bytesOf(row, 'head'), lsn: numberOf(row, 'lsn'), receivedAt: numberOf(row, 'received_at') };
}

function hashAt(database: HubDatabase, ref: number, sequence: number): Uint8Array | null {
  const row = database.get('SELECT hash FROM op WHERE segment = ? AND sequence = ?', ref, sequence);
  return row === undefined ? null : bytesOf(row, 'hash');
}

type KnownSegment = { readonly ref: number; readonly owner: DeviceId; readonly length: number; readonly head: Uint8Array; readonly quarantined: boolean };

function segmentOf(database: HubDatabase, id: SegmentId): KnownSegment | null {
  const row = database.get('SELECT ref, device, length, head, quarantined FROM segment WHERE id = ?', id);
  if (row === undefined) return null;
  return { ref: numberOf(row, 'ref'), owner: DeviceId.parse(textOf(row, 'device')), length: numberOf(row, 'length'), head: bytesOf(row, 'head'), quarantined: row['quarantined'] === 1 };
}

function factsFor(database: HubDatabase, { header }: IncomingBatch, known: KnownSegment | null): SegmentFacts {
  if (known === null) return { owner: null, length: 0, quarantined: false, previous: header.from === 0 ? CHAIN_START : null, overlap: [] };
  const { from, count } = header;
  const overlap = database.all('SELECT hash FROM op WHERE segment = ? AND sequence >= ? AND sequence < ? ORDER BY sequence', known.ref, from, from + count).map((row) => bytesOf(row, 'hash'));
  const previous = from === 0 ? CHAIN_START : hashAt(database, known.ref, from - 1);
  return { owner: known.owner, length: known.length, quarantined: known.quarantined, previous, overlap };
}

/** Appends the new entries of a batch, numbering them on; returns the last number. */
function append(database: HubDatabase, batch: IncomingBatch, skip: number, known: KnownSegment | null, receivedAt: number): number {
  const { header, entries, sealed } = batch;
  const ref = known?.ref ?? database.run('INSERT INTO segment (id, device, length, head, lsn, received_at) VALUES (?, ?, 0, ?, 0, ?)', header.segment, header.device, CHAIN_START, receivedAt).rowid;
  let lsn = latestOf(database);
  let mark = fromHex(markAt(database, lsn) ?? MARK_START) as Uint8Array;
  for (const entry of entries.slice(skip)) {
    lsn += 1;
    mark = markAfter(mark, entry.hash);
    database.run(
      'INSERT INTO op (lsn, segment, sequence, device, header, salt, body, hash, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      lsn, ref, entry.sequence, header.device, entry.headerText, entry.salt, entry.body, entry.hash, mark,
    );
  }
  const length = header.from + header.count;
  database.run('UPDATE segment SET length = ?, head = ?, lsn = ?, received_at = ? WHERE ref = ?', length, header.head, lsn, receivedAt, ref);
  database.run('INSERT INTO attestation (segment, length, header, sealed_hash, signature) VALUES (?, ?, ?, ?, ?)', ref, length, sealed.header, sha256(sealed.sealed), sealed.signature);
  return lsn;
}

function toLogRow(row: Row, previous: Uint8Array): LogRow {
  const body = row['body'];
  return {
    lsn: numberOf(row, 'lsn'), segment: SegmentId.parse(textOf(row, 'id')), sequence: numberOf(row, 'sequence'), headerText: textOf(row, 'header'),
    salt: bytesOf(row, 'salt'), body: body instanceof Uint8Array ? body : null, hash: bytesOf(row, 'hash'), previous, seed: null, mark: toHex(bytesOf(row, 'mark')),
  };
}

export function createHubLog(database: HubDatabase, clock: HubClock, random: Random): HubStore {
  const epochNow = (): HubEpoch => epochOf(database) ?? beginEpoch(database, random);
  database.write(epochNow);

  return {
    async device(id) {
      return deviceOf(database, id);
    },
    async greet(device, cursor, segments) {
      return database.write(() => {
        let epoch = epochNow();
        const place = placeCursor(cursor, epoch, cursor === null ? null : markAt(database, cursor.lsn));
        if (place === 'lost') {
          epoch = beginEpoch(database, random);
          noteEvent(database, clock, { device, code: 'HUB_RESTORED', what: `cursor at ${cursor?.lsn ?? 0} is not on this log` });
        }
        database.run('UPDATE device SET last_seen_at = ? WHERE id = ?', Math.floor(clock.now()), device);
        const held = segments.flatMap((segment) => heldOf(database, device, segment) ?? []);
        const lengths = new Map(held.map(({ segment, length }) => [segment, length]));
        return {
          epoch,
          latest: latestOf(database),
          cursor: place === 'here' && cursor !== null ? cursor : { epoch, lsn: 0, mark: MARK_START },
          positions: segments.map((segment) => ({ segment, length: lengths.get(segment) ?? 0 })),
          held,
          heldEntries: Number(database.get('SELECT sum(length) AS held FROM segment WHERE device = ?', device)?.['held'] ?? 0),
        };
      });
    },
    async held(device, segments) {
      return database.snapshot(() => segments.flatMap((segment) => heldOf(database, device, segment) ?? []));
    },
    async ingest(batch, decide, receivedAt) {
      return database.write(() => {
        const { header, sealed } = batch;
        const known = segmentOf(database, header.segment);
        const decision = decide(factsFor(database, batch, known));
        if (decision.do === 'reject') {
          if (decision.quarantine) {
            database.run('UPDATE segment SET quarantined = 1 WHERE id = ?', header.segment);
            database.run('INSERT INTO quarantine (at, device, segment, header, sealed, signature) VALUES (?, ?, ?, ?, ?, ?)', Math.floor(receivedAt), header.device, header.segment, sealed.header, sealed.sealed, sealed.signature);
          }
          return { outcome: 'rejected' as const, decision, length: known?.owner === header.device ? known.length : 0 };
        }
        if (decision.do === 'append') append(database, batch, decision.skip, known, Math.floor(receivedAt));
        const held = heldOf(database, header.device, header.segment);
        if (held === null) throw new Error('broken assumption: what was appended is held');
        return { outcome: 'held' as const, held, epoch: epochNow(), added: held.length - (known?.length ?? 0), latest: latestOf(database) };
      });
    },
    async slice({ after, device, own, maxEntries, maxRawBytes }) {
      return database.snapshot(() => {
        const epoch = epochOf(database);
        if (after.epoch !== epoch || markAt(database, after.lsn) !== after.mark) return null;
        const latest = latestOf(database);
        const rows: LogRow[] = [];
        let bytes = 0;
        let last: LogRow | undefined;
        let complete = true;
        const found = database.iterate(
          'SELECT op.lsn, segment.id, op.segment, sequence, header, salt, body, hash, mark FROM op JOIN segment ON segment.ref = op.segment WHERE op.lsn > ? AND (op.device <> ? OR ?) ORDER BY op.lsn',
          after.lsn, device, own ? 1 : 0,
        );
        for (const row of found) {
          const body = row['body'];
          bytes += textOf(row, 'header').length + (body instanceof Uint8Array ? body.length : 0);
          if (rows.length === maxEntries || (rows.length > 0 && bytes > maxRawBytes)) {
            complete = false;
            break;
          }
          const sequence = numberOf(row, 'sequence');
          const follows = last !== undefined && last.segment === row['id'] && last.sequence + 1 === sequence;
          const previous = sequence === 0 ? CHAIN_START : follows && last !== undefined ? last.hash : hashAt(database, numberOf(row, 'segment'), sequence - 1);
          if (previous === null) throw new Error('broken assumption: a segment is held without gaps');
          last = toLogRow(row, previous);
          rows.push(last);
        }
        const end = complete || last === undefined ? { epoch, lsn: latest, mark: markAt(database, latest) ?? MARK_START } : { epoch, lsn: last.lsn, mark: last.mark };
        return { rows, end, latest };
      });
    },
    async note(event) {
      database.write(() => noteEvent(database, clock, event));
    },
  };
}
