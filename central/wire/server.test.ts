import { createHash } from 'node:crypto';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { encodeJson } from '../../shared/sync/enrolment.ts';
import { printEnrolmentCode, readEnrolmentCode } from '../../shared/sync/enrolment-code.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import { ENROL_ALPN, HUB_SERVER_NAME, MESSAGE_MAX_BYTES, SYNC_ALPN } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { createAuthority, issueDeviceCertificate, issueServerCertificate } from '../authority/certificates.ts';
import { sha256 } from '../hub/cipher.ts';
import { systemClock, systemRandom } from '../world.ts';

let central: TestCentral;
let member: { readonly device: DeviceId; readonly cert: string; readonly key: string };
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  central = await startTestCentral();
  const station = openTestWorkstation();
  opened.push(station);
  const enrolled = await station.enrol(await central.code());
  if (!enrolled.ok) throw new Error(enrolled.fault.code);
  const { certificate } = station.membership();
  member = { device: station.keys.deviceId, cert: certificate, key: station.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString()) };
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await central.close();
});

function stranger(): TestWorkstation {
  const station = openTestWorkstation();
  opened.push(station);
  return station;
}

/** More than central holds lines in all. */
const SILENT = 600;

const base = (): ConnectionOptions => ({ host: '127.0.0.1', port: central.port(), servername: HUB_SERVER_NAME, ca: central.keys.authority.certificate, ALPNProtocols: [SYNC_ALPN] });

/** What the server does with a connection: its answer as messages, or the fault that ended it. */
function talk(options: ConnectionOptions, bytes: Uint8Array | null = null): Promise<{ heard: Uint8Array; fault: string | null; socket: TLSSocket }> {
  return new Promise((resolve) => {
    const heard: Uint8Array[] = [];
    let fault: string | null = null;
    const socket = connect(options, () => {
      if (bytes !== null) socket.write(bytes);
    });
    socket.on('data', (chunk) => void heard.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      fault = error.code ?? 'error';
    });
    socket.on('close', () => resolve({ heard: Buffer.concat(heard), fault, socket }));
  });
}

function messagesIn(heard: Uint8Array): (Message | string)[] {
  const read = createFrameReader(MESSAGE_MAX_BYTES).push(heard);
  return read.ok ? read.value.map(decodeMessage) : [read.fault.code];
}

const line = (message: Message): Buffer => Buffer.concat(framesOf(encodeMessage(message)));
const hello = (): Message => ({ type: 'hello', hello: { versions: [1], organization: central.keys.id, device: member.device, application: 'test', cursor: null, segments: [], at: 0 } });
const refused = (code: string) => [{ type: 'refused', refused: { code } }];

