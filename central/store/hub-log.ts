import { toHex } from '../../shared/base/bytes.ts';
import { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubClock } from '../world.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { Lane, LANE } from '../../shared/ledger/lanes.ts';
import { HubEpoch } from '../../shared/sync/envelope.ts';
import type { Holding } from '../../shared/sync/holdings.ts';
import { placeDevice, type SegmentFacts } from '../../shared/sync/hub-rules.ts';
import type { Held, HubStore, IncomingBatch } from '../../shared/sync/hub-store.ts';
import { ScopeMark } from '../../shared/sync/scope.ts';
import { deviceOf } from './devices.ts';
import { noteEvent } from './events.ts';
import { groupCommit } from './group-commit.ts';
import { appendEntries, openSegment } from './log-rows.ts';
import { readSlice, urgentEnd } from './log-streams.ts';
import { logEnd, markAt } from './log-marks.ts';
import { announceNews } from './log-news.ts';
import { bytesOf, numberOf, textOf, type Row } from './row.ts';
import { greetScope, markOfScope, reconcileScope } from './scope-greeting.ts';
import { noticePatients, sayScopeChanges, scopeChanges, scopeSettled } from './scopes.ts';
import { createSeedIndexes } from './seed-index.ts';
import { epochOf } from './epoch.ts';
import { keepSetting } from './settings.ts';
import type { Reads, Sql, Writes } from './sql.ts';

/**
 * The hub's log. Its numbers are drawn and its entries written under one lock and in one transaction, so no reader
 * ever sees a gap that fills later, whichever process writes.
 */
const EPOCH_BYTES = 8;

export async function beginEpoch(tx: Writes, random: Random): Promise<HubEpoch> {
  const epoch = HubEpoch.parse(toHex(random.bytes(EPOCH_BYTES)));
  await keepSetting(tx, 'epoch', epoch);
  return epoch;
}

const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');

/** Rows of the segments of these names, where there are any; `of`: one device's alone. */
async function segmentsNamed(sql: Reads, segments: readonly SegmentId[], columns: string, of: readonly DeviceId[]): Promise<ReadonlyMap<string, Row>> {
  const [last] = segments.slice(-1);
  if (last === undefined) return new Map();
  // A statement for each power of two, not one for each number of segments.
  const slots = 2 ** Math.ceil(Math.log2(segments.length));
  const asked = [...segments, ...Array.from({ length: slots - segments.length }, () => last)];
  const rows = await sql.all(`SELECT ${columns} FROM segment WHERE id IN (${marks(slots)})${of.map(() => ' AND device = ?').join('')}`, ...asked, ...of);
  return new Map(rows.map((row) => [textOf(row, 'id'), row]));
}

/** In the order asked; what is not held is left out. */
async function heldOf(sql: Reads, device: DeviceId, segments: readonly SegmentId[]): Promise<readonly Held[]> {
  const held = await segmentsNamed(sql, segments, 'id, length, head, lsn, received_at', [device]);
  return segments.flatMap((segment) => {
    const row = held.get(segment);
    return row === undefined ? [] : [{ segment, length: numberOf(row, 'length'), head: bytesOf(row, 'head'), lsn: numberOf(row, 'lsn'), receivedAt: numberOf(row, 'received_at') }];
  });
}

const toHolding = (row: Row): Holding => ({ segment: SegmentId.parse(textOf(row, 'id')), length: numberOf(row, 'length'), head: bytesOf(row, 'head') });

type KnownSegment = { readonly ref: number; readonly lane: Lane; readonly owner: DeviceId; readonly held: Held; readonly quarantined: boolean };

async function segmentOf(sql: Reads, segment: SegmentId): Promise<KnownSegment | null> {
  const row = await sql.get('SELECT ref, lane, device, length, head, lsn, received_at, quarantined FROM segment WHERE id = ?', segment);
  if (row === undefined) return null;
  const held = { segment, length: numberOf(row, 'length'), head: bytesOf(row, 'head'), lsn: numberOf(row, 'lsn'), receivedAt: numberOf(row, 'received_at') };
  return { ref: numberOf(row, 'ref'), lane: Lane.parse(row['lane']), owner: DeviceId.parse(textOf(row, 'device')), held, quarantined: row['quarantined'] === 1 };
}

async function factsFor(sql: Reads, { header }: IncomingBatch, known: KnownSegment | null): Promise<SegmentFacts> {
  const { from, count } = header;
  if (known === null) return { owner: null, length: 0, quarantined: false, previous: from === 0 ? CHAIN_START : null, overlap: [] };
  const { owner, quarantined, ref, held: { length, head } } = known;
  if (from === length) return { owner, length, quarantined, previous: length === 0 ? CHAIN_START : head, overlap: [] };
  const rows = await sql.all('SELECT sequence, hash FROM op WHERE segment = ? AND sequence >= ? AND sequence < ? ORDER BY sequence', ref, from - 1, from + count);
  const before = rows.find((row) => row['sequence'] === from - 1);
  const previous = from === 0 ? CHAIN_START : before === undefined ? null : bytesOf(before, 'hash');
  return { owner, length, quarantined, previous, overlap: rows.filter((row) => row !== before).map((row) => bytesOf(row, 'hash')) };
}

async function quarantine(tx: Writes, { header, sealed }: IncomingBatch, receivedAt: number): Promise<void> {
  await tx.run('UPDATE segment SET quarantined = 1 WHERE id = ?', header.segment);
  await tx.run('INSERT INTO quarantine (at, device, segment, header, sealed, signature) VALUES (?, ?, ?, ?, ?, ?)', receivedAt, header.device, header.segment, sealed.header, sealed.sealed, sealed.signature);
}

