import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import { HUB_SERVER_NAME, MESSAGE_MAX_BYTES, TRUNK_AHEAD_FRAMES_MAX, TRUNK_ALPN } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { ackRecord, createTrunkReader, dataRecord, NOTHING_HELD, openRecord, type TrunkMode, type TrunkRecord } from '../../shared/sync/trunk-wire.ts';

type Member = { readonly device: DeviceId; readonly cert: string; readonly key: string };
let central: TestCentral;
let [one, two]: Member[] = [];
const opened: { close(): Promise<void> }[] = [];
const sockets: TLSSocket[] = [];
let trunks = 0;

async function enrolled(): Promise<Member> {
  const station: TestWorkstation = openTestWorkstation();
  opened.push(station);
  const outcome = await station.enrol(await central.code());
  if (!outcome.ok) throw new Error(outcome.fault.code);
  return { device: station.keys.deviceId, cert: station.membership().certificate, key: station.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString()) };
}

beforeAll(async () => {
  central = await startTestCentral();
  [one, two] = [await enrolled(), await enrolled()];
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const each of opened) await each.close();
  await central.close();
});

const newTrunk = (): string => (trunks += 1).toString(16).padStart(32, '0');
const hello = (member: Member): Uint8Array => framesOf(encodeMessage({ type: 'hello', hello: { versions: [2], organization: central.keys.id, device: member.device, application: 'test', cursor: null, segments: [], at: 0, codecs: [1] } }))[0]!;
const ping = (at: number): Uint8Array => framesOf(encodeMessage({ type: 'ping', at }))[0]!;
const open = (trunk: string, mode: TrunkMode, held = NOTHING_HELD): Uint8Array => openRecord({ mode, trunk, held });

/** A line of a member, and what central says over it until something is as wanted. */
async function line(member: Member, ...first: readonly Uint8Array[]) {
  const socket = connect({ host: '127.0.0.1', port: central.port(), servername: HUB_SERVER_NAME, ca: central.keys.authority.certificate, ALPNProtocols: [TRUNK_ALPN], cert: member.cert, key: member.key });
  sockets.push(socket);
  const records: TrunkRecord[] = [];
  const frames = createFrameReader(MESSAGE_MAX_BYTES);
  const messages: Message[] = [];
  const reader = createTrunkReader();
  const state = { over: false };
  let changed: () => void = () => undefined;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    state.over = true;
    changed();
  });
  socket.on('data', (bytes) => {
    const read = reader.push(bytes);
    for (const record of read.ok ? read.value : []) {
      records.push(record);
      const whole = record.is === 'data' ? frames.push(record.frame) : null;
      for (const each of whole?.ok === true ? whole.value : []) messages.push(decodeMessage(each) as Message);
    }
    changed();
  });
  await once(socket, 'secureConnect');
  socket.write(Buffer.concat(first));
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds() && !state.over) await new Promise<void>((resolve) => void (changed = resolve));
    expect(holds()).toBe(true);
  };
  return {
    socket, records, messages, until,
    write: (...parts: readonly Uint8Array[]) => void socket.write(Buffer.concat(parts)),
    heard: (type: Message['type']) => until(() => messages.some((message) => message.type === type)),
    outcome: async () => {
      await until(() => records.some(({ is }) => is === 'opened'));
      return records.flatMap((record) => (record.is === 'opened' ? [record.outcome] : []))[0];
    },
    ended: () => until(() => state.over),
  };
}

