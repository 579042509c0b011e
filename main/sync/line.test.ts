import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer, getCACertificates, setDefaultCACertificates, type TlsOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueDeviceCertificate, issueServerCertificate, startTestCentral, type IssuerKeys, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { toHex, utf8 } from '../../shared/base/bytes.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { OrganizationId } from '../../shared/sync/envelope.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import { HUB_SERVER_NAME, MESSAGE_MAX_BYTES, NO_PROGRESS_MS, SYNC_ALPN } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { outboxSize } from '../ledger/ledger.ts';
import { systemClock, systemRandom } from '../world.ts';
import { lineFaultOf } from './line-fault.ts';
import { certificateRequest } from './request.ts';
import { nodeNetwork } from './node-network.ts';
import { writeState } from './sync-state.ts';

/** Servers that are not our central, or not as they should be. Whatever answers: a named fault, and the outbox as it was. */

const PUSH_TYPE = 5;
const DAY_MS = 24 * 3_600_000;
const TLS_13 = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ALPNProtocols: [SYNC_ALPN] } as const satisfies TlsOptions;
const closing: (() => Promise<void> | void)[] = [];
let authority: IssuerKeys;
let server: IssuerKeys;

beforeAll(async () => {
  authority = await createAuthority('Test organization', systemClock, systemRandom);
  server = await issueServerCertificate(authority, systemClock, systemRandom);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listening(made: Server): Promise<number> {
  const sockets = new Set<Socket>();
  made.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => void made.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise<void>((resolve) => {
    made.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  }));
  return (made.address() as AddressInfo).port;
}

/** A TLS server; `talk` gets every connection that came up. */
function tlsServer(options: TlsOptions, talk: (socket: TLSSocket) => void = () => undefined): Promise<number> {
  const made = createServer(options, (socket) => {
    socket.on('error', () => socket.destroy());
    talk(socket);
  });
  made.on('tlsClientError', () => undefined);
  return listening(made);
}

/** A workstation enrolled on paper: it believes its central to be at that port. */
async function memberAt(port: number, by: IssuerKeys = authority, clock = systemClock): Promise<TestWorkstation> {
  const station = openTestWorkstation({ clock });
  closing.push(() => station.close());
  const certificate = await issueDeviceCertificate(by, station.keys.deviceId, await certificateRequest(station.keys), systemClock, systemRandom);
  station.test.ledger.keep((write) => {
    writeState(write, 'sync.membership', {
      organization: OrganizationId.parse('00000000000000aa'), organizationName: 'Test organization', host: '127.0.0.1', port, authority: by.certificate, certificate: certificate!,
      sealingKey: toHex(new Uint8Array(32).fill(9)), hubSigningKey: toHex(new Uint8Array(32).fill(8)),
    });
    return ok(null);
  });
  station.register('Okafor');
  return station;
}

/** Tries to sync; the fault, once it is certain that nothing left the outbox and nothing is claimed. */
async function faultOf(station: TestWorkstation): Promise<{ code: string; cause: unknown }> {
  const before = outboxSize(station.test.ledger.read).count;
  const entries = station.entries();
  const outcome = await station.now();
  if (outcome.ok) throw new Error('it was taken for our central');
  // The refusal is itself an entry.
  expect(outboxSize(station.test.ledger.read).count).toBe(before + 1);
  expect(station.entries()).toBe(entries + 1);
  expect(station.view()).toMatchObject({ allSent: false, lastContactAt: null, lineFault: outcome.fault.code, line: outcome.fault.code === 'OFFLINE' ? 'offline' : 'refused' });
  const { cause, rule } = outcome.fault.detail ?? {};
  return { code: outcome.fault.code, cause: cause ?? rule };
}

type Leaf = { issuer?: IssuerKeys; name?: string; from?: number; to?: number; purpose?: string };

/** A server certificate with something wrong with it. */
async function leaf({ issuer = authority, name = HUB_SERVER_NAME, from = -DAY_MS, to = DAY_MS, purpose = x509.ExtendedKeyUsage.serverAuth }: Leaf): Promise<{ key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const signingKey = await crypto.subtle.importKey('pkcs8', new Uint8Array(createPrivateKey(issuer.privateKey).export({ format: 'der', type: 'pkcs8' })), algorithm, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '41', subject: `CN=${name}`, issuer: new x509.X509Certificate(issuer.certificate).subject, notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + to),
    signingAlgorithm: algorithm, publicKey: keys.publicKey, signingKey,
    extensions: [new x509.ExtendedKeyUsageExtension([purpose], true), new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }).toString(), cert: certificate.toString('pem') };
}

