import { fromHex, toHex, utf8 } from '../base/bytes.ts';
import { signedBytes } from './envelope.ts';
import type { Sign, Verify } from './sealing.ts';

/**
 * A device asks for its next certificate with a request (PKCS #10, PEM) signed by its Ed25519 key as well, so that an
 * expired certificate within the grace still proves who asks.
 */
export function signRenewal(sign: Sign, request: string): string {
  return toHex(sign(signedBytes('renewal', utf8(request))));
}

export function verifyRenewal(verify: Verify, signingKey: Uint8Array, request: string, signature: string): boolean {
  return verify(signingKey, signedBytes('renewal', utf8(request)), fromHex(signature));
}
