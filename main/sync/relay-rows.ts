import { toHex } from '../../shared/base/bytes.ts';
import { SegmentId, type DeviceId } from '../../shared/base/ids.ts';
import { CHAIN_START, HASH_BYTES } from '../../shared/ledger/entry.ts';
import { encodeBatchHeader, signedBytes, type Attestation, type OrganizationId } from '../../shared/sync/envelope.ts';
import type { LogRow } from '../../shared/sync/hub-store.ts';
import { CODEC_PLAIN_ZSTD } from '../../shared/sync/limits.ts';
import type { Sign } from '../../shared/sync/sealing.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';

/** The ledger's rows, in the order they came, as a neighbour reads them: every one provably its author's. */

/** First 8 bytes of the entry's chain hash at a position: another history has another entry there. */
export function markAt(read: ReadHandle, position: number): string | null {
  if (position === 0) return '0'.repeat(MARK_DIGITS);
  const hash = read.get('SELECT hash FROM ledger WHERE position = ?', position)?.['hash'];
  return hash instanceof Uint8Array ? toHex(hash).slice(0, MARK_DIGITS) : null;
}
const MARK_DIGITS = 16;

/** Foreign segments count as far as their authors' words reach. */
const PROVEN = '(segment.own = 1 OR EXISTS (SELECT 1 FROM attestation WHERE attestation.segment = segment.ref))';

/** The last position before the first entry that no author has vouched for yet; its neighbours wait for the word with it. */
export function provenEnd(read: ReadHandle): number {
  const blocked = read.get(
    `SELECT min(position) AS position FROM (
      SELECT segment.ref, max(attestation.length) AS reach FROM segment JOIN attestation ON attestation.segment = segment.ref WHERE own = 0 AND segment.closed IS NULL AND segment.hole IS NULL GROUP BY segment.ref HAVING reach < segment.length
    ) AS open JOIN ledger ON ledger.segment = open.ref AND ledger.sequence = open.reach`,
  )?.['position'];
  return typeof blocked === 'number' ? blocked - 1 : Number(read.get('SELECT coalesce(max(position), 0) AS position FROM ledger')?.['position']);
}

export type RowsQuery = { readonly after: number; readonly upTo: number; readonly peer: DeviceId; readonly urgentAfter: number | null; readonly urgentSeen: number; readonly max: number };

/** Rows of others than the peer, by position. `urgentAfter`: urgent ones alone. */
export function relayRows(read: ReadHandle, { after, upTo, peer, urgentAfter, urgentSeen, max }: RowsQuery): readonly SqlRow[] {
  const lane = urgentAfter === null ? '(segment.lane <> 0 OR position > ?)' : '(segment.lane = 0 AND position > ?)';
  return read.all(
    `SELECT position, segment.ref, segment.id, own, sequence, header, salt, body, hash, salt_seed FROM ledger JOIN segment ON segment.ref = ledger.segment
    WHERE position > ? AND position <= ? AND device <> ? AND segment.closed IS NULL AND segment.hole IS NULL AND ${PROVEN} AND ${lane} ORDER BY position LIMIT ?`,
    after, upTo, peer, urgentAfter ?? urgentSeen, max,
  );
}

/**
 * The rows of a page, segment by segment: others' entries go on to the next word of their author that is kept, be it
 * beyond the page's place. What lies beyond comes again with its own page, where it is a duplicate and costs little.
 */
export function provenRows(read: ReadHandle, found: readonly SqlRow[]): readonly SqlRow[] {
  const groups = Map.groupBy(found, (row) => Number(row['ref']));
  return [...groups].flatMap(([ref, rows]) => {
    const last = rows.at(-1);
    if (last === undefined || last['own'] === 1) return rows;
    const reach = read.get('SELECT min(length) AS length FROM attestation WHERE segment = ? AND length > ?', ref, Number(last['sequence']))?.['length'];
    if (typeof reach !== 'number') throw new Error('broken assumption: what is proven has a word');
    const more = read.all(
      'SELECT position, segment.ref, segment.id, own, sequence, header, salt, body, hash, salt_seed FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE segment.ref = ? AND sequence > ? AND sequence < ? ORDER BY sequence',
      ref, Number(last['sequence']), reach,
    );
    return [...rows, ...more];
  });
}

