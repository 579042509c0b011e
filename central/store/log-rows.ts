import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { Held, IncomingBatch, LogRow } from '../../shared/sync/hub-store.ts';
import type { Cells } from './cells.ts';
import { logEnd, markAfter } from './log-marks.ts';
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

/** Appends the new entries of a batch, numbering them on. `ref` null: the first of their segment. */
export async function appendEntries(tx: Writes, cells: Cells, batch: IncomingBatch, skip: number, known: number | null, receivedAt: number): Promise<Held> {
  const { header, entries, attestation, seed } = batch;
  const { segment, device, head } = header;
  const ref = known ?? (await openSegment(tx, batch, receivedAt));
  const end = await logEnd(tx);
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
  await tx.insert('op', COLUMNS, rows);
  const length = header.from + header.count;
  const seedCell = cells.bytes(seedPlace(segment), seed);
  await tx.run('UPDATE segment SET length = ?, head = ?, lsn = ?, received_at = ?, salt_seed = coalesce(salt_seed, ?) WHERE ref = ?', length, head, lsn, receivedAt, seedCell, ref);
  await tx.run('INSERT INTO attestation (segment, length, header, sealed_hash, signature) VALUES (?, ?, ?, ?, ?)', ref, length, attestation.header, attestation.sealedHash, attestation.signature);
  return { segment, length, head, lsn, receivedAt };
}


async function openSegment(tx: Writes, { header, lane }: IncomingBatch, receivedAt: number): Promise<number> {
  const row = await tx.get(
    'INSERT INTO segment (id, device, length, head, lsn, received_at, lane) VALUES (?, ?, 0, ?, 0, ?, ?) RETURNING ref', header.segment, header.device, CHAIN_START, receivedAt, lane ?? LANE.clinical,
  );
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
