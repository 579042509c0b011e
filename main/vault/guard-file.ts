import { z } from 'zod';
import { fromUtf8 } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { VaultId } from './keybag.ts';
import { canonicalBytes, deriveKey, seal, Sealed, unseal, type Context } from './primitives.ts';
import type { Secret } from './secret.ts';

/**
 * `guard.json`: failure counters and last one-time-code steps, sealed under a key of the device key because it is
 * written before anybody has signed in. Its epoch is mirrored in the key bag, and the key bag's epoch in it: putting
 * back an older copy of either is noticed as long as the other one is not put back with it.
 */

const GUARD_MAX_BYTES = 2 * 1024 * 1024;

const GuardFile = z.strictObject({
  format: z.literal('outpost-guard/1'),
  vaultId: VaultId,
  epoch: z.int().min(1),
  bagEpoch: z.int().min(1),
  sealed: Sealed,
});
type GuardFile = z.infer<typeof GuardFile>;

export type OpenGuard = { readonly epoch: number; readonly bagEpoch: number; readonly payload: unknown };

function guardKey(deviceKey: Secret): Uint8Array {
  return deviceKey.use((bytes) => deriveKey(bytes, 'outpost/guard/v1'));
}

function guardContext(file: Omit<GuardFile, 'sealed'>): Context {
  return { purpose: 'outpost/guard/v1', vaultId: file.vaultId, epoch: file.epoch, bagEpoch: file.bagEpoch };
}

/** The payload is any JSON value. */
export function renderGuard(vaultId: VaultId, guard: OpenGuard, deviceKey: Secret, random: Random): Uint8Array<ArrayBuffer> {
  const header = { format: 'outpost-guard/1', vaultId, epoch: guard.epoch, bagEpoch: guard.bagEpoch } as const;
  return canonicalBytes({ ...header, sealed: seal(guardKey(deviceKey), canonicalBytes(guard.payload), guardContext(header), random) });
}

/** Refuses a guard file of another vault or device, a forged and a damaged one alike. */
export function parseGuard(bytes: Uint8Array, vaultId: VaultId, deviceKey: Secret): Result<OpenGuard, 'GUARD_UNTRUSTED'> {
  if (bytes.length > GUARD_MAX_BYTES) return refuse('GUARD_UNTRUSTED', { rule: 'size' });
  try {
    const parsed = GuardFile.safeParse(JSON.parse(fromUtf8(bytes)));
    if (!parsed.success || parsed.data.vaultId !== vaultId) return refuse('GUARD_UNTRUSTED', { rule: 'schema' });
    const plain = unseal(guardKey(deviceKey), parsed.data.sealed, guardContext(parsed.data));
    if (!plain.ok) return refuse('GUARD_UNTRUSTED', { rule: 'seal' });
    return ok({ epoch: parsed.data.epoch, bagEpoch: parsed.data.bagEpoch, payload: JSON.parse(fromUtf8(plain.value)) as unknown });
  } catch {
    return refuse('GUARD_UNTRUSTED', { rule: 'json' });
  }
}