export type RowTools = { readonly read: ReadHandle; readonly organization: OrganizationId; readonly device: DeviceId; readonly sign: Sign };

/** A word over own entries is given when it is asked for: this workstation has the key. */
const OWN_WORD_ENTRIES = 100;
const NO_SEALED_HASH = new Uint8Array(HASH_BYTES);

/** `next`: the place behind the page as a whole; a page that is cut shorter goes back to before what it leaves out. */
export function toLogRows({ read, organization, device, sign }: RowTools, rows: readonly SqlRow[], next: number): readonly LogRow[] {
  const behind = placesBehind(rows, next);
  const made: LogRow[] = [];
  let run: { readonly segment: string; readonly from: number; readonly previous: Uint8Array } | null = null;
  for (const [index, row] of rows.entries()) {
    const segment = SegmentId.parse(row['id']);
    const [ref, sequence, hash] = [Number(row['ref']), Number(row['sequence']), bytes(row, 'hash')];
    const last = made.at(-1);
    const follows = last?.segment === segment && last.sequence + 1 === sequence;
    const previous = follows && last !== undefined ? last.hash : before(read, ref, sequence);
    if (!follows || run === null) run = { segment, from: sequence, previous };
    const following = rows[index + 1];
    const ends = following?.['id'] !== segment || Number(following['sequence']) !== sequence + 1 || sequence - run.from + 1 >= OWN_WORD_ENTRIES;
    let attestation: Attestation | null = null;
    if (row['own'] !== 1) {
      attestation = keptWord(read, ref, sequence + 1);
    } else if (ends) {
      const header = encodeBatchHeader({ codec: CODEC_PLAIN_ZSTD, organization, device, segment, from: run.from, count: sequence - run.from + 1, previous: run.previous, head: hash });
      attestation = { header, sealedHash: NO_SEALED_HASH, signature: sign(signedBytes('batch', header, NO_SEALED_HASH)) };
      run = { segment, from: sequence + 1, previous: hash };
    }
    const body = row['body'];
    const seed = row['salt_seed'];
    made.push({
      lsn: behind[index] ?? next, segment, sequence, headerText: String(row['header']), salt: bytes(row, 'salt'), body: body instanceof Uint8Array ? body : null,
      hash, previous, seed: seed instanceof Uint8Array ? seed : null, mark: markAt(read, behind[index] ?? next) ?? '', attestation,
    });
  }
  return made;
}

/** For each row the place up to which everything has gone before it or with it. */
function placesBehind(rows: readonly SqlRow[], next: number): readonly number[] {
  const places: number[] = [];
  let least = next + 1;
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    places[index] = Math.min(next, least - 1);
    least = Math.min(least, Number(rows[index]?.['position']));
  }
  return places;
}

function before(read: ReadHandle, ref: number, sequence: number): Uint8Array {
  if (sequence === 0) return CHAIN_START;
  const hash = read.get('SELECT hash FROM ledger WHERE segment = ? AND sequence = ?', ref, sequence - 1)?.['hash'];
  if (!(hash instanceof Uint8Array)) throw new Error('broken assumption: a segment is held without gaps');
  return hash;
}

function keptWord(read: ReadHandle, ref: number, length: number): Attestation | null {
  const row = read.get('SELECT header, sealed_hash, signature FROM attestation WHERE segment = ? AND length = ?', ref, length);
  return row === undefined ? null : { header: bytes(row, 'header'), sealedHash: bytes(row, 'sealed_hash'), signature: bytes(row, 'signature') };
}

function bytes(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new Error(`broken assumption: ${column} holds bytes`);
  return value;
}

