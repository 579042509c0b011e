import { beforeEach, describe, expect, it } from 'vitest';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createDice, deviceNamed, modelCrypto, modelKey, sha256 } from '../../build/sim/model-world.ts';
import type { SegmentId } from '../base/ids.ts';
import { refuse } from '../base/result.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { createDeviceCore, type DeviceCore } from './device-core.ts';
import type { DeviceOutput } from './device-output.ts';
import type { DeviceStore } from './device-store.ts';
import { encodeReceipt, HubEpoch, OrganizationId, signedBytes, type Cursor, type SignedReceipt } from './envelope.ts';
import { KEEPALIVE_MS, NO_PROGRESS_MS, PAGE_MIN_BYTES, PROGRESS_MIN_BYTES, REJECTIONS_MAX, UNACKNOWLEDGED_MAX_BYTES, URGENT_EXTRA_MAX_BYTES } from './limits.ts';
import type { Hi, Message } from './message.ts';
import type { PageHeader } from './page-header.ts';

const organization = OrganizationId.parse('00000000000000aa');
const epoch = HubEpoch.parse('00000000000000e1');
const start: Cursor = { epoch, lsn: 0, mark: '0'.repeat(16) };
const device = deviceNamed(1);
const hub = modelCrypto(modelKey('hub'));
const at = (steady: number) => ({ wall: 1000 + steady, steady });

let disk: ModelDevice;
beforeEach(() => {
  disk = createModelDevice(device, createDice(3), false);
  disk.openSegment();
});

