import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubClock } from '../world.ts';
import { deviceServerName, HUB_SERVER_NAME } from '../../shared/sync/limits.ts';
import { sha256 } from '../hub/cipher.ts';

/**
 * The organisation's certificate authority (RFC 5280): ECDSA P-256 with SHA-256, because every TLS library a device may
 * be built with supports it. One level: the authority signs central's and the devices' certificates itself.
 */
export type IssuerKeys = { /** PKCS #8, PEM. */ readonly privateKey: string; /** PEM. */ readonly certificate: string };
export type ServerIdentity = IssuerKeys;

export const DAY_MS = 24 * 3_600_000;
export const AUTHORITY_LIFE_MS = 3653 * DAY_MS;
export const SERVER_CERTIFICATE_LIFE_MS = 90 * DAY_MS;
/** Short, because a lost device that is never reported stops by itself; renewed over sync from half its life on. */
export const DEVICE_CERTIFICATE_LIFE_MS = 30 * DAY_MS;
/** A clinic may be cut off for months: for so long an expired certificate still asks for a new one, and nothing else. */
export const RENEWAL_GRACE_MS = 180 * DAY_MS;
/** Clocks of devices differ; a certificate is good from a little before it is made. */
const BACKDATE_MS = DAY_MS;
const SERIAL_BYTES = 16;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const PURPOSE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** First bit clear, so that the number is positive; first byte never zero, so that its length stands. */
function serialNumber(random: Random): string {
  const bytes = random.bytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return toHex(bytes);
}

function newKeyPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

async function keyPair(privateKeyPem: string): Promise<CryptoKeyPair> {
  const key = createPrivateKey(privateKeyPem);
  const pkcs8 = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
  const spki = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
  };
}

/** RFC 4514: what would end or split the name is left out; names are for people, never for decisions. */
const nameText = (text: string): string => text.replaceAll(/[^\p{L}\p{N} ._-]/gu, ' ').trim().slice(0, 60) || 'Outpost';

export async function createAuthority(organization: string, clock: HubClock, random: Random): Promise<IssuerKeys> {
  const privateKey = newKeyPem();
  const keys = await keyPair(privateKey);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: `CN=${nameText(organization)} authority`,
    notBefore: new Date(clock.now() - BACKDATE_MS),
    notAfter: new Date(clock.now() + AUTHORITY_LIFE_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { privateKey, certificate: certificate.toString('pem') };
}

type Leaf = { readonly subject: string; readonly publicKey: x509.PublicKeyType; readonly purposes: readonly (keyof typeof PURPOSE)[]; readonly lifeMs: number; /** DNS names and addresses of a server. */ readonly names?: readonly string[] };

async function issue(issuer: IssuerKeys, leaf: Leaf, clock: HubClock, random: Random): Promise<string> {
  const authority = new x509.X509Certificate(issuer.certificate);
  const { privateKey } = await keyPair(issuer.privateKey);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(random),
    subject: leaf.subject,
    issuer: authority.subject,
    notBefore: new Date(clock.now() - BACKDATE_MS),
    notAfter: new Date(Math.min(clock.now() + leaf.lifeMs, authority.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    publicKey: leaf.publicKey,
    signingKey: privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(leaf.purposes.map((purpose) => PURPOSE[purpose]), true),
      await x509.SubjectKeyIdentifierExtension.create(leaf.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ...(leaf.names === undefined ? [] : [new x509.SubjectAlternativeNameExtension(leaf.names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })))]),
    ],
  });
  return certificate.toString('pem');
}

/** A fresh key and certificate for central itself; made at every start and when half its life is over. `names`: how clients reach it, for workstations always the same. */
export async function issueServerCertificate(issuer: IssuerKeys, clock: HubClock, random: Random, names: readonly string[] = [HUB_SERVER_NAME]): Promise<ServerIdentity> {
  const privateKey = newKeyPem();
  const { publicKey } = await keyPair(privateKey);
  const certificate = await issue(issuer, { subject: `CN=${HUB_SERVER_NAME}`, publicKey, purposes: ['server'], lifeMs: SERVER_CERTIFICATE_LIFE_MS, names }, clock, random);
  return { privateKey, certificate };
}

/** A device's certificate for the key of its request (PKCS #10, PEM); null where the request does not hold. Its name is the device's id, whatever the request says; neighbours in the clinic's network know the device by the same certificate. */
export async function issueDeviceCertificate(issuer: IssuerKeys, device: DeviceId, requestPem: string, clock: HubClock, random: Random): Promise<string | null> {
  let publicKey: x509.PublicKey;
  try {
    const request = new x509.Pkcs10CertificateRequest(requestPem);
    const { algorithm } = request.publicKey;
    if (algorithm.name !== ALGORITHM.name || !('namedCurve' in algorithm) || algorithm.namedCurve !== ALGORITHM.namedCurve || !(await request.verify())) return null;
    ({ publicKey } = request);
  } catch {
    return null;
  }
  return issue(issuer, { subject: `CN=${device}`, publicKey, purposes: ['client', 'server'], lifeMs: DEVICE_CERTIFICATE_LIFE_MS, names: [deviceServerName(device)] }, clock, random);
}

export const parseCertificate = (pem: string): X509Certificate => new X509Certificate(pem);

/** SHA-256 of the certificate's DER. */
export function certificateFingerprint(certificate: X509Certificate): string {
  return toHex(sha256(certificate.raw));
}

export function authorityFingerprint(issuer: IssuerKeys): Uint8Array {
  return fromHex(certificateFingerprint(parseCertificate(issuer.certificate)));
}