describe('conversations over several lines', () => {
  it('SYN-245 what comes over two lines is one conversation, and goes on when the first has ended', async () => {
    const trunk = newTrunk();
    const first = await line(one!, open(trunk, 'begin'), dataRecord(0, hello(one!)));
    await first.heard('hi');
    const second = await line(one!, open(trunk, 'beside', [{ next: 1, beyond: [] }, ...NOTHING_HELD.slice(1)]), dataRecord(2, ping(22)));
    expect(await second.outcome()).toBe('joined');
    first.write(dataRecord(1, ping(11)));
    const pongs = (): number[] => [...first.messages, ...second.messages].flatMap((message) => (message.type === 'pong' ? [message.at] : []));
    await Promise.race([first.until(() => pongs().length === 2), second.until(() => pongs().length === 2)]);
    expect(pongs().toSorted()).toEqual([11, 22]);
    first.socket.destroy();
    second.write(dataRecord(3, ping(33)));
    await second.until(() => pongs().includes(33));
    second.socket.destroy();
  });

  it('SYN-246 whoever takes the place of all lines is told what arrived, and gets what he has not', async () => {
    const trunk = newTrunk();
    const first = await line(one!, open(trunk, 'begin'), dataRecord(0, hello(one!)), dataRecord(2, ping(2)));
    await first.heard('hi');
    // Of the same connection as it were black-holed: central is told nothing of its end.
    const second = await line(one!, open(trunk, 'instead'));
    expect(await second.outcome()).toBe('joined');
    expect(second.records.find(({ is }) => is === 'opened')).toMatchObject({ held: [{ next: 1, beyond: [2] }, { next: 0 }, { next: 0 }, { next: 0 }] });
    // Nothing had arrived by our word, so the greeting comes again.
    await second.heard('hi');
    await first.ended();
    second.write(dataRecord(1, ping(1)));
    await second.until(() => second.messages.filter(({ type }) => type === 'pong').length === 2);
    second.socket.destroy();
  });

  it('SYN-248 another device has no part in a trunk by its name, and whoever is in it notices nothing', async () => {
    const trunk = newTrunk();
    const mine = await line(one!, open(trunk, 'begin'), dataRecord(0, hello(one!)));
    await mine.heard('hi');
    for (const mode of ['beside', 'instead'] as const) {
      const theirs = await line(two!, open(trunk, mode), dataRecord(1, ping(1)));
      expect(await theirs.outcome()).toBe('unknown');
      await theirs.ended();
      expect(theirs.messages).toEqual([]);
      expect(theirs.records).toHaveLength(1);
    }
    const usurper = await line(two!, open(trunk, 'begin'), dataRecord(0, hello(two!)));
    expect(await usurper.outcome()).toBe('unknown');
    mine.write(dataRecord(1, ping(5)));
    await mine.heard('pong');
    expect(mine.messages.find(({ type }) => type === 'pong')).toMatchObject({ at: 5 });
    mine.socket.destroy();
  });

  it('SYN-248 a trunk that central does not know is answered so', async () => {
    const lost = await line(one!, open(newTrunk(), 'instead'), dataRecord(0, ping(1)));
    expect(await lost.outcome()).toBe('unknown');
    await lost.ended();
  });

  it('SYN-249 one without a line is kept, and given up when its device begins another', async () => {
    const trunk = newTrunk();
    const first = await line(one!, open(trunk, 'begin'), dataRecord(0, hello(one!)));
    await first.heard('hi');
    first.socket.destroy();
    await first.ended();
    const again = await line(one!, open(trunk, 'instead'));
    expect(await again.outcome()).toBe('joined');
    again.socket.destroy();
    const gone = central.told().filter((code) => code === 'DISCONNECTED').length;
    // Central notices the end of a line a moment after we do; whoever begins before that leaves it for its minute.
    for (let attempt = 0; central.told().filter((code) => code === 'DISCONNECTED').length === gone && attempt < 50; attempt += 1) {
      const other = await line(one!, open(newTrunk(), 'begin'), dataRecord(0, hello(one!)));
      await other.heard('hi');
      other.socket.destroy();
    }
    expect(central.told().filter((code) => code === 'DISCONNECTED').length).toBeGreaterThan(gone);
    const late = await line(one!, open(trunk, 'instead'));
    expect(await late.outcome()).toBe('unknown');
  });

  it.each([
    ['a record nobody knows', () => [Uint8Array.of(77)]],
    ['data before it is said whose', () => [dataRecord(0, ping(1))]],
    ['a number far ahead', () => [open(newTrunk(), 'begin'), dataRecord(0, hello(one!)), dataRecord(TRUNK_AHEAD_FRAMES_MAX + 2, ping(1))]],
    ['an acknowledgement of what was never sent', () => [open(newTrunk(), 'begin'), dataRecord(0, hello(one!)), ackRecord(1000)]],
    ['a second opening', () => [open(newTrunk(), 'begin'), dataRecord(0, hello(one!)), open(newTrunk(), 'begin')]],
  ])('SYN-249 %s ends the line, and central goes on', async (_, records) => {
    await (await line(one!, ...records())).ended();
    const next = await line(one!, open(newTrunk(), 'begin'), dataRecord(0, hello(one!)));
    await next.heard('hi');
    next.socket.destroy();
  });

  const PINGS = 400;
  const pings = (): readonly Uint8Array[] => Array.from({ length: PINGS }, (_, index) => dataRecord(index + 1, ping(index + 1)));

  it('SYN-253 acknowledgements are read behind frames that wait for them: everything is answered', async () => {
    const talker = await line(one!, open(newTrunk(), 'begin'), dataRecord(0, hello(one!)));
    await talker.heard('hi');
    let acknowledged = 0;
    talker.write(...pings());
    await talker.until(() => {
      const data = talker.records.filter(({ is }) => is === 'data').length;
      if (data > acknowledged) talker.write(ackRecord(data));
      acknowledged = data;
      return talker.messages.filter(({ type }) => type === 'pong').length === PINGS;
    });
    talker.socket.destroy();
  });

  it('SYN-253 a conversation that waits for acknowledgements ends when its last line does and its device begins another', async () => {
    const gone = central.told().filter((code) => code === 'DISCONNECTED').length;
    const talker = await line(one!, open(newTrunk(), 'begin'), dataRecord(0, hello(one!)), ...pings());
    await talker.heard('pong');
    talker.socket.destroy();
    for (let attempt = 0; central.told().filter((code) => code === 'DISCONNECTED').length === gone && attempt < 50; attempt += 1) {
      const other = await line(one!, open(newTrunk(), 'begin'), dataRecord(0, hello(one!)));
      await other.heard('hi');
      if (central.told().filter((code) => code === 'DISCONNECTED').length > gone) break;
    }
    expect(central.told().filter((code) => code === 'DISCONNECTED').length).toBeGreaterThan(gone);
  });

  it('SYN-249 frames that are no message end the conversation by its name', async () => {
    const bad = await line(one!, open(newTrunk(), 'begin'), dataRecord(0, framesOf(Uint8Array.of(99))[0]!));
    await bad.heard('refused');
    await bad.ended();
  });
});
