import { SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { ForeignEntries } from '../../shared/sync/device-store.ts';
import type { Attestation } from '../../shared/sync/envelope.ts';
import { BATCH_RAW_TARGET_BYTES } from '../../shared/sync/limits.ts';
import type { Position } from '../../shared/sync/message.ts';
import { entriesOf } from '../ledger/ledger.ts';
import type { ReadHandle, SqlRow, WriteHandle } from '../store/store.ts';

/** The authors' signatures over what was read of them: what lets this vault hand their entries on, and anybody check them. */

/**
 * Words closer together than this are thinned out, so that a line of single entries does not leave one for each. What
 * lies between two kept ones always fits one batch.
 */
const STRETCH_ENTRIES = 100;

/** Keeps an author's word that reaches `length` of a segment held at least so far; one that reaches no further than those kept adds nothing. */
export function keepWord(write: WriteHandle, segment: SegmentId, length: number, { header, sealedHash, signature }: Attestation): void {
  const ref = write.get('SELECT ref FROM segment WHERE id = ? AND length >= ?', segment, length)?.['ref'];
  if (typeof ref !== 'number') return;
  const [last, before = 0] = write.all('SELECT length FROM attestation WHERE segment = ? ORDER BY length DESC LIMIT 2', ref).map((row) => Number(row['length']));
  if (last !== undefined && last >= length) return;
  if (last !== undefined && length - before <= STRETCH_ENTRIES && bytesBetween(write, ref, before, length) <= BATCH_RAW_TARGET_BYTES) {
    write.run('DELETE FROM attestation WHERE segment = ? AND length = ?', ref, last);
  }
  write.run('INSERT INTO attestation (segment, length, header, sealed_hash, signature) VALUES (?, ?, ?, ?, ?)', ref, length, header, sealedHash, signature);
}

function bytesBetween(read: ReadHandle, ref: number, from: number, to: number): number {
  const row = read.get('SELECT sum(octet_length(header) + coalesce(octet_length(body), 0)) AS bytes FROM ledger WHERE segment = ? AND sequence >= ? AND sequence < ?', ref, from, to);
  return Number(row?.['bytes'] ?? 0);
}

/** Of a segment that is held in part only what comes before its first hole can be handed on. */
const WHOLE = '(segment.hole IS NULL OR attestation.length <= segment.hole)';

/** Segments of others and how far their authors' words reach, in order of their ids; without those that are closed. */
export function holdings(read: ReadHandle, after: SegmentId | null, max: number): readonly Position[] {
  const rows = read.all(
    `SELECT id, (SELECT max(attestation.length) FROM attestation WHERE attestation.segment = segment.ref AND ${WHOLE}) AS reach
    FROM segment WHERE own = 0 AND closed IS NULL AND id > ? AND EXISTS (SELECT 1 FROM attestation WHERE attestation.segment = segment.ref AND ${WHOLE}) ORDER BY id LIMIT ?`,
    after ?? '', max,
  );
  return rows.map((row) => ({ segment: SegmentId.parse(row['id']), length: Number(row['reach']) }));
}

/** The same of some segments alone. */
export function holdingsOf(read: ReadHandle, some: readonly Position[], after: SegmentId | null, max: number): readonly Position[] {
  const wanted = some.map(({ segment }) => segment).filter((segment) => after === null || segment > after).toSorted().slice(0, max);
  return wanted.flatMap((segment) => {
    const reach = read.get(`SELECT max(attestation.length) AS reach FROM attestation JOIN segment ON segment.ref = attestation.segment WHERE segment.id = ? AND own = 0 AND closed IS NULL AND ${WHOLE}`, segment)?.['reach'];
    return typeof reach === 'number' ? [{ segment, length: reach }] : [];
  });
}

/** Entries from `from` to where the next kept word ends; null where none reaches beyond. */
export function foreignEntries(read: ReadHandle, segment: SegmentId, from: number): ForeignEntries | null {
  const row = read.get(
    `SELECT attestation.length, header, sealed_hash, signature, salt_seed FROM attestation JOIN segment ON segment.ref = attestation.segment
    WHERE segment.id = ? AND own = 0 AND closed IS NULL AND ${WHOLE} AND attestation.length > ? ORDER BY attestation.length LIMIT 1`,
    segment, from,
  );
  if (row === undefined) return null;
  const previous = from === 0 ? CHAIN_START : entriesOf(read, segment, from - 1, 1, 0)[0]?.hash;
  if (previous === undefined) return null;
  const entries = entriesOf(read, segment, from, Number(row['length']) - from, Number.MAX_SAFE_INTEGER);
  const seed = row['salt_seed'];
  return { previous, entries, seed: seed instanceof Uint8Array ? seed : null, attestation: wordOf(row) };
}

function wordOf(row: SqlRow): Attestation {
  const { header, sealed_hash: sealedHash, signature } = row;
  if (!(header instanceof Uint8Array) || !(sealedHash instanceof Uint8Array) || !(signature instanceof Uint8Array)) throw new Error('broken assumption: an attestation is whole');
  return { header, sealedHash, signature };
}
