import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { testTimers } from '../../build/fixtures/test-timers.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import { ENROL_ALPN, FRAME_PAYLOAD_MAX_BYTES, GREETING_MAX_MS, HUB_IDLE_MAX_MS, HUB_SERVER_NAME, MESSAGE_MAX_BYTES, SYNC_ALPN } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { WRITE_MAX_MS } from './line.ts';
import { HANDSHAKE_MAX_MS } from './server.ts';

/** Time that passes when the test says so: what keeps a line open, and for how long. */
const timers = testTimers();
let central: TestCentral;
let member: { readonly device: DeviceId; readonly cert: string; readonly key: string };
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  central = await startTestCentral({ timers });
  const station = openTestWorkstation();
  closing.push(() => station.close());
  const enrolled = await station.enrol(await central.code());
  if (!enrolled.ok) throw new Error(enrolled.fault.code);
  member = { device: station.keys.deviceId, cert: station.membership().certificate, key: station.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString()) };
});
afterAll(async () => {
  for (const close of closing) await close();
  await central.close();
});

const base = (): ConnectionOptions => ({ host: '127.0.0.1', port: central.port(), servername: HUB_SERVER_NAME, ca: central.keys.authority.certificate, ALPNProtocols: [SYNC_ALPN], cert: member.cert, key: member.key });
const line = (message: Message): Buffer => Buffer.concat(framesOf(encodeMessage(message)));
const hello = (): Buffer => line({ type: 'hello', hello: { versions: [1], organization: central.keys.id, device: member.device, application: 'test', cursor: null, segments: [], at: 0 } });

/** A line, what it hears, and the moment it is gone. */
function held(socket: Socket): { readonly socket: Socket; readonly gone: Promise<string>; heard(type: Message['type']): Promise<void> } {
  const frames = createFrameReader(MESSAGE_MAX_BYTES);
  const seen: string[] = [];
  let wake: () => void = () => undefined;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Uint8Array) => {
    const read = frames.push(chunk);
    if (read.ok) seen.push(...read.value.map((bytes) => decodeMessage(bytes)).map((message) => (typeof message === 'string' ? message : message.type)));
    wake();
  });
  return {
    socket,
    gone: new Promise((resolve) => socket.once('close', () => resolve('gone'))),
    async heard(type) {
      while (!seen.includes(type)) await new Promise<void>((resolve) => (wake = resolve));
      seen.splice(0, seen.indexOf(type) + 1);
    },
  };
}

async function greeted(): Promise<ReturnType<typeof held>> {
  const member = held(connect(base()));
  member.socket.write(hello());
  await member.heard('hi');
  // What was read is written, and what was waited for has come, for central too.
  await timers.settled(WRITE_MAX_MS);
  await timers.settled(GREETING_MAX_MS);
  return member;
}

describe('how long central waits', () => {
  it('SYN-281 half a TLS handshake has ten seconds, and is cut', async () => {
    const slow = held(connectPlain(central.port(), '127.0.0.1'));
    slow.socket.write(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0));
    await timers.waiting(HANDSHAKE_MAX_MS);
    timers.pass(HANDSHAKE_MAX_MS - 1);
    expect(slow.socket.destroyed).toBe(false);
    timers.pass(1);
    expect(await slow.gone).toBe('gone');
  });

  it.each([SYNC_ALPN, ENROL_ALPN])('SYN-281 half a first message of %s has fifteen seconds, however often another byte of it comes', async (protocol) => {
    const slow = held(connect({ ...base(), ALPNProtocols: [protocol] }));
    slow.socket.write(hello().subarray(0, 5));
    await timers.waiting(GREETING_MAX_MS);
    for (let second = 0; second < 14; second += 1) {
      slow.socket.write(hello().subarray(5 + second, 6 + second));
      timers.pass(1000);
    }
    expect(slow.socket.destroyed).toBe(false);
    timers.pass(1000);
    expect(await slow.gone).toBe('gone');
  });

  it('SYN-281 whoever was greeted and sends a byte a minute is let go after twelve; whole words, and the bytes of a long one, keep the line', async () => {
    const [slow, quiet, busy] = [await greeted(), await greeted(), await greeted()];
    const long = Buffer.concat(framesOf(Uint8Array.of(0xfe, ...new Uint8Array(4 * FRAME_PAYLOAD_MAX_BYTES))));
    let sent = 0;
    for (let minute = 0; minute < 12; minute += 1) {
      slow.socket.write(Uint8Array.of(minute === 0 ? 0x10 : 0));
      if (minute % 4 === 3) {
        // The answer's own waiting, and the line's: two.
        const armed = timers.armed();
        quiet.socket.write(line({ type: 'ping', at: 1 }));
        await quiet.heard('pong');
        await timers.armedAgain(armed + 1);
        await timers.settled(WRITE_MAX_MS);
        busy.socket.write(long.subarray(sent, (sent += FRAME_PAYLOAD_MAX_BYTES)));
        await timers.armedAgain(armed + 2);
      }
      timers.pass(HUB_IDLE_MAX_MS / 12);
    }
    expect(await slow.gone).toBe('gone');
    for (const each of [quiet, busy]) expect(each.socket.destroyed).toBe(false);
    quiet.socket.write(line({ type: 'ping', at: 2 }));
    await quiet.heard('pong');
    for (const each of [quiet, busy]) each.socket.destroy();
  });

  it('SYN-281 a line that ends without a word, or that central cut, is no defect of central', async () => {
    const abrupt = await greeted();
    abrupt.socket.destroy();
    const cut = await greeted();
    timers.pass(HUB_IDLE_MAX_MS);
    expect(await cut.gone).toBe('gone');
    const next = await greeted();
    next.socket.destroy();
    expect(central.told()).not.toContain('FAILED');
  });

  it('SYN-282 the ninth line of one device ends its first', async () => {
    const lines = [];
    for (let index = 0; index < 9; index += 1) lines.push(await greeted());
    expect(await lines[0]!.gone).toBe('gone');
    expect(lines.slice(1).map(({ socket }) => socket.destroyed)).toEqual(Array.from({ length: 8 }, () => false));
    for (const { socket } of lines) socket.destroy();
  });
});
