import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { equalBytes, fromHex } from '../../shared/base/bytes.ts';
import { parseJson } from '../../shared/base/json.ts';
import { decodeReceipt, signedBytes, type OrganizationId } from '../../shared/sync/envelope.ts';
import type { ReadHandle } from '../store/store.ts';

/**
 * Central's signatures as evidence: every receipt it gave this device says what its chain was at a length. A history
 * rewritten behind its receipts, with this device's own key even, does not fit them (finding F8); receipts that were
 * taken away with it are missed by the count that central signed last.
 */
export type Cosignature = {
  readonly organization: OrganizationId;
  /** Ed25519, 32 bytes: the organisation's pinned key. */
  readonly publicKey: Uint8Array;
  /** What central signed last of all it holds of this device; null where it has signed none. */
  readonly statement: { readonly segments: number; readonly entries: number; readonly at: number; readonly lsn: number } | null;
};

/** How far this device's history is under central's signature. `at`: central's clock at the latest of them, epoch milliseconds. */
export type CosignedUpTo = { readonly entries: number; readonly of: number; readonly at: number | null; readonly lsn: number };
export type CosignProblem = { readonly entry: string; readonly problem: string };

const SLICE_SEGMENTS = 500;
const SPKI_PREFIX = fromHex('302a300506032b6570032100');
const Kept = z.looseObject({ receipt: z.string().regex(/^(?:[0-9a-f]{2})+$/), signature: z.string().regex(/^[0-9a-f]{128}$/) });

/** Yields after each slice of segments, so that typing never waits. */
export function* checkCosigned(read: ReadHandle, { organization, publicKey, statement }: Cosignature): Generator<number, { readonly upTo: CosignedUpTo; readonly problems: readonly CosignProblem[] }> {
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  const problems: CosignProblem[] = [];
  const of = Number(read.get('SELECT coalesce(sum(length), 0) AS entries FROM segment WHERE own = 1')?.['entries'] ?? 0);
  let [segments, entries, lsn, after] = [0, 0, 0, 0];
  let at: number | null = null;
  for (;;) {
    const rows = read.all(
      `SELECT segment.ref, segment.id, acknowledged, receipt, ledger.hash FROM segment LEFT JOIN ledger ON ledger.segment = segment.ref AND ledger.sequence = acknowledged - 1
       WHERE own = 1 AND acknowledged > 0 AND segment.ref > ? ORDER BY segment.ref LIMIT ?`,
      after, SLICE_SEGMENTS,
    );
    for (const { ref, id, acknowledged, receipt, hash } of rows) {
      after = Number(ref);
      const length = Number(acknowledged);
      const word = readWord(receipt, organization, key);
      if (word === 'elsewhere') continue;
      segments += 1;
      entries += length;
      if (word === 'bad' || word.segment !== id || word.length !== length) problems.push({ entry: `${String(id)}.${length - 1}`, problem: 'central\'s receipt for this entry does not hold' });
      else if (!(hash instanceof Uint8Array) || !equalBytes(hash, word.head)) problems.push({ entry: `${String(id)}.${length - 1}`, problem: 'central has signed another history up to this entry' });
      else {
        at = Math.max(at ?? 0, word.receivedAt);
        lsn = Math.max(lsn, word.lsn);
      }
    }
    if (rows.length < SLICE_SEGMENTS) break;
    yield entries;
  }
  if (statement !== null && (segments < statement.segments || entries < statement.entries)) problems.push({ entry: '', problem: 'entries that central has signed are gone' });
  const signedAt = statement === null ? at : Math.max(at ?? 0, statement.at);
  return { upTo: { entries, of, at: signedAt, lsn: Math.max(lsn, statement?.lsn ?? 0) }, problems };
}

/** `elsewhere`: of an organisation this workstation belonged to before, whose key it keeps no more. */
function readWord(kept: unknown, organization: OrganizationId, key: KeyObject): NonNullable<ReturnType<typeof decodeReceipt>> | 'bad' | 'elsewhere' {
  const parsed = typeof kept === 'string' ? Kept.safeParse(parseJson(kept)) : null;
  if (parsed?.success !== true) return 'bad';
  const bytes = fromHex(parsed.data.receipt);
  const receipt = decodeReceipt(bytes);
  if (receipt === null) return 'bad';
  if (receipt.organization !== organization) return 'elsewhere';
  return verify(null, signedBytes('receipt', bytes), key, fromHex(parsed.data.signature)) ? receipt : 'bad';
}