describe('servers that are not to be trusted', () => {
  it('SYN-22 TLS 1.2 only', async () => {
    const port = await tlsServer({ key: server.privateKey, cert: server.certificate, ALPNProtocols: [SYNC_ALPN], minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    expect(await faultOf(await memberAt(port))).toMatchObject({ code: 'SERVER_UNTRUSTED', cause: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });

  it.each([
    ['of another authority', async () => ({ ...(await leaf({ issuer: await createAuthority('Test organization', systemClock, systemRandom) })), expected: /CERT_SIGNATURE_FAILURE|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/ })],
    ['expired', async () => ({ ...(await leaf({ from: -3 * DAY_MS, to: -DAY_MS })), expected: /CERT_HAS_EXPIRED/ })],
    ['not valid yet', async () => ({ ...(await leaf({ from: DAY_MS, to: 3 * DAY_MS })), expected: /CERT_NOT_YET_VALID/ })],
    ['made out to another name', async () => ({ ...(await leaf({ name: 'elsewhere.example' })), expected: /ERR_TLS_CERT_ALTNAME_INVALID/ })],
    ['made out to a client', async () => ({ ...(await leaf({ purpose: x509.ExtendedKeyUsage.clientAuth })), expected: /INVALID_PURPOSE/ })],
  ])('SYN-22 a certificate %s', async (_, make) => {
    const { key, cert, expected } = await make();
    const port = await tlsServer({ ...TLS_13, key, cert });
    const fault = await faultOf(await memberAt(port));
    expect(fault.code).toBe('SERVER_UNTRUSTED');
    expect(fault.cause).toMatch(expected);
  });

  it('SYN-22 self-signed', async () => {
    const alone = await createAuthority(HUB_SERVER_NAME, systemClock, systemRandom);
    const port = await tlsServer({ ...TLS_13, key: alone.privateKey, cert: alone.certificate });
    expect((await faultOf(await memberAt(port))).code).toBe('SERVER_UNTRUSTED');
  });

  it('SYN-22 an authority that the whole machine trusts is still not ours', async () => {
    const rogue = await createAuthority('Rogue', systemClock, systemRandom);
    const before = getCACertificates('default');
    closing.push(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, rogue.certificate]);
    const port = await tlsServer({ ...TLS_13, ...(await leaf({ issuer: rogue })) });
    expect((await faultOf(await memberAt(port))).code).toBe('SERVER_UNTRUSTED');
  });

  it('SYN-22 a captive portal that answers in plain text', async () => {
    const port = await listening(createPlainServer((socket) => void socket.end('HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\n\r\n<html>Please sign in</html>')));
    expect((await faultOf(await memberAt(port))).code).toBe('SERVER_UNTRUSTED');
  });

  it('SYN-22 the right certificate without our protocol', async () => {
    const port = await tlsServer({ key: server.privateKey, cert: server.certificate, minVersion: 'TLSv1.3', ALPNProtocols: ['http/1.1'] });
    expect((await faultOf(await memberAt(port))).code).toBe('SERVER_UNTRUSTED');
  });
});

describe('lines that fail', () => {
  it('SYN-95 a second line resumes the first one\'s TLS session: no certificates travel, and central still knows who it is', async () => {
    const central = await startTestCentral();
    closing.push(() => central.close());
    const station = openTestWorkstation();
    closing.push(() => station.close());
    await station.enrol(await central.code());
    const { deviceId: device } = station.keys;
    const client = { certificate: station.membership().certificate, privateKey: <Value>(use: (pem: Uint8Array) => Value): Value => station.keys.tls.privateKeyPem.use(use) };
    const hello: Message = { type: 'hello', hello: { versions: [1], organization: central.keys.id, device, application: 'test', cursor: null, segments: [], at: 0 } };
    const refused = (code: string) => [{ type: 'refused', refused: { code } }];
    const dial = { host: '127.0.0.1', port: central.port(), protocols: [SYNC_ALPN], authority: central.keys.authority.certificate, serverName: HUB_SERVER_NAME, client };
    const greeted = async (): Promise<{ readonly received: number; readonly said: (Message | string)[] }> => {
      const dialed = await nodeNetwork.dial(dial);
      if (!dialed.ok) throw new Error(dialed.fault.code);
      const { chunks, write, abandon, received } = dialed.value;
      await write(Buffer.concat(framesOf(encodeMessage(hello))));
      for await (const chunk of chunks) {
        abandon();
        const read = createFrameReader(MESSAGE_MAX_BYTES).push(chunk);
        return { received: received(), said: read.ok ? read.value.map(decodeMessage) : [] };
      }
      throw new Error('nothing was said');
    };
    const [first, second] = [await greeted(), await greeted()];
    for (const { said } of [first, second]) expect(said).toEqual([expect.objectContaining({ type: 'hi' })]);
    expect(second.received).toBeLessThan(first.received - 600);
    // Known as whom it was then is not known as valid now.
    central.clock.offset = 40 * 24 * 3_600_000;
    expect((await greeted()).said).toEqual(refused('CERTIFICATE_EXPIRED'));
    central.clock.offset = 0;
    await central.revoke(device);
    expect((await greeted()).said).toEqual(refused('DEVICE_REVOKED'));
  });

  it('SYN-23 nobody listens', async () => {
    const station = await memberAt(1);
    expect(await faultOf(station)).toEqual({ code: 'OFFLINE', cause: 'ECONNREFUSED' });
  });

  it('SYN-23 the line ends in the middle of the handshake', async () => {
    const port = await listening(createPlainServer((socket) => void socket.once('data', () => socket.destroy())));
    expect((await faultOf(await memberAt(port))).code).toBe('OFFLINE');
  });

  it.each([
    ['of another authority', async (station: TestWorkstation) => (await issueDeviceCertificate(await createAuthority('Other', systemClock, systemRandom), station.keys.deviceId, await certificateRequest(station.keys), systemClock, systemRandom))!],
    ['that it never issued', async (station: TestWorkstation, central: TestCentral) => (await issueDeviceCertificate(central.keys.authority, station.keys.deviceId, await certificateRequest(station.keys), systemClock, systemRandom))!],
  ])('SYN-21 SYN-96 F10 a central that refuses our certificate %s, after the handshake seemed to succeed, says so', async (_, make) => {
    const central = await startTestCentral();
    closing.push(() => central.close());
    const station = await memberAt(central.port(), central.keys.authority);
    const certificate = await make(station, central);
    station.test.ledger.keep((write) => {
      writeState(write, 'sync.membership', { ...station.membership(), certificate });
      return ok(null);
    });
    expect((await faultOf(station)).code).toBe('NOT_AUTHENTICATED');
  });

  it.each(['BAD_CERTIFICATE', 'CERTIFICATE_REQUIRED', 'CERTIFICATE_EXPIRED', 'CERTIFICATE_REVOKED', 'CERTIFICATE_UNKNOWN', 'UNKNOWN_CA', 'ACCESS_DENIED'])('SYN-96 the alert %s says that our certificate is refused', (alert) => {
    for (const code of [`ERR_SSL_TLSV13_ALERT_${alert}`, `ERR_SSL_TLSV1_ALERT_${alert}`, `ERR_SSL_SSLV3_ALERT_${alert}`]) expect(lineFaultOf(Object.assign(new Error(), { code }))).toEqual({ code: 'NOT_AUTHENTICATED', cause: code });
    expect(lineFaultOf(Object.assign(new Error(), { code: 'ECONNRESET' })).code).toBe('OFFLINE');
  });

  it('SYN-96 a line cut between the handshake and the first answer is offline, not a refusal', async () => {
    for (const cut of [(socket: TLSSocket) => socket.destroy(), (socket: TLSSocket) => void socket.end(), (socket: TLSSocket) => void socket.once('data', () => socket.destroy())]) {
      const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate }, cut);
      expect((await faultOf(await memberAt(port))).code).toBe('OFFLINE');
    }
  });

  it('SYN-24 a server that trickles its answer byte by byte is given up for want of progress', async () => {
    const greeting = Buffer.concat(framesOf(encodeMessage({ type: 'hi', hi: hi as never })));
    let beat: NodeJS.Timeout | undefined;
    closing.push(() => clearInterval(beat));
    const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate }, (socket) => {
      let at = 0;
      beat = setInterval(() => socket.write(greeting.subarray(at, (at += 1))), 1);
    });
    let offset = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + offset };
    const station = await memberAt(port, authority, clock);
    await station.until((view) => {
      if (view.line === 'connecting') offset += NO_PROGRESS_MS / 4;
      return view.lineFault === 'OFFLINE';
    });
    expect(station.view()).toMatchObject({ allSent: false, lastContactAt: null });
  });

  it('SYN-21 a server that accepts and says nothing is never called online, and is given up for want of progress', async () => {
    const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate });
    let offset = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + offset };
    const station = await memberAt(port, authority, clock);
    const lines = new Set<string>();
    await station.until((view) => {
      lines.add(view.line);
      if (view.line === 'connecting') offset += NO_PROGRESS_MS / 4;
      return view.lineFault === 'OFFLINE';
    });
    expect([...lines].sort()).toEqual(['connecting', 'offline']);
    expect(station.view().allSent).toBe(false);
  });
});

