import { createPublicKey, verify as verifySignature } from 'node:crypto';
import canonicalize from 'canonicalize';
import { fromHex, toHex, utf8 } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import type { CheckpointBody } from '../../shared/ledger/bodies.ts';

/** The device's Ed25519 key (RFC 8032), which never leaves the vault. */
export type Signer = { readonly publicKey: Uint8Array; sign(message: Uint8Array): Uint8Array };

type Unsigned = Omit<CheckpointBody, 'signature'>;

/** What a checkpoint signs: the RFC 8785 text of its body without the signature. */
function messageOf(body: Readonly<Record<string, unknown>>): Uint8Array {
  const { signature: _signature, ...unsigned } = body;
  return utf8(canonicalize(unsigned) ?? '');
}

export function signCheckpoint(signer: Signer, state: { readonly segment: string; readonly length: number; readonly head: string }, facts: { readonly vault: string; readonly device: DeviceId; readonly at: number }): CheckpointBody {
  const body = { ...state, ...facts, state: null } as unknown as Unsigned;
  return { ...body, signature: toHex(signer.sign(messageOf(body))) } as CheckpointBody;
}

const SPKI_PREFIX = fromHex('302a300506032b6570032100');

/** True only for a signature by this raw 32-byte public key over exactly this body. */
export function checkpointHolds(body: CheckpointBody, publicKeyHex: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, fromHex(publicKeyHex)]), format: 'der', type: 'spki' });
    return verifySignature(null, messageOf(body), key, fromHex(body.signature));
  } catch {
    return false;
  }
}
