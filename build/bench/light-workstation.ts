import { connect, type TLSSocket } from 'node:tls';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import * as x509 from '@peculiar/x509';
import { issueDeviceCertificate, certificateFingerprint, parseCertificate } from '../../central/authority/certificates.ts';
import type { OrganizationKeys } from '../../central/authority/key-adapter.ts';
import { keepCertificate } from '../../central/store/devices.ts';
import type { Sql } from '../../central/store/sql.ts';
import { systemClock, systemRandom } from '../../central/world.ts';
import { assertHolds } from '../../shared/base/result.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import { HUB_SERVER_NAME, MESSAGE_MAX_BYTES, PROTOCOL_VERSIONS, SYNC_ALPN } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import type { Sealed } from '../../shared/sync/sealing.ts';
import { admitTo, testDevice, type TestDevice } from '../fixtures/test-batches.ts';

/**
 * A workstation as far as central can tell: real keys and certificate, TLS 1.3, the real wire, batches sealed beforehand.
 * It keeps no ledger, so that many of them fit beside the server that is measured.
 */
export type LightMember = { readonly device: TestDevice; readonly certificate: string; readonly key: string };
export type LightWorkstation = {
  /** Sends them, so many at a time without an answer; resolves with the last receipt. */
  push(batches: readonly Sealed[], underWay: number): Promise<void>;
  close(): void;
};

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Enters a device as its enrolment would. */
export async function lightMember(sql: Sql, keys: OrganizationKeys): Promise<LightMember> {
  const device = testDevice();
  await admitTo(sql, device);
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [pkcs8, spki] = [pair.privateKey.export({ format: 'der', type: 'pkcs8' }), pair.publicKey.export({ format: 'der', type: 'spki' })];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=light', signingAlgorithm: ALGORITHM,
    keys: { privateKey: await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), ALGORITHM, false, ['sign']), publicKey: await crypto.subtle.importKey('spki', new Uint8Array(spki), ALGORITHM, true, ['verify']) },
  });
  const certificate = await issueDeviceCertificate(keys.authority, device.device, request.toString('pem'), systemClock, systemRandom);
  assertHolds(certificate !== null, 'an authority certifies a good request');
  const parsed = parseCertificate(certificate ?? '');
  await sql.write('devices', (tx) => keepCertificate(tx, systemClock, device.device, { fingerprint: certificateFingerprint(parsed), expiresAt: Date.parse(parsed.validTo) }));
  return { device, certificate: certificate ?? '', key: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}

export async function connectLight({ device, certificate, key }: LightMember, port: number, keys: OrganizationKeys): Promise<LightWorkstation> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, servername: HUB_SERVER_NAME, ca: keys.authority.certificate, cert: certificate, key, ALPNProtocols: [SYNC_ALPN] });
  await once(socket, 'secureConnect');
  const frames = createFrameReader(MESSAGE_MAX_BYTES);
  const heard: ((message: Message) => void)[] = [];
  let failed: ((error: Error) => void) | null = null;
  socket.on('data', (chunk: Uint8Array) => {
    const messages = frames.push(chunk);
    if (!messages.ok) return void socket.destroy(new Error(messages.fault.code));
    for (const bytes of messages.value) {
      const message = decodeMessage(bytes);
      if (typeof message !== 'string') for (const hear of heard) hear(message);
    }
  });
  socket.on('error', (error) => failed?.(error));
  socket.on('close', () => failed?.(new Error('central ended the line')));
  const send = (message: Message): void => {
    for (const frame of framesOf(encodeMessage(message))) socket.write(frame);
  };
  /** Until `done` says so of a message; anything that refuses fails it. */
  const until = (begin: () => void, done: (message: Message) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      failed = reject;
      heard.splice(0, heard.length, (message) => {
        if (message.type === 'rejected' || message.type === 'refused') reject(new Error(`central said ${JSON.stringify(message)}`));
        else if (done(message)) resolve();
      });
      begin();
    });
  const hello = { versions: [...PROTOCOL_VERSIONS], organization: keys.id, device: device.device, application: 'bench', cursor: null, segments: [], at: systemClock.now() };
  await until(() => send({ type: 'hello', hello }), ({ type }) => type === 'hi');
  return {
    async push(batches, underWay) {
      let [sent, received] = [0, 0];
      const more = (): void => {
        for (; sent < batches.length && sent - received < underWay; sent += 1) {
          const batch = batches[sent];
          if (batch !== undefined) send({ type: 'push', batch });
        }
      };
      await until(more, ({ type }) => {
        if (type !== 'receipt') return false;
        received += 1;
        more();
        return received === batches.length;
      });
    },
    close() {
      failed = null;
      socket.destroy();
    },
  };
}
