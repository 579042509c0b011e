import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { Lane } from '../../shared/ledger/lanes.ts';
import type { BatchHeader } from '../../shared/sync/envelope.ts';
import type { Held, IncomingBatch, LogRow } from '../../shared/sync/hub-store.ts';
import type { Cells } from './cells.ts';
import { markAfter, type logEnd } from './log-marks.ts';
import { opPlace, seedPlace } from './places.ts';
import { bytesOf, numberOf, textOf, type Row } from './row.ts';
import type { Writes } from './sql.ts';

/** Entries of the log as rows: what the organisation alone may read of them goes through `cells`. */
const COLUMNS = ['lsn', 'segment', 'sequence', 'device', 'header', 'salt', 'body', 'hash', 'mark', 'received_at', 'patient'] as const;

/** An entry's own parts, of a row with `sequence`, `header`, `salt` and `body`. */
export function entryOf(cells: Cells, segment: string, row: Row): { readonly headerText: string; readonly salt: Uint8Array; readonly body: Uint8Array | null } {
  const sequence = numberOf(row, 'sequence');
  return {
    headerText: cells.readText(opPlace('header', segment, sequence), row, 'header'),
    salt: cells.readBytes(opPlace('salt', segment, sequence), row, 'salt'),
    body: row['body'] === null ? null : cells.readBytes(opPlace('body', segment, sequence), row, 'body'),
  };
}

/** Where the new entries of a batch go: behind the log's end, into the segment of this number, but for the first `skip`. */
export type Place = { readonly end: Awaited<ReturnType<typeof logEnd>>; readonly ref: number; readonly skip: number; /** Hub's clock, epoch milliseconds. */ readonly receivedAt: number };

/** Numbers the new entries of a batch on and sends them to the database; they are there when `written` resolves. */
export function appendEntries(tx: Writes, cells: Cells, { header, entries, attestation, seed }: IncomingBatch, { end, ref, skip, receivedAt }: Place): { readonly held: Held; readonly written: Promise<unknown> } {
  const { segment, device, head } = header;
  let { lsn } = end;
  let mark = fromHex(end.mark) as Uint8Array;
  const rows = entries.slice(skip).map(({ sequence, headerText, salt, body, hash, patient }) => {
    lsn += 1;
    mark = markAfter(mark, hash);
    return [
      lsn, ref, sequence, device, cells.text(opPlace('header', segment, sequence), headerText), cells.bytes(opPlace('salt', segment, sequence), salt),
      cells.bytes(opPlace('body', segment, sequence), body), hash, mark, receivedAt, patient,
    ];
  });
  const length = header.from + header.count;
  const seedCell = cells.bytes(seedPlace(segment), seed);
  const written = Promise.all([
    tx.insert('op', COLUMNS, rows),
    tx.run('UPDATE segment SET length = ?, head = ?, lsn = ?, received_at = ?, salt_seed = coalesce(salt_seed, ?) WHERE ref = ?', length, head, lsn, receivedAt, seedCell, ref),
    tx.run('INSERT INTO attestation (segment, length, header, sealed_hash, signature) VALUES (?, ?, ?, ?, ?)', ref, length, attestation.header, attestation.sealedHash, attestation.signature),
  ]);
  return { held: { segment, length, head, lsn, receivedAt }, written };
}

/** The number of a segment of which nothing is held yet. */
export async function openSegment(tx: Writes, { segment, device }: BatchHeader, lane: Lane, receivedAt: number): Promise<number> {
  const row = await tx.get('INSERT INTO segment (id, device, length, head, lsn, received_at, lane) VALUES (?, ?, 0, ?, 0, ?, ?) RETURNING ref', segment, device, CHAIN_START, receivedAt, lane);
  if (row === undefined) throw new Error('broken assumption: an inserted row has a number');
  return numberOf(row, 'ref');
}

/** What a log row is made of; the seed and the author's word only where they are known. */
export const LOG_ROW_COLUMNS = `op.lsn, segment.id, op.sequence, op.header, op.salt, op.body, op.hash, op.mark, segment.salt_seed, before.hash AS previous,
  attestation.header AS attested, attestation.sealed_hash, attestation.signature`;
export const LOG_ROW_TABLES = `op JOIN segment ON segment.ref = op.segment LEFT JOIN op AS before ON before.segment = op.segment AND before.sequence = op.sequence - 1
  LEFT JOIN attestation ON attestation.segment = op.segment AND attestation.length = op.sequence + 1`;

/** `seeds`: those opened already, so that each is opened once. */
export function logRowOf(cells: Cells, row: Row, seeds: Map<string, Uint8Array | null>): LogRow {
  const segment = SegmentId.parse(textOf(row, 'id'));
  const known = seeds.get(segment);
  const seed = known !== undefined ? known : row['salt_seed'] === null ? null : cells.readBytes(seedPlace(segment), row, 'salt_seed');
  seeds.set(segment, seed);
  const sequence = numberOf(row, 'sequence');
  return {
    ...entryOf(cells, segment, row),
    lsn: numberOf(row, 'lsn'),
    segment,
    sequence,
    hash: bytesOf(row, 'hash'),
    previous: sequence === 0 ? CHAIN_START : bytesOf(row, 'previous'),
    seed,
    mark: toHex(bytesOf(row, 'mark')),
    attestation: row['attested'] === null ? null : { header: bytesOf(row, 'attested'), sealedHash: bytesOf(row, 'sealed_hash'), signature: bytesOf(row, 'signature') },
  };
}
