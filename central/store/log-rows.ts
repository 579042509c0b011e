import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { Held, IncomingBatch, LogRow, LogSlice, PageQuery } from '../../shared/sync/hub-store.ts';
import { sha256 } from '../hub/cipher.ts';
import type { Cells } from './cells.ts';
import { logEnd, markAfter } from './log-marks.ts';
import { bytesOf, numberOf, textOf, type Row } from './row.ts';
import type { Reads, Writes } from './sql.ts';

/** Entries of the log as rows: what the organisation alone may read of them goes through `cells`. */
const COLUMNS = ['lsn', 'segment', 'sequence', 'device', 'header', 'salt', 'body', 'hash', 'mark', 'received_at'] as const;

type SealedColumn = 'header' | 'salt' | 'body';
const place = (column: SealedColumn, segment: string, sequence: number): string => `op ${column} ${segment}.${sequence}`;

const seedPlace = (segment: string): string => `segment salt_seed ${segment}`;

/** An entry's own parts, of a row with `sequence`, `header`, `salt` and `body`. */
export function entryOf(cells: Cells, segment: string, row: Row): { readonly headerText: string; readonly salt: Uint8Array; readonly body: Uint8Array | null } {
  const sequence = numberOf(row, 'sequence');
  return {
    headerText: cells.readText(place('header', segment, sequence), row, 'header'),
    salt: cells.readBytes(place('salt', segment, sequence), row, 'salt'),
    body: row['body'] === null ? null : cells.readBytes(place('body', segment, sequence), row, 'body'),
  };
}

/** Appends the new entries of a batch, numbering them on. `ref` null: the first of their segment. */
export async function appendEntries(tx: Writes, cells: Cells, batch: IncomingBatch, skip: number, known: number | null, receivedAt: number): Promise<Held> {
  const { header, entries, sealed, seed } = batch;
  const { segment, device, head } = header;
  const ref = known ?? (await openSegment(tx, batch, receivedAt));
  const end = await logEnd(tx);
  let { lsn } = end;
  let mark = fromHex(end.mark) as Uint8Array;
  const rows = entries.slice(skip).map(({ sequence, headerText, salt, body, hash }) => {
    lsn += 1;
    mark = markAfter(mark, hash);
    return [
      lsn, ref, sequence, device, cells.text(place('header', segment, sequence), headerText), cells.bytes(place('salt', segment, sequence), salt),
      cells.bytes(place('body', segment, sequence), body), hash, mark, receivedAt,
    ];
  });
  await tx.insert('op', COLUMNS, rows);
  const length = header.from + header.count;
  const seedCell = cells.bytes(seedPlace(segment), seed);
  await tx.run('UPDATE segment SET length = ?, head = ?, lsn = ?, received_at = ?, salt_seed = coalesce(salt_seed, ?) WHERE ref = ?', length, head, lsn, receivedAt, seedCell, ref);
  await tx.run('INSERT INTO attestation (segment, length, header, sealed_hash, signature) VALUES (?, ?, ?, ?, ?)', ref, length, sealed.header, sha256(sealed.sealed), sealed.signature);
  return { segment, length, head, lsn, receivedAt };
}

async function openSegment(tx: Writes, { header }: IncomingBatch, receivedAt: number): Promise<number> {
  const row = await tx.get('INSERT INTO segment (id, device, length, head, lsn, received_at) VALUES (?, ?, 0, ?, 0, ?) RETURNING ref', header.segment, header.device, CHAIN_START, receivedAt);
  if (row === undefined) throw new Error('broken assumption: an inserted row has a number');
  return numberOf(row, 'ref');
}

/** The rows behind a cursor, as many as the query lets through and at least one; within the caller's view. */
export async function sliceOf(view: Reads, cells: Cells, { after, device, own, maxEntries, maxRawBytes }: PageQuery): Promise<LogSlice> {
  const end = await logEnd(view);
  const whose = [device, own ? 1 : 0] as const;
  // Sizes first: an entry may be 16 MiB, and all but the first must fit.
  const sizes = await view.all('SELECT lsn, octet_length(header) + coalesce(octet_length(body), 0) AS size FROM op WHERE lsn > ? AND (device <> ? OR 1 = ?) ORDER BY lsn LIMIT ?', after.lsn, ...whose, maxEntries + 1);
  let bytes = 0;
  const fitting = sizes.findIndex((row, index) => {
    bytes += numberOf(row, 'size');
    return index === maxEntries || (index > 0 && bytes > maxRawBytes);
  });
  const complete = fitting < 0;
  const last = complete ? sizes.at(-1) : sizes[fitting - 1];
  const latest = { epoch: after.epoch, lsn: end.lsn, mark: end.mark };
  if (last === undefined) return { rows: [], end: latest, latest: end.lsn };
  const found = await view.all(
    `SELECT op.lsn, segment.id, segment.salt_seed, op.sequence, op.header, op.salt, op.body, op.hash, op.mark, before.hash AS previous
    FROM op JOIN segment ON segment.ref = op.segment LEFT JOIN op AS before ON before.segment = op.segment AND before.sequence = op.sequence - 1
    WHERE op.lsn > ? AND op.lsn <= ? AND (op.device <> ? OR 1 = ?) ORDER BY op.lsn`,
    after.lsn, numberOf(last, 'lsn'), ...whose,
  );
  const seeds = new Map<string, Uint8Array | null>();
  const rows = found.map((row) => logRowOf(cells, row, seeds));
  const reached = rows.at(-1);
  if (reached === undefined) throw new Error('broken assumption: one view shows the same rows twice');
  return { rows, end: complete ? latest : { epoch: after.epoch, lsn: reached.lsn, mark: reached.mark }, latest: end.lsn };
}

function logRowOf(cells: Cells, row: Row, seeds: Map<string, Uint8Array | null>): LogRow {
  const segment = SegmentId.parse(textOf(row, 'id'));
  const known = seeds.get(segment);
  const seed = known !== undefined ? known : row['salt_seed'] === null ? null : cells.readBytes(seedPlace(segment), row, 'salt_seed');
  seeds.set(segment, seed);
  const sequence = numberOf(row, 'sequence');
  const previous = sequence === 0 ? CHAIN_START : bytesOf(row, 'previous');
  return { ...entryOf(cells, segment, row), lsn: numberOf(row, 'lsn'), segment, sequence, hash: bytesOf(row, 'hash'), previous, seed, mark: toHex(bytesOf(row, 'mark')) };
}
