import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPrivateKey } from 'node:crypto';
import type { VaultKeys } from '../vault/vault.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A certificate request (PKCS #10, PEM) for the device's TLS key. */
export async function certificateRequest(keys: VaultKeys): Promise<string> {
  const pkcs8 = keys.tls.privateKeyPem.use((pem) => new Uint8Array(createPrivateKey(Buffer.from(pem)).export({ format: 'der', type: 'pkcs8' })));
  try {
    const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
    const publicKey = await crypto.subtle.importKey('spki', new Uint8Array(keys.tls.publicKey), ALGORITHM, true, ['verify']);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: `CN=${keys.deviceId}`, keys: { privateKey, publicKey }, signingAlgorithm: ALGORITHM });
    return request.toString('pem');
  } finally {
    pkcs8.fill(0);
  }
}
