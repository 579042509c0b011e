import { createPublicKey, verify as verifySignature } from 'node:crypto';
import canonicalize from 'canonicalize';
import { fromHex, toHex, utf8 } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { assertHolds } from '../../shared/base/result.ts';
import type { CheckpointBody, LaneHead } from '../../shared/ledger/bodies.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { HeldMark } from './held-mark.ts';

/** The device's Ed25519 key (RFC 8032), which never leaves the vault. */
export type Signer = { readonly publicKey: Uint8Array; sign(message: Uint8Array): Uint8Array };

/** What a checkpoint signs: the RFC 8785 text of its body without the signature, fields of newer versions included. */
function messageOf(body: object): Uint8Array {
  const { signature: _signature, ...unsigned } = body as Readonly<Record<string, unknown>>;
  return utf8(canonicalize(unsigned) ?? '');
}

/** `lanes` as the ledger gives them; the clinical one carries the checkpoint. */
export function signCheckpoint(signer: Signer, lanes: readonly LaneHead[], facts: { readonly vault: string; readonly device: DeviceId; readonly at: number; /** What is held in all, where a part is left out. */ readonly held?: HeldMark }): CheckpointBody {
  const clinical = lanes.find(({ lane }) => lane === LANE.clinical);
  assertHolds(clinical !== undefined, 'the clinical lane is open while the ledger is');
  const { segment, length, head } = clinical;
  const body = { segment, length, head, lanes: lanes.filter(({ lane }) => lane !== LANE.clinical), ...facts, state: null };
  return { ...body, signature: toHex(signer.sign(messageOf(body))) };
}

const SPKI_PREFIX = fromHex('302a300506032b6570032100');

/** True only for a signature by this raw 32-byte public key over exactly this body, as it was written. */
export function checkpointHolds(body: object, signature: string, publicKeyHex: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, fromHex(publicKeyHex)]), format: 'der', type: 'spki' });
    return verifySignature(null, messageOf(body), key, fromHex(signature));
  } catch {
    return false;
  }
}
