import { z } from 'zod';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import type { EntryId } from '../../shared/base/ids.ts';
import { HELD_MARK_KEY, sha256 } from '../ledger/ledger.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

/**
 * What a workstation holds, in the order it came. Where parts of others' chains are left out, nothing binds what lies
 * between two gaps but central's signature under a page that is not kept; so this workstation signs for it itself:
 * mark[from] = 32 zero bytes, mark[n] = SHA-256(mark[n-1] || hash of the entry at position n). While a vault is whole
 * there is no mark, and checkpoints are as short as they were.
 */
export const HeldMark = z.object({ from: z.int().min(0), position: z.int().min(0), mark: z.string().regex(/^[0-9a-f]{64}$/) });
export type HeldMark = z.infer<typeof HeldMark>;

const SLICE_ENTRIES = 5000;

/** Moves the mark to the end of the ledger; null where there is none. */
export function moveMark(write: WriteHandle): HeldMark | null {
  const kept = write.get('SELECT value FROM local_state WHERE key = ?', HELD_MARK_KEY)?.['value'];
  if (typeof kept !== 'string') return null;
  const before = HeldMark.parse(JSON.parse(kept));
  let mark = before;
  for (const { position, mark: now } of marks(write, before)) mark = { ...before, position, mark: toHex(now) };
  write.run('UPDATE local_state SET value = ? WHERE key = ?', JSON.stringify(mark), HELD_MARK_KEY);
  return mark;
}

/** Whether the mark that gaps call for is gone. */
export function isMarkGone(read: ReadHandle): boolean {
  return read.get('SELECT 1 FROM gap LIMIT 1') !== undefined && read.get('SELECT 1 FROM local_state WHERE key = ?', HELD_MARK_KEY) === undefined;
}

export type MarkClaim = HeldMark & { readonly entry: EntryId; readonly at: number };

/** The claims that do not hold any more, the earliest first. Yields after each slice, so that typing never waits. */
export function* brokenMarks(read: ReadHandle, claims: readonly MarkClaim[]): Generator<number, readonly MarkClaim[]> {
  const from = Math.min(...claims.map((claim) => claim.from));
  const wanted = new Map(claims.map((claim) => [claim.position, claim]));
  const broken: MarkClaim[] = claims.filter((claim) => claim.from !== from);
  let seen = 0;
  for (const { position, mark } of marks(read, { from, position: from, mark: '0'.repeat(64) })) {
    const claim = wanted.get(position);
    if (claim !== undefined && claim.mark !== toHex(mark)) broken.push(claim);
    wanted.delete(position);
    if (wanted.size === 0) break;
    if ((seen += 1) % SLICE_ENTRIES === 0) yield seen;
  }
  // Signed for a place that is not there any more.
  broken.push(...[...wanted.values()].filter(({ position }) => position > from));
  return broken.toSorted((left, right) => left.position - right.position);
}

function* marks(read: ReadHandle, { position, mark }: HeldMark): Generator<{ readonly position: number; readonly mark: Uint8Array }> {
  let [at, now]: [number, Uint8Array] = [position, fromHex(mark)];
  for (;;) {
    const rows = read.all('SELECT position, hash FROM ledger WHERE position > ? ORDER BY position LIMIT ?', at, SLICE_ENTRIES);
    if (rows.length === 0) return;
    for (const row of rows) {
      if (!(row['hash'] instanceof Uint8Array)) throw new Error('broken assumption: a ledger row is whole');
      now = sha256(now, row['hash']);
      at = Number(row['position']);
      yield { position: at, mark: now };
    }
  }
}
