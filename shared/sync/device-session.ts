import type { DeviceCore } from './device-core.ts';
import type { DeviceOutput, Instant } from './device-output.ts';
import { encodeCarriedHeader } from './attestation.ts';
import { readPage } from './attested-page.ts';
import { bundleOf } from './bundle.ts';
import { codecNamed } from './codec.ts';
import { encodeBatchHeader, type OrganizationId } from './envelope.ts';
import { LANE, type Lane } from '../ledger/lanes.ts';
import { isOrderMessage, type OrderMessage } from '../orders/messages.ts';
import { createFrameReader } from './frame.ts';
import { CONTROL_MESSAGE_MAX_BYTES, MESSAGE_MAX_BYTES } from './limits.ts';
import type { Message } from './message.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { decodePageHeader } from './page-header.ts';
import { open, seal, sealRuns, type Sealed, type SealedShape, type SyncCrypto } from './sealing.ts';
import { createSendQueue } from './send-queue.ts';
import type { DeviceId } from '../base/ids.ts';

/** What the owner of a session acts on; sending, sealing and opening the session does itself. */
export type DeviceEvent = Exclude<DeviceOutput, { do: 'send' | 'push' | 'carry' }>;

export type DeviceSessionOptions = {
  readonly core: DeviceCore;
  readonly crypto: SyncCrypto;
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  /** X25519 key batches are sealed to, and Ed25519 key pages are signed with; 32 bytes each. */
  readonly organizationSealingKey: Uint8Array;
  readonly hubSigningKey: Uint8Array;
  readonly now: () => Instant;
  /** Writes to the line; resolves when the line has taken it. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly onEvent: (event: DeviceEvent) => void;
  /** Follows an order before anything behind it is looked at; left out where no orders are taken. */
  readonly onOrder?: (message: OrderMessage) => Promise<void>;
};

/** One connection of the device: bytes of the line on one side, the pure core on the other. */
export type DeviceSession = {
  start(): void;
  /** The next bytes from the line, cut anywhere. Resolves when they are dealt with; call again only then. */
  push(chunk: Uint8Array): Promise<void>;
  /** So many bytes of the line came that are for whoever carries the frames: the hub is there. */
  heard(bytes: number): void;
  localChange(): void;
  tick(): void;
  probe(): void;
  send(message: Message): void;
  /** Nothing is read, written or stored from here on. */
  stop(): void;
  /** Resolves when all that was to be written so far is written, or the session has stopped. */
  drained(): Promise<void>;
};

export function createDeviceSession(options: DeviceSessionOptions): DeviceSession {
  const { core, crypto, now } = options;
  const frames = createFrameReader(CONTROL_MESSAGE_MAX_BYTES);
  let stopped = false;
  const queue = createSendQueue(options.write, () => fail('message could not be sealed'));
  const later = (message: Message, lane: Lane = 0): void => void queue.put(() => encodeMessage(message), lane);

  const stop = (): void => {
    stopped = true;
    queue.stop();
  };

  const sealTo = (shape: SealedShape, header: Uint8Array, packed: Uint8Array): Promise<Sealed> => seal(crypto, shape, options.organizationSealingKey, header, packed);

  const pushed = async ({ runs, packed, inFull }: Extract<DeviceOutput, { do: 'push' }>): Promise<Message> => {
    const sealed = await sealRuns(crypto, options.organizationSealingKey, runs.map(encodeBatchHeader), packed);
    const [header, signature] = [sealed.headers[0], sealed.signatures[0]];
    if (!inFull) return { type: 'bundle', bundle: bundleOf(runs, sealed) };
    if (header === undefined || signature === undefined || runs.length > 1) throw new Error('broken assumption: in full, one run is sent at a time');
    return { type: 'push', batch: { header, sealed: sealed.sealed, signature } };
  };

  const perform = (outputs: readonly DeviceOutput[]): void => {
    for (const output of outputs) {
      if (stopped) return;
      if (output.do === 'send') {
        later(output.message, output.lane);
      } else if (output.do === 'push') {
        void queue.put(async () => encodeMessage(await pushed(output)), output.lane).then(() => {
          if (!stopped) perform(core.taken(now()));
        });
      } else if (output.do === 'carry') {
        const { header, packed } = output;
        void queue.put(async () => encodeMessage({ type: 'carry', batch: await sealTo('carried', encodeCarriedHeader(header), packed) }), LANE.bulk);
      } else {
        if (output.do === 'greeted') frames.allow(MESSAGE_MAX_BYTES);
        if (output.do === 'close') stop();
        options.onEvent(output);
      }
    }
  };

  const fail = (rule: string): void => {
    if (!stopped) perform(core.fail(rule));
  };

  const openPage = async (page: Sealed): Promise<void> => {
    const header = decodePageHeader(page.header);
    if (header === null) return fail('page header');
    const codec = codecNamed(header.codec, crypto);
    if (codec === null) return fail('page UNKNOWN_CODEC');
    if (header.organization !== options.organization || header.device !== options.device) return fail('page for another');
    const content = await open(crypto, 'page', options.hubSigningKey, page);
    if (stopped) return;
    if (!content.ok) return fail(`page ${content.fault.code}`);
    const runs = readPage(crypto, codec, header, content.value);
    if (!runs.ok) return perform(core.unreadablePage(header, `page ${runs.fault.code}`, now()));
    perform(core.page(header, runs.value, now()));
  };

  return {
    start() {
      perform(core.start(now()));
    },
    async push(chunk) {
      if (stopped) return;
      core.heard(now(), chunk.length);
      const messages = frames.push(chunk);
      if (!messages.ok) return fail(messages.fault.code);
      for (const bytes of messages.value) {
        if (stopped) return;
        const message = decodeMessage(bytes);
        if (message === 'malformed') return fail('message does not read');
        if (message === 'ignore') continue;
        if (isOrderMessage(message)) await options.onOrder?.(message);
        else if (message.type === 'page') await openPage(message.page);
        else perform(core.message(message, now()));
      }
    },
    heard(bytes) {
      if (!stopped) core.heard(now(), bytes);
    },
    localChange() {
      if (!stopped) perform(core.localChange(now()));
    },
    tick() {
      if (!stopped) perform(core.tick(now()));
    },
    probe() {
      if (!stopped) perform(core.probe(now()));
    },
    send: (message) => later(message),
    stop,
    drained: () => queue.drained(),
  };
}