describe('central\'s door', () => {
  it('SYN-22 speaks TLS 1.3 and nothing below', async () => {
    const { fault, heard } = await talk({ ...base(), cert: member.cert, key: member.key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    expect(fault).toMatch(/PROTOCOL_VERSION|EPROTO|ECONNRESET/);
    expect(heard.length).toBe(0);
    expect(central.told()).toContain('TLS_REFUSED');
  });

  it('SYN-25 a member is greeted', async () => {
    const socket = connect({ ...base(), cert: member.cert, key: member.key });
    const answer = await new Promise<Uint8Array>((resolve) => {
      socket.once('data', resolve);
      socket.write(line(hello()));
    });
    expect(messagesIn(answer)).toEqual([expect.objectContaining({ type: 'hi', hi: expect.objectContaining({ version: 1, organization: central.keys.id, held: 0 }) })]);
    socket.destroy();
  });

  it('SYN-25 without a certificate', async () => {
    expect(messagesIn((await talk(base(), line(hello()))).heard)).toEqual(refused('NOT_AUTHENTICATED'));
  });

  it.each([
    ['of another authority in the member\'s name', async () => {
      const authority = await createAuthority('Test organization', systemClock, systemRandom);
      const other = stranger();
      return { cert: (await issueDeviceCertificate(authority, member.device, await other.request(), systemClock, systemRandom))!, key: other.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString()) };
    }],
    ['self-signed', async () => {
      const alone = await createAuthority(member.device, systemClock, systemRandom);
      return { cert: alone.certificate, key: alone.privateKey };
    }],
    ['of central itself', async () => {
      const server = await issueServerCertificate(central.keys.authority, systemClock, systemRandom);
      return { cert: server.certificate, key: server.privateKey };
    }],
    ['of the right authority that was never entered', async () => {
      const other = stranger();
      return { cert: (await issueDeviceCertificate(central.keys.authority, member.device, await other.request(), systemClock, systemRandom))!, key: other.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString()) };
    }],
  ])('SYN-25 with a certificate %s', async (_, make) => {
    expect(messagesIn((await talk({ ...base(), ...(await make()) }, line(hello()))).heard)).toEqual(refused('NOT_AUTHENTICATED'));
  });

  it('SYN-25 in the name of another device than its certificate\'s', async () => {
    const other: Message = { type: 'hello', hello: { versions: [1], organization: central.keys.id, device: DeviceId.parse('00000000000000f3'), application: 'test', cursor: null, segments: [], at: 0 } };
    expect(messagesIn((await talk({ ...base(), cert: member.cert, key: member.key }, line(other))).heard)).toEqual(refused('NOT_AUTHENTICATED'));
  });

  it.each([
    ['HTTP', utf8('GET / HTTP/1.1\r\nHost: central\r\n\r\n')],
    ['a frame of nothing', Uint8Array.of(0, 0, 0, 1)],
    ['a frame above the limit', Uint8Array.of(0xff, 0xff, 0, 1)],
    ['more than a stranger may say', Buffer.concat(Array.from({ length: 9 }, () => Buffer.concat([Uint8Array.of(0x10, 0, 0, 0), new Uint8Array(4096)])))],
    ['a message that is none', Buffer.concat(framesOf(Uint8Array.of(1, 2, 3)))],
    ['a word out of turn', line({ type: 'news', latest: 3, urgent: null })],
  ])('SYN-2 %s is refused, and the next is served', async (_, bytes) => {
    expect(messagesIn((await talk({ ...base(), cert: member.cert, key: member.key }, bytes)).heard)).toEqual(refused('PROTOCOL_ERROR'));
  });

  it('SYN-2 plain text, and a protocol we do not speak', async () => {
    await new Promise<void>((resolve) => {
      const socket = connectPlain(central.port(), '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.resume();
    });
    expect((await talk({ ...base(), ALPNProtocols: ['h2'] })).fault).toMatch(/NO_APPLICATION_PROTOCOL|ECONNRESET/);
  });

  it('SYN-213 however many strangers hold a line open and say nothing, a member is greeted and one that was stays', async () => {
    const greeted = (socket: TLSSocket): Promise<Uint8Array> =>
      new Promise((resolve) => {
        socket.once('data', resolve);
        socket.write(line(hello()));
      });
    const early = connect({ ...base(), cert: member.cert, key: member.key });
    expect(messagesIn(await greeted(early))).toMatchObject([{ type: 'hi' }]);
    let gone = 0;
    let enough: (() => void) | null = null;
    const roomMade = new Promise<void>((resolve) => (enough = resolve));
    const silent = await Promise.all(Array.from({ length: SILENT }, () => new Promise<Socket>((resolve) => {
      const socket = connectPlain(central.port(), '127.0.0.1', () => resolve(socket));
      socket.on('error', () => resolve(socket));
      socket.once('close', () => ((gone += 1) === SILENT - 128 ? enough?.() : undefined));
      socket.resume();
    })));
    const late = connect({ ...base(), cert: member.cert, key: member.key });
    expect(messagesIn(await greeted(late))).toMatchObject([{ type: 'hi' }]);
    // The one that was here before all of them is still answered.
    const pong = new Promise<Uint8Array>((resolve) => void early.once('data', resolve));
    early.write(line({ type: 'ping', at: 1 }));
    expect(messagesIn(await pong)).toMatchObject([{ type: 'pong', at: 1 }]);
    await roomMade;
    for (const socket of [...silent, early, late]) socket.destroy();
  });

  it('SYN-26 a code cannot be tried out: near misses are refused like anything else, are on record, and use nothing up', async () => {
    const code = await central.code();
    const read = readEnrolmentCode(sha256, code);
    if (!read.ok) throw new Error('not a code');
    const guesser = stranger();
    const answers = new Set<unknown>();
    for (let bit = 0; bit < 16; bit += 1) {
      const secret = read.value.secret.map((byte, index) => (index === bit ? byte ^ (1 << bit % 8) : byte));
      const refusal = await guesser.enrol(printEnrolmentCode(sha256, { ...read.value, secret }));
      answers.add(refusal.ok ? 'let in' : refusal.fault.code);
    }
    expect([...answers]).toEqual(['ENROLMENT_REFUSED']);
    expect((await central.eventCodes()).filter((each) => each === 'ENROLMENT_REFUSED').length).toBeGreaterThanOrEqual(16);
    expect(await guesser.enrol(code)).toMatchObject({ ok: true });
    // And nobody else's any more, with the same keys or others.
    expect(await stranger().enrol(code)).toMatchObject({ ok: false });
  });

  it('SYN-29 a workstation revoked while it is connected can neither write, nor read, nor renew, nor come back', async () => {
    const victim = stranger();
    expect(await victim.enrol(await central.code())).toMatchObject({ ok: true });
    const own = { cert: victim.membership().certificate, key: victim.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString()) };
    const socket = connect({ ...base(), ...own });
    const next = (message: Message): Promise<(Message | string)[]> =>
      new Promise((resolve) => {
        socket.once('data', (heard: Uint8Array) => resolve(messagesIn(heard)));
        socket.write(line(message));
      });
    const greeting: Message = { type: 'hello', hello: { versions: [2], organization: central.keys.id, device: victim.keys.deviceId, application: 'test', cursor: null, segments: [], at: 0 } };
    const [hi] = await next(greeting);
    if (typeof hi !== 'object' || hi.type !== 'hi') throw new Error('not greeted');
    const entries = (await central.verify()).entries;
    await central.revoke(victim.keys.deviceId);
    socket.on('error', () => undefined);
    expect(await next({ type: 'read', stream: { kind: 'log', after: hi.hi.cursor, urgentSeen: 0 }, maxBytes: 65_536 })).toEqual(refused('DEVICE_REVOKED'));
    for (const said of [greeting, { type: 'renew', request: await victim.request(), signature: '00'.repeat(64) } as const, { type: 'ping', at: 1 } as const]) {
      expect(messagesIn((await talk({ ...base(), ...own }, line(said))).heard)).toEqual(refused('DEVICE_REVOKED'));
    }
    victim.register('Late');
    expect(await victim.now()).toMatchObject({ ok: false, fault: { code: 'SERVER_REFUSED' } });
    expect((await central.verify()).entries).toBe(entries);
    socket.destroy();
  });

  it.each([
    ['of another organisation', { organization: '00000000000000bb' as never }, 'OTHER_ORGANIZATION'],
    ['of versions nobody speaks', { versions: [99] }, 'VERSION'],
    ['with more segments than may be named', { segments: Array.from({ length: 65 }, (_, index) => ({ segment: index.toString(16).padStart(16, '0') as never, length: 1 })) }, 'PROTOCOL_ERROR'],
    ['with a length below nothing', { segments: [{ segment: '0000000000000001' as never, length: -1 }] }, 'PROTOCOL_ERROR'],
    ['with a name of a mile', { application: 'x'.repeat(20_000) }, 'PROTOCOL_ERROR'],
    ['with a place beyond all numbers', { cursor: { epoch: '0000000000000001' as never, lsn: 2 ** 60, mark: '0'.repeat(16) } }, 'PROTOCOL_ERROR'],
  ])('SYN-2 a HELLO %s is refused by name, and the next is served', async (_, changes, code) => {
    const greeting = hello();
    if (greeting.type !== 'hello') throw new Error('no greeting');
    // As a hostile device would write it, past what our own encoder takes.
    const bytes = Buffer.concat([Uint8Array.of(1), utf8(JSON.stringify({ ...greeting.hello, ...changes }))]);
    expect(messagesIn((await talk({ ...base(), cert: member.cert, key: member.key }, Buffer.concat(framesOf(bytes)))).heard)).toEqual(refused(code));
    const socket = connect({ ...base(), cert: member.cert, key: member.key });
    const answer = await new Promise<Uint8Array>((resolve) => {
      socket.once('data', resolve);
      socket.write(line(hello()));
    });
    expect(messagesIn(answer)).toMatchObject([{ type: 'hi' }]);
    socket.destroy();
  });

  it('SYN-26 what is no enrolment is refused like a wrong code', async () => {
    const options = { ...base(), ALPNProtocols: [ENROL_ALPN] };
    for (const question of [{}, { secret: 'x' }, [], 'hello', { __proto__: { secret: '00'.repeat(16) } }]) {
      const { heard } = await talk(options, Buffer.concat(framesOf(encodeJson(question))));
      const answer = createFrameReader(MESSAGE_MAX_BYTES).push(heard);
      expect(answer.ok && Buffer.from(answer.value[0]!).toString()).toBe('{"refused":true}');
    }
  });

  it('SYN-27 central shows its authority, by whose fingerprint a code names it', async () => {
    const { socket } = await talk({ ...base(), cert: member.cert, key: member.key }, line({ type: 'news', latest: 3, urgent: null }));
    expect(socket.authorized).toBe(true);
    const shown = await new Promise<string[]>((resolve) => {
      const probe = connect({ ...base(), ALPNProtocols: [ENROL_ALPN], rejectUnauthorized: false, ca: [] }, () => {
        const leaf = probe.getPeerX509Certificate();
        resolve([leaf, leaf?.issuerCertificate].flatMap((certificate) => (certificate === undefined ? [] : [createHash('sha256').update(certificate.raw).digest('hex')])));
        probe.destroy();
      });
    });
    const { raw } = new (await import('node:crypto')).X509Certificate(central.keys.authority.certificate);
    expect(shown).toContain(createHash('sha256').update(raw).digest('hex'));
  });
});
