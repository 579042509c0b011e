import { X509Certificate } from 'node:crypto';
import { equalBytes, toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { HelloOrders } from '../../shared/orders/messages.ts';
import { decodeJson, encodeJson, EnrolAnswer, signEnrolment, type Enrolled } from '../../shared/sync/enrolment.ts';
import { readEnrolmentCode } from '../../shared/sync/enrolment-code.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import { CONTROL_MESSAGE_MAX_BYTES, ENROL_ALPN, GREETING_MAX_MS, HUB_SERVER_NAME } from '../../shared/sync/limits.ts';
import { sha256 } from '../ledger/ledger.ts';
import type { VaultKeys } from '../vault/vault.ts';
import type { Connection, LineFault, Network } from './network.ts';
import { certificateRequest } from './request.ts';
import type { Membership } from './sync-state.ts';

export type EnrolFault = 'OFFLINE' | 'SERVER_UNTRUSTED' | 'ENROLMENT_REFUSED' | 'PROTOCOL_ERROR';

/** `orders`: what was ordered against this device up to these versions does not count any more. */
export type Joined = { readonly membership: Membership; readonly orders: HelloOrders; /** What the numbers on patients' cards begin with from now on; null where central leaves that as it is. */ readonly numberPrefix: string | null };

const certificatePem = (der: Uint8Array): string => new X509Certificate(der).toString();
/** What the peer does to our certificate cannot be the trouble where we have none. */
const withoutCertificate = (code: LineFault): EnrolFault => (code === 'NOT_AUTHENTICATED' ? 'SERVER_UNTRUSTED' : code);

/**
 * Joins the organisation whose code this is. The authority is known by the code's fingerprint before anything is said:
 * one line fetches the certificates, a second one trusts that authority alone and carries the secret.
 */
export async function enrolDevice(network: Network, keys: VaultKeys, deviceName: string, numberPrefix: string, codeText: string): Promise<Result<Joined, EnrolFault>> {
  const code = readEnrolmentCode(sha256, codeText);
  if (!code.ok) return refuse('ENROLMENT_REFUSED', { rule: 'mistyped' });
  const { host, port, authorityFingerprint, secret } = code.value;
  const presented = await network.presented(host, port, ENROL_ALPN, HUB_SERVER_NAME);
  if (!presented.ok) return refuse(withoutCertificate(presented.fault.code), presented.fault.detail);
  const authorityDer = presented.value.find((der) => equalBytes(sha256(der), authorityFingerprint));
  if (authorityDer === undefined) return refuse('SERVER_UNTRUSTED', { rule: 'another authority' });
  const authority = certificatePem(authorityDer);
  const dialed = await network.dial({ host, port, protocols: [ENROL_ALPN], authority, serverName: HUB_SERVER_NAME, client: null });
  if (!dialed.ok) return refuse(withoutCertificate(dialed.fault.code), dialed.fault.detail);

  const signable = { secret: toHex(secret), device: keys.deviceId, request: await certificateRequest(keys), sealingKey: toHex(keys.sealing.publicKey) };
  const request = { ...signable, deviceName, numberPrefix, signingKey: toHex(keys.signing.publicKey), proof: toHex(signEnrolment((message) => keys.signing.sign(message), signable)) };
  const answer = await ask(network, dialed.value, encodeJson(request));
  if (!answer.ok) return answer;
  if (!belongsToUs(answer.value, authorityDer, keys)) return refuse('PROTOCOL_ERROR', { rule: 'certificate not ours' });
  const { organization, organizationName, certificate, sealingKey, hubSigningKey, orders = [], numberPrefix: given = null } = answer.value;
  return ok({ membership: { organization, organizationName, host, port, authority, certificate, sealingKey, hubSigningKey }, orders, numberPrefix: given });
}

async function ask(network: Network, connection: Connection, question: Uint8Array): Promise<Result<Enrolled, EnrolFault>> {
  const stopLimit = network.after(GREETING_MAX_MS, () => connection.abandon());
  const frames = createFrameReader(CONTROL_MESSAGE_MAX_BYTES);
  try {
    for (const frame of framesOf(question)) await connection.write(frame);
    for await (const chunk of connection.chunks) {
      const messages = frames.push(chunk);
      if (!messages.ok) return refuse('PROTOCOL_ERROR', { rule: messages.fault.code });
      const [message] = messages.value;
      if (message === undefined) continue;
      const answer = decodeJson(EnrolAnswer, message);
      if (answer === null) return refuse('PROTOCOL_ERROR', { rule: 'answer does not read' });
      return 'enrolled' in answer ? ok(answer.enrolled) : refuse('ENROLMENT_REFUSED', { rule: 'server' });
    }
    return refuse('OFFLINE', { cause: connection.fault()?.cause ?? 'line ended' });
  } finally {
    stopLimit();
    connection.end();
  }
}

/** The certificate is for our key, of the pinned authority, which is the one the answer names. */
function belongsToUs(answer: Enrolled, authorityDer: Uint8Array, keys: VaultKeys): boolean {
  try {
    const authority = new X509Certificate(answer.authority);
    const certificate = new X509Certificate(answer.certificate);
    const ours = equalBytes(new Uint8Array(certificate.publicKey.export({ format: 'der', type: 'spki' })), keys.tls.publicKey);
    return equalBytes(authority.raw, authorityDer) && certificate.verify(authority.publicKey) && ours;
  } catch {
    return false;
  }
}