const hi = { version: 1, organization: '00000000000000aa', epoch: '0000000000000001', latest: 0, cursor: { epoch: '0000000000000001', lsn: 0, mark: '0000000000000000' }, positions: [], held: 0, receivedAt: 1, sentAt: 1 };
/** Answers a HELLO as a central that holds nothing would. */
function answerHello(socket: TLSSocket, answer: typeof hi): void {
  socket.once('data', (chunk: Uint8Array) => {
    const messages = createFrameReader(MESSAGE_MAX_BYTES).push(chunk);
    const hello = messages.ok && messages.value[0] !== undefined ? decodeMessage(messages.value[0]) : 'malformed';
    if (typeof hello === 'string' || hello.type !== 'hello') throw new Error('the first message is not HELLO');
    const positions = hello.hello.segments.map(({ segment }) => ({ segment, length: 0 }));
    socket.write(Buffer.concat(framesOf(encodeMessage({ type: 'hi', hi: { ...answer, positions } as never }))));
  });
}

const refusedBytes = (code: string): Uint8Array => Buffer.concat(framesOf(encodeMessage({ type: 'refused', refused: { code: code as 'BUSY' } })));

describe('a server with our certificate and a wrong tongue', () => {
  it.each([
    ['HTML', utf8('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>hello</html>'), 'PROTOCOL_ERROR', 'FRAME_MALFORMED'],
    ['a frame of length zero', Uint8Array.of(0, 0, 0, 1), 'PROTOCOL_ERROR', 'FRAME_MALFORMED'],
    ['a frame above the limit', Uint8Array.of(0x10, 0x01, 0, 1), 'PROTOCOL_ERROR', 'FRAME_MALFORMED'],
    ['a message above the limit', Buffer.concat(Array.from({ length: 9 }, () => Buffer.concat([Uint8Array.of(0x10, 0, 0, 0), new Uint8Array(4096)]))), 'PROTOCOL_ERROR', 'MESSAGE_TOO_LARGE'],
    ['an unknown message', Buffer.concat(framesOf(Uint8Array.of(77, 1, 2))), 'PROTOCOL_ERROR', 'message does not read'],
    ['a receipt before HI', Buffer.concat(framesOf(encodeMessage({ type: 'news', latest: 5, urgent: null }))), 'PROTOCOL_ERROR', 'HI comes first'],
    ['HI of another organisation', Buffer.concat(framesOf(encodeMessage({ type: 'hi', hi: { ...hi, organization: '00000000000000bb' } as never }))), 'SERVER_REFUSED', 'another organization'],
    ['HI in another version', Buffer.concat(framesOf(encodeMessage({ type: 'hi', hi: { ...hi, version: 9 } as never }))), 'PROTOCOL_ERROR', 'version not offered'],
    ['HI that leaves out what was asked', Buffer.concat(framesOf(encodeMessage({ type: 'hi', hi: hi as never }))), 'PROTOCOL_ERROR', 'positions left out'],
    ['JSON with a prototype in it', Buffer.concat(framesOf(Buffer.concat([Uint8Array.of(2), utf8('{"__proto__":{"version":1},"constructor":{}}')]))), 'PROTOCOL_ERROR', 'message does not read'],
    ['NOT_AUTHENTICATED', refusedBytes('NOT_AUTHENTICATED'), 'NOT_AUTHENTICATED', undefined],
    ['DEVICE_UNKNOWN', refusedBytes('DEVICE_UNKNOWN'), 'NOT_AUTHENTICATED', undefined],
    ['a refusal of a later version', refusedBytes('OUT_OF_CHEESE'), 'PROTOCOL_ERROR', undefined],
  ])('SYN-2 SYN-23 %s, whole and in single bytes', async (_, bytes, code, cause) => {
    // Large ones come in pieces anyway.
    for (const size of bytes.length > 4096 ? [bytes.length] : [bytes.length, 1]) {
      const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate }, (socket) => {
        for (let offset = 0; offset < bytes.length; offset += size) socket.write(bytes.subarray(offset, offset + size));
      });
      expect(await faultOf(await memberAt(port))).toEqual({ code, cause });
    }
  });

  it('SYN-177 a server that is busy has a name of its own, is no refusal, and is asked again as soon as a line that failed', async () => {
    const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate }, (socket) => {
      socket.once('data', () => socket.end(refusedBytes('BUSY')));
    });
    const station = await memberAt(port);
    const before = outboxSize(station.test.ledger.read).count;
    expect(await station.now()).toMatchObject({ ok: false, fault: { code: 'SERVER_BUSY' } });
    const view = station.view();
    expect(view).toMatchObject({ line: 'busy', lineFault: 'SERVER_BUSY', refused: [], allSent: false, unsent: before + 1 });
    // After a refusal it would be half a minute at the least.
    expect(view.nextAttemptAt! - systemClock.now()).toBeLessThan(30_000);
  });

  it('SYN-2 SYN-3 an answer without end is cut off at its limit, and nothing of it is kept', async () => {
    const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate }, (socket) => {
      answerHello(socket, { ...hi, latest: 5 });
      const frame = Buffer.concat([Uint8Array.of(0x10, 0, 1, 0), new Uint8Array(4096)]);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(frame));
      };
      socket.on('drain', pour);
      socket.once('data', () => void setImmediate(pour));
    });
    const station = await memberAt(port);
    const before = outboxSize(station.test.ledger.read).count;
    expect(await station.now()).toMatchObject({ ok: false, fault: { code: 'PROTOCOL_ERROR', detail: { rule: 'MESSAGE_TOO_LARGE' } } });
    expect(outboxSize(station.test.ledger.read).count).toBe(before + 1);
  });

  it('SYN-2 an authenticated HI makes the line online, a promise of pages it never sends does not make it settled', async () => {
    const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate }, (socket) => {
      answerHello(socket, { ...hi, latest: 5 });
    });
    const station = await memberAt(port);
    await station.until((view) => view.line === 'online');
    expect(station.view()).toMatchObject({ running: true, allSent: false });
  });
});

