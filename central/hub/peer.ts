import type { TLSSocket } from 'node:tls';
import type { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { certificateFingerprint, parseCertificate, RENEWAL_GRACE_MS } from '../authority/certificates.ts';
import { certificateHolder } from '../store/devices.ts';
import type { Reads } from '../store/sql.ts';

export type Peer = { readonly device: DeviceId; readonly access: 'sync' | 'renew' };

/**
 * Who is at the other end: the device that this very certificate was issued to. What the TLS library says of the
 * chain is necessary; that the certificate is one of ours, byte for byte, is what decides. An expired one still
 * speaks for its device within the grace, to renew.
 */
export async function identifyPeer(socket: TLSSocket, sql: Reads, authority: string, nowMs: number): Promise<Result<Peer, 'NOT_AUTHENTICATED'>> {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return refuse('NOT_AUTHENTICATED', { rule: 'no certificate' });
  const holder = await certificateHolder(sql, certificateFingerprint(certificate));
  if (holder === null) return refuse('NOT_AUTHENTICATED', { rule: 'not issued here' });
  // A resumed session was authorized when it began; whether the certificate is still valid is asked each time.
  if (socket.authorized && nowMs < holder.expiresAt) return ok({ device: holder.device, access: 'sync' });
  const issued = certificate.verify(parseCertificate(authority).publicKey);
  const expired = nowMs >= holder.expiresAt && nowMs < holder.expiresAt + RENEWAL_GRACE_MS;
  return issued && expired ? ok({ device: holder.device, access: 'renew' }) : refuse('NOT_AUTHENTICATED', { rule: 'not authorized' });
}
