import { createPublicKey, verify } from 'node:crypto';
import { concatBytes, fromHex } from '../../shared/base/bytes.ts';
import type { Verify } from '../../shared/sync/sealing.ts';

/** Fixed DER before a raw Ed25519 public key (RFC 8410). */
const SPKI_HEAD = fromHex('302a300506032b6570032100');

export const verifyEd25519: Verify = (publicKey, message, signature) =>
  verify(null, message, createPublicKey({ key: Buffer.from(concatBytes(SPKI_HEAD, publicKey)), format: 'der', type: 'spki' }), signature);