describe('what is sent', () => {
  it('SYN-6 nothing of a patient can be read on the line, even by whoever holds the server\'s TLS key', async () => {
    const heard: Uint8Array[] = [];
    const port = await tlsServer({ ...TLS_13, key: server.privateKey, cert: server.certificate }, (socket) => {
      socket.on('data', (chunk) => void heard.push(chunk));
      answerHello(socket, hi);
    });
    const station = await memberAt(port);
    station.register('Canarysdottir');
    const types = (): (number | undefined)[] => {
      const messages = createFrameReader(MESSAGE_MAX_BYTES).push(Buffer.concat(heard));
      return messages.ok ? messages.value.map(([type]) => type) : [];
    };
    await station.until(() => types().includes(PUSH_TYPE));
    const all = Buffer.concat(heard).toString('latin1');
    expect(all).toContain(DeviceId.parse(station.keys.deviceId));
    expect(all).not.toMatch(/Canary|Okafor|patient/i);
  });

  it('SYN-22 the TLS key of the device signs its request and stays at home', async () => {
    const station = await memberAt(1);
    const request = new x509.Pkcs10CertificateRequest(await certificateRequest(station.keys));
    expect(await request.verify()).toBe(true);
    const requested = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' }).export({ format: 'der', type: 'spki' });
    expect(Buffer.compare(requested, station.keys.tls.publicKey)).toBe(0);
  });
});
