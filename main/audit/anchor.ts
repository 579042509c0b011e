import { createHmac, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { SegmentId } from '../../shared/base/ids.ts';
import { parseJson } from '../../shared/base/json.ts';
import { refuse, ok, type Result } from '../../shared/base/result.ts';

/**
 * The last checkpoint, kept outside the database under a key of the vault: a database put back to an earlier day no
 * longer contains what the anchor names (findings F1 and F8).
 */
const Anchor = z.strictObject({
  vault: z.string(),
  segment: SegmentId,
  length: z.int().min(1),
  head: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.int(),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Anchor = z.infer<typeof Anchor>;

/** Where the anchor lives; writing replaces the file whole. */
export interface AnchorPlace {
  read(): string | null;
  write(text: string): void;
}

export type AnchorFault = 'ANCHOR_MISSING' | 'ANCHOR_FORGED';

function macOf(key: Uint8Array, anchor: Omit<Anchor, 'mac'>): Buffer {
  return createHmac('sha256', key).update(canonicalize(anchor) ?? '').digest();
}

export function writeAnchor(place: AnchorPlace, key: Uint8Array, anchor: Omit<Anchor, 'mac'>): void {
  place.write(JSON.stringify({ ...anchor, mac: macOf(key, anchor).toString('hex') }));
}

export function readAnchor(place: AnchorPlace, key: Uint8Array, vault: string): Result<Anchor, AnchorFault> {
  const text = place.read();
  if (text === null) return refuse('ANCHOR_MISSING');
  const parsed = Anchor.safeParse(parseJson(text));
  if (!parsed.success) return refuse('ANCHOR_FORGED');
  const { mac, ...anchor } = parsed.data;
  if (anchor.vault !== vault || !timingSafeEqual(Buffer.from(mac, 'hex'), macOf(key, anchor))) return refuse('ANCHOR_FORGED');
  return ok(parsed.data);
}