export function createHubLog(sql: Sql, clock: HubClock, random: Random): HubStore {
  const epochNow = async (tx: Writes): Promise<HubEpoch> => (await epochOf(tx)) ?? beginEpoch(tx, random);

  const seeds = createSeedIndexes();
  const inGroups = groupCommit(sql, 'log');

  return {
    device: (id) => deviceOf(sql, id),
    greet: (device, places, segments) =>
      sql.write('log', async (tx) => {
        let epoch = await epochNow(tx);
        const marksThere = new Map<number, string | null>();
        for (const { lsn } of [...places.cursors, ...(places.seen === null ? [] : [places.seen])]) marksThere.set(lsn, await markAt(tx, lsn));
        const place = placeDevice(places, epoch, (lsn) => marksThere.get(lsn) ?? null);
        if (place.lost) {
          epoch = await beginEpoch(tx, random);
          await noteEvent(tx, clock, { device, code: 'HUB_RESTORED', what: `what was read up to ${Math.max(places.cursors[0]?.lsn ?? 0, places.seen?.lsn ?? 0)} is not on this log` });
        }
        const scope = await greetScope(tx, device, places, epoch, random);
        await tx.run('UPDATE device SET last_seen_at = ? WHERE id = ?', Math.floor(clock.now()), device);
        const held = await heldOf(tx, device, segments);
        const lengths = new Map(held.map(({ segment, length }) => [segment, length]));
        const all = await tx.all('SELECT id, length, head, quarantined FROM segment WHERE device = ?', device);
        const end = await logEnd(tx);
        return {
          epoch,
          latest: end.lsn,
          tip: { epoch, lsn: end.lsn, mark: end.mark },
          urgent: await urgentEnd(tx),
          cursor: { epoch, ...place.at },
          positions: segments.map((segment) => ({ segment, length: lengths.get(segment) ?? 0 })),
          held,
          heldEntries: all.reduce((total, row) => total + numberOf(row, 'length'), 0),
          holdings: all.filter((row) => row['quarantined'] !== 1).map(toHolding),
          scope,
        };
      }),
    held: (device, segments) => heldOf(sql, device, segments),
    ingest: (batch, decide, receivedAt) =>
      inGroups(async (tx) => {
        const { header } = batch;
        // Asked without waiting for each other, these travel to the database and back together.
        const [known, begun, end, urgent] = await Promise.all([segmentOf(tx, header.segment), epochOf(tx), logEnd(tx), urgentEnd(tx)]);
        const decision = decide(await factsFor(tx, batch, known));
        if (decision.do === 'reject') {
          if (decision.quarantine) await quarantine(tx, batch, Math.floor(receivedAt));
          return { outcome: 'rejected' as const, decision, length: known?.owner === header.device ? known.held.length : 0 };
        }
        const epoch = begun ?? (await beginEpoch(tx, random));
        if (decision.do === 'replay') {
          if (known === null) throw new Error('broken assumption: what is a replay is held');
          return { outcome: 'held' as const, held: known.held, epoch, added: 0, latest: end.lsn, urgent };
        }
        const patients = new Set(batch.entries.slice(decision.skip).flatMap(({ patient }) => patient ?? []));
        await noticePatients(tx, header.device, patients, end.lsn);
        const lane = known?.lane ?? batch.lane ?? LANE.clinical;
        const place = { end, ref: known?.ref ?? (await openSegment(tx, header, lane, Math.floor(receivedAt))), skip: decision.skip, receivedAt: Math.floor(receivedAt) };
        const { held, written } = appendEntries(tx, sql.cells, batch, place);
        const news = { latest: held.lsn, urgent: lane === LANE.urgent ? held.lsn : urgent };
        await Promise.all([written, announceNews(tx, news)]);
        return { outcome: 'held' as const, held, epoch, added: held.length - (known?.held.length ?? 0), ...news };
      }),
    slice: (query) => sql.snapshot((view) => readSlice(view, sql.cells, seeds, query)),
    async roll(device, after, max) {
      const rows = await sql.all('SELECT id, length, head FROM segment WHERE device = ? AND id > ? ORDER BY id LIMIT ?', device, after ?? '', max);
      return rows.map(toHolding);
    },
    async wanted(offered) {
      const known = await segmentsNamed(sql, offered.map(({ segment }) => segment), 'id, length, quarantined', []);
      return offered.flatMap(({ segment, length }) => {
        const row = known.get(segment);
        const held = row === undefined ? 0 : numberOf(row, 'length');
        return row?.['quarantined'] === 1 || held >= length ? [] : [{ segment, length: held }];
      });
    },
    async scopeChanges(device, after, max) {
      const [changes, row] = await Promise.all([scopeChanges(sql, device, after, max), sql.get('SELECT scope_mark FROM device WHERE id = ?', device)]);
      const mark = ScopeMark.safeParse(row?.['scope_mark']);
      if (mark.success && changes.every(({ upTo }) => upTo === null)) return { changes, mark: mark.data };
      return sql.write('log', async (tx) => ({ changes: await sayScopeChanges(tx, device, after, max), mark: await markOfScope(tx, device, random) }));
    },
    reconcileScope: (device, list) => sql.write('log', (tx) => reconcileScope(tx, device, list)),
    scopeSettled: (device, patient, version) => sql.write('log', (tx) => scopeSettled(tx, device, patient, version)),
    note: (event) => sql.write('events', (tx) => noteEvent(tx, clock, event)),
  };
}
