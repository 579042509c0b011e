import type { DeviceId } from '../../shared/base/ids.ts';
import type { SyncCrypto } from '../../shared/sync/sealing.ts';
import { createSyncCrypto, ed25519PublicKey } from '../../central/hub/cipher.ts';
import { modelCrypto, modelKey } from '../sim/model-world.ts';

/** Every workstation of a world looks at the same signatures: each is verified once, and what came of it remembered. */
const VERIFIED_MAX = 4000;
const verified = new Map<string, boolean>();

const remembering = (verify: SyncCrypto['verify']): SyncCrypto['verify'] => (publicKey, message, signature) => {
  const asked = [publicKey, signature, message].map((part) => Buffer.from(part.buffer, part.byteOffset, part.length).toString('latin1')).join('');
  const known = verified.get(asked) ?? verify(publicKey, message, signature);
  if (verified.size >= VERIFIED_MAX) verified.clear();
  verified.set(asked, known);
  return known;
};

/**
 * Keys that follow from a name, so that a world is the same twice. Hashes and signatures are the real ones, because
 * ledgers compute them and central verifies them; seals are the simulator's, because a real one is different each time.
 */
export type SeededKeys = { readonly crypto: SyncCrypto; readonly signingKey: Uint8Array; readonly sealingKey: Uint8Array };

export function seededKeys(owner: string): SeededKeys {
  const [seed, sealingKey] = [modelKey(`${owner} signs`), modelKey(`${owner} opens`)];
  const real = createSyncCrypto({ openWith: sealingKey, signWith: seed });
  return { crypto: { ...modelCrypto(sealingKey), sha256: real.sha256, sign: real.sign, verify: remembering(real.verify) }, signingKey: ed25519PublicKey(seed), sealingKey };
}

const devices = new Map<DeviceId, SeededKeys>();

export function deviceKeysOf(device: DeviceId): SeededKeys {
  const known = devices.get(device) ?? seededKeys(device);
  devices.set(device, known);
  return known;
}

export const ORGANIZATION_KEYS = seededKeys('organization');