function coreOver(store: DeviceStore, recoverOwn = false, batchesAhead?: number): DeviceCore {
  const { compression, verify } = modelCrypto(modelKey('device'));
  return createDeviceCore({
    organization, device, application: 'test', store, sha256, compression, recoverOwn, batchTargetBytes: 4096, windowBytes: UNACKNOWLEDGED_MAX_BYTES, pageBytes: PAGE_MIN_BYTES, noProgressMs: NO_PROGRESS_MS,
    ...(batchesAhead === undefined ? {} : { batchesAhead }),
    verify,
    verifyReceipt: (receipt) => verify(modelKey('hub'), signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
  });
}

const segmentOf = (model: ModelDevice): SegmentId => model.ownSegments().at(-1)!.segment;
const hi = (changes: Partial<Hi> = {}): Message => ({
  type: 'hi',
  hi: { version: 1, organization, epoch, latest: 0, cursor: start, positions: disk.unacknowledged().map(({ segment }) => ({ segment, length: 0 })), held: 0, receivedAt: 5000, sentAt: 5000, ...changes },
});
function receiptFor(segment: SegmentId, length: number, changes: Partial<SignedReceipt> = {}): Message {
  const receipt = { organization, device, epoch, segment, length, head: disk.segments.get(segment)?.[length - 1]?.hash ?? CHAIN_START, lsn: length, receivedAt: 1, ...changes };
  return { type: 'receipt', receipt: { ...receipt, signature: changes.signature ?? hub.sign(signedBytes('receipt', encodeReceipt(receipt))) } };
}
const pushes = (outputs: readonly DeviceOutput[]) => outputs.flatMap((output) => (output.do === 'push' ? output.runs.map(({ from, count }) => ({ from, count, bytes: output.packed.length })) : []));
const sent = (outputs: readonly DeviceOutput[]) => outputs.flatMap((output) => (output.do === 'send' ? [output.message.type] : []));
const closed = (outputs: readonly DeviceOutput[]) => outputs.flatMap((output) => (output.do === 'close' ? [`${output.fault.code} ${String(output.fault.detail?.['rule'] ?? '')}`.trim()] : []));

describe('the device\'s half of a conversation', () => {
  it('SYN-7 SYN-25 no more than the window is under way, and receipts open it again', () => {
    for (let count = 0; count < 400; count += 1) disk.write(400);
    const core = coreOver(disk);
    core.start(at(0));
    const first = pushes(core.message(hi(), at(1)));
    const underWay = first.reduce((total, { bytes }) => total + bytes, 0);
    expect(underWay).toBeLessThanOrEqual(UNACKNOWLEDGED_MAX_BYTES);
    expect(underWay).toBeGreaterThan(UNACKNOWLEDGED_MAX_BYTES - 2 * 4096);
    const next = pushes(core.message(receiptFor(segmentOf(disk), first[0]!.count), at(2)));
    expect(next[0]!.from).toBe(first.at(-1)!.from + first.at(-1)!.count);
  });

  it('SYN-252 where the line says what it has taken, one batch waits for it, and what is urgent does not wait', () => {
    for (let count = 0; count < 400; count += 1) disk.write(400);
    const core = coreOver(disk, false, 1);
    core.start(at(0));
    const first = pushes(core.message(hi({ version: 2 }), at(1)));
    expect(first).toHaveLength(1);
    // A receipt makes room in the window, and none before the line.
    expect(pushes(core.message(receiptFor(segmentOf(disk), first[0]!.count), at(2)))).toEqual([]);
    disk.openSegment(0);
    disk.write(400, 0);
    expect(core.localChange(at(3))).toMatchObject([{ do: 'push', lane: 0 }]);
    expect(pushes(core.taken(at(4)))).toEqual([]);
    expect(pushes(core.taken(at(5)))).toMatchObject([{ from: first[0]!.count }]);
  });

  it('SYN-83 an urgent batch passes the window, and no more than its own share of it', () => {
    for (let count = 0; count < 400; count += 1) disk.write(400);
    const core = coreOver(disk);
    core.start(at(0));
    const bulk = pushes(core.message(hi({ version: 2 }), at(1)));
    const sum = (batches: readonly { bytes: number }[]): number => batches.reduce((total, { bytes }) => total + bytes, 0);
    expect(sum(bulk)).toBeLessThanOrEqual(UNACKNOWLEDGED_MAX_BYTES);
    disk.openSegment(0);
    for (let count = 0; count < 400; count += 1) disk.write(400, 0);
    // A segment begun since the HELLO need not be asked about.
    const urgent = core.localChange(at(2));
    expect(urgent.every((output) => output.do === 'push' && output.lane === 0)).toBe(true);
    expect(sum(bulk) + sum(pushes(urgent))).toBeGreaterThan(UNACKNOWLEDGED_MAX_BYTES);
    expect(sum(bulk) + sum(pushes(urgent))).toBeLessThanOrEqual(UNACKNOWLEDGED_MAX_BYTES + URGENT_EXTRA_MAX_BYTES);
    // Room that opens is the urgent lane's as long as it has anything.
    const more = core.message(receiptFor(disk.ownSegments()[0]!.segment, bulk[0]!.count), at(4));
    expect(more.flatMap((output) => (output.do === 'push' ? [output.lane] : [])).every((lane) => lane === 0)).toBe(true);
    expect(pushes(more).length).toBeGreaterThan(0);
  });

  it('SYN-16 sending starts where the hub stands, and a receipt given anew empties the outbox without sending', () => {
    for (let count = 0; count < 9; count += 1) disk.write(20);
    const segment = segmentOf(disk);
    const core = coreOver(disk);
    core.start(at(0));
    expect(pushes(core.message(hi({ positions: [{ segment, length: 10 }], held: 10 }), at(1)))).toEqual([]);
    expect(disk.unsent()).toBe(10);
    core.message(receiptFor(segment, 10), at(2));
    expect(disk.unsent()).toBe(0);
    expect(core.view()).toMatchObject({ settled: true, owed: 0 });
  });

  it('SYN-14 a receipt with a wrong signature, for another device, epoch or organisation ends the conversation and changes nothing', () => {
    const segment = segmentOf(disk);
    for (const changes of [{ signature: new Uint8Array(64) }, { device: deviceNamed(2) }, { epoch: HubEpoch.parse('00000000000000e2') }, { organization: OrganizationId.parse('00000000000000bb') }]) {
      const core = coreOver(disk);
      core.start(at(0));
      core.message(hi(), at(1));
      expect(closed(core.message(receiptFor(segment, 1, changes), at(2)))[0]).toMatch(/^PROTOCOL_ERROR receipt/);
      expect(disk.unsent()).toBe(1);
    }
  });

  it('SYN-14 a receipt over another chain than ours is a fork: nothing leaves the outbox, the segment rests, others go on', () => {
    const first = segmentOf(disk);
    disk.openSegment();
    const core = coreOver(disk);
    core.start(at(0));
    core.message(hi(), at(1));
    const outputs = core.message(receiptFor(first, 1, { head: new Uint8Array(32) }), at(2));
    expect(outputs).toContainEqual({ do: 'refused', what: first, code: 'FORK' });
    // The hub is shown the other history once, and says what it makes of it.
    expect(outputs).toContainEqual(expect.objectContaining({ do: 'push', inFull: true, runs: [expect.objectContaining({ segment: first, from: 0, count: 1 })] }));
    expect(core.message({ type: 'rejected', rejected: { code: 'FORK', segment: first, from: 0, length: 1 } }, at(2))).toEqual([]);
    expect(disk.unsent()).toBe(2);
    core.message(receiptFor(segmentOf(disk), 1), at(3));
    expect(disk.unsent()).toBe(1);
    expect(core.view().settled).toBe(true);
  });

  it('SYN-9 after a gap sending goes on where the hub says, and a segment refused again and again rests', () => {
    for (let count = 0; count < 30; count += 1) disk.write(400);
    const segment = segmentOf(disk);
    const core = coreOver(disk);
    core.start(at(0));
    core.message(hi({ positions: [{ segment, length: 0 }] }), at(1));
    expect(pushes(core.message({ type: 'rejected', rejected: { code: 'GAP', segment, from: 10, length: 0 } }, at(2)))).toEqual([]);
    let outputs: readonly DeviceOutput[] = [];
    for (let refusal = 1; refusal <= REJECTIONS_MAX; refusal += 1) outputs = core.message({ type: 'rejected', rejected: { code: 'BAD_SIGNATURE', segment, from: 0, length: 0 } }, at(2 + refusal));
    expect(outputs).toContainEqual({ do: 'refused', what: segment, code: 'BAD_SIGNATURE' });
    expect(disk.unsent()).toBe(31);
  });

  it('SYN-9 a batch refused alone is sent again from where the hub stands', () => {
    for (let count = 0; count < 5; count += 1) disk.write(20);
    const segment = segmentOf(disk);
    const core = coreOver(disk);
    core.start(at(0));
    core.message(hi({ positions: [{ segment, length: 4 }], held: 4 }), at(1));
    expect(pushes(core.message({ type: 'rejected', rejected: { code: 'GAP', segment, from: 4, length: 2 } }, at(2)))).toEqual([expect.objectContaining({ from: 2, count: 4 })]);
  });

  it('SYN-15 a batch may take more than was seen when the outbox was last looked at, and its receipt covers it', () => {
    const segment = segmentOf(disk);
    const core = coreOver(disk);
    core.start(at(0));
    core.message(hi(), at(1));
    for (let count = 0; count < 3; count += 1) disk.write(20);
    expect(pushes(core.message({ type: 'rejected', rejected: { code: 'BAD_SEAL', segment, from: 0, length: 0 } }, at(2)))).toEqual([expect.objectContaining({ from: 0, count: 4 })]);
    expect(core.message(receiptFor(segment, 4), at(3))).toEqual([expect.objectContaining({ do: 'acknowledged', entries: 4 })]);
    expect(disk.unsent()).toBe(0);
  });

  it('SYN-16 however many segments wait, every one is asked about and sent', () => {
    for (let restart = 0; restart < 400; restart += 1) disk.openSegment();
    const core = coreOver(disk);
    const [hello] = core.start(at(0));
    if (hello?.do !== 'send' || hello.message.type !== 'hello') throw new Error('no HELLO');
    const asked = new Set(hello.message.hello.segments.map(({ segment }) => segment));
    const queue: DeviceOutput[] = core.message(hi({ positions: hello.message.hello.segments.map(({ segment }) => ({ segment, length: 0 })) }), at(1));
    for (let output = queue.shift(); output !== undefined; output = queue.shift()) {
      if (output.do === 'push') for (const { segment, from, count } of output.runs) queue.push(...core.message(receiptFor(segment, from + count), at(2)));
      if (output.do !== 'send' || output.message.type !== 'where') continue;
      for (const { segment } of output.message.segments) asked.add(segment);
      queue.push(...core.message({ type: 'positions', positions: output.message.segments.map(({ segment }) => ({ segment, length: 0 })) }, at(2)));
    }
    expect(asked.size).toBe(401);
    expect(disk.unsent()).toBe(0);
    expect(core.view().settled).toBe(true);
  });

  it('SYN-20 entries acknowledged once and lost by the hub are owed, and sent again', () => {
    disk.write(20);
    const segment = segmentOf(disk);
    const receipt = receiptFor(segment, 2);
    if (receipt.type !== 'receipt') throw new Error('not a receipt');
    disk.acknowledge(receipt.receipt);
    const core = coreOver(disk);
    core.start(at(0));
    expect(sent(core.message(hi({ positions: [], held: 0 }), at(1)))).toEqual(['where']);
    // Not known yet which, and nothing is "all sent" meanwhile, though the line should break now.
    expect(core.view()).toMatchObject({ owed: 2, settled: false });
    expect(disk.missing()).toBe(2);
    const outputs = core.message({ type: 'positions', positions: [{ segment, length: 0 }] }, at(2));
    expect(pushes(outputs)).toEqual([expect.objectContaining({ from: 0, count: 2 })]);
    expect(disk.missing()).toBe(0);
    expect(disk.unsent()).toBe(2);
    expect(core.view()).toMatchObject({ owed: 0, settled: false });
    core.message(receiptFor(segment, 2), at(3));
    expect(core.view()).toMatchObject({ owed: 0, settled: true });
  });

  it('SYN-33 a hub that holds more of our own than we do is not passed over in silence', () => {
    const segment = segmentOf(disk);
    const core = coreOver(disk);
    core.start(at(0));
    const outputs = core.message(hi({ positions: [{ segment, length: 5 }], held: 5, latest: 5 }), at(1));
    expect(outputs).toContainEqual({ do: 'refused', what: 'own ledger', code: 'ROLLED_BACK' });
    expect(outputs).toContainEqual({ do: 'send', message: expect.objectContaining({ type: 'pull', own: false }), lane: 0 });
    expect(disk.unsent()).toBe(1);
  });

  const logPage = (changes: Partial<PageHeader> = {}): PageHeader => ({
    version: 2, codec: 1, organization, device, stream: { kind: 'log', after: start, urgentSeen: 0 }, next: 5, mark: 'a'.repeat(16), last: 5, count: 0, ...changes,
  });

  it.each<[string, Partial<PageHeader>, string]>([
    ['another base', { stream: { kind: 'log', after: { ...start, lsn: 1 }, urgentSeen: 0 } }, 'page base is not our cursor'],
    ['another mark', { stream: { kind: 'log', after: { ...start, mark: 'f'.repeat(16) }, urgentSeen: 0 } }, 'page base is not our cursor'],
    ['another epoch', { stream: { kind: 'log', after: { ...start, epoch: HubEpoch.parse('00000000000000e2') }, urgentSeen: 0 } }, 'page base is not our cursor'],
    ['no advance', { next: 0 }, 'page does not advance'],
    ['an end beyond the latest', { next: 9 }, 'page does not advance'],
  ])('SYN-17 a page with %s is refused and the cursor stays', (_, changes, rule) => {
    const core = coreOver(disk);
    core.start(at(0));
    core.message(hi({ latest: 5 }), at(1));
    expect(closed(core.page(logPage(changes), [], at(2)))).toEqual([`PROTOCOL_ERROR ${rule}`]);
    expect(disk.cursor()).toEqual(start);
  });

  it('SYN-17 a page nobody asked for is refused', () => {
    const core = coreOver(disk);
    core.start(at(0));
    core.message(hi(), at(1));
    expect(closed(core.page(logPage(), [], at(2)))).toEqual(['PROTOCOL_ERROR page not asked for']);
  });

  it('SYN-19 a page the ledger cannot take is shown, reading stops there, sending goes on', () => {
    const core = coreOver({ ...disk, ownSegments: disk.ownSegments, cursor: disk.cursor, receive: () => refuse('GAP') });
    core.start(at(0));
    core.message(hi({ latest: 5 }), at(1));
    const outputs = core.page(logPage({ last: 9 }), [], at(2));
    expect(outputs).toContainEqual({ do: 'refused', what: 'page after 0', code: 'GAP' });
    expect(sent(outputs)).toEqual([]);
    expect(disk.cursor()).toEqual(start);
    disk.write(10);
    expect(pushes(core.localChange(at(3))).length).toBe(1);
  });

  it('SYN-23 a full disk ends the conversation by name and moves nothing', () => {
    const core = coreOver({ ...disk, cursor: disk.cursor, receive: () => refuse('DISK_FULL') });
    core.start(at(0));
    core.message(hi({ latest: 5 }), at(1));
    expect(closed(core.page(logPage(), [], at(2)))).toEqual(['DISK_FULL']);
    expect(disk.cursor()).toEqual(start);
    const unwilling = coreOver({ ...disk, cursor: disk.cursor, acknowledge: () => refuse('DISK_FULL') });
    unwilling.start(at(0));
    unwilling.message(hi(), at(1));
    expect(closed(unwilling.message(receiptFor(segmentOf(disk), 1), at(2)))).toEqual(['DISK_FULL']);
    expect(disk.unsent()).toBe(1);
  });

  it.each([
    ['of another organisation', { organization: OrganizationId.parse('00000000000000bb') }, 'SERVER_REFUSED another organization'],
    ['in a version we did not offer', { version: 9 }, 'PROTOCOL_ERROR version not offered'],
    ['that leaves out what was asked', { positions: [] }, 'PROTOCOL_ERROR positions left out'],
    ['with a cursor from nowhere', { cursor: { ...start, lsn: 3 } }, 'PROTOCOL_ERROR cursor neither ours nor one we passed'],
  ])('SYN-21 an HI %s is no greeting', (_, changes, fault) => {
    const core = coreOver(disk);
    core.start(at(0));
    expect(closed(core.message(hi(changes), at(1)))).toEqual([fault]);
    expect(core.view().phase).toBe('closed');
    expect(core.localChange(at(2))).toEqual([]);
  });

  it('SYN-24 with an answer due and nothing heard the conversation is over; with nothing due it asks for a sign of life', () => {
    const core = coreOver(disk);
    core.start(at(0));
    expect(core.tick(at(NO_PROGRESS_MS - 1))).toEqual([]);
    core.heard(at(NO_PROGRESS_MS - 1), PROGRESS_MIN_BYTES);
    expect(core.tick(at(NO_PROGRESS_MS + 1))).toEqual([]);
    core.message(hi(), at(NO_PROGRESS_MS + 2));
    core.message(receiptFor(segmentOf(disk), 1), at(NO_PROGRESS_MS + 3));
    const quietFrom = NO_PROGRESS_MS + 3;
    expect(core.tick(at(quietFrom + KEEPALIVE_MS - 1))).toEqual([]);
    expect(sent(core.tick(at(quietFrom + KEEPALIVE_MS)))).toEqual(['ping']);
    expect(core.view().settled).toBe(false);
    expect(core.tick(at(quietFrom + KEEPALIVE_MS + NO_PROGRESS_MS - 1))).toEqual([]);
    expect(closed(core.tick(at(quietFrom + KEEPALIVE_MS + NO_PROGRESS_MS)))).toEqual(['OFFLINE no progress']);
  });

  it('SYN-24 a hub that trickles single bytes is given up like one that is silent', () => {
    const core = coreOver(disk);
    core.start(at(0));
    for (let byte = 1; byte < PROGRESS_MIN_BYTES; byte += 1) core.heard(at(byte), 1);
    expect(core.tick(at(NO_PROGRESS_MS - 1))).toEqual([]);
    expect(closed(core.tick(at(NO_PROGRESS_MS)))).toEqual(['OFFLINE no progress']);
  });

  it('SYN-30 what is written while central is being greeted is sent as well', () => {
    const core = coreOver(disk);
    core.start(at(0));
    disk.write(10);
    expect(core.localChange(at(1))).toEqual([]);
    expect(pushes(core.message(hi(), at(2)))).toEqual([expect.objectContaining({ from: 0, count: 2 })]);
  });

  it('SYN-21 the clocks are compared from the greeting on', () => {
    const core = coreOver(disk);
    core.start({ wall: 1000, steady: 0 });
    core.message(hi({ receivedAt: 61_100, sentAt: 61_100 }), { wall: 1200, steady: 200 });
    expect(core.view()).toMatchObject({ clockOffsetMs: 60_000, clockBoundMs: 100 });
  });
});
