import { LANE, type Lane } from '../../shared/ledger/lanes.ts';
import { encodeCarriedHeader } from '../../shared/sync/attestation.ts';
import { readPage } from '../../shared/sync/attested-page.ts';
import { bundleOf } from '../../shared/sync/bundle.ts';
import { codecNamed } from '../../shared/sync/codec.ts';
import type { DeviceOutput } from '../../shared/sync/device-output.ts';
import type { DeviceSessionOptions } from '../../shared/sync/device-session.ts';
import { encodeBatchHeader } from '../../shared/sync/envelope.ts';
import type { HubOutput } from '../../shared/sync/hub-output.ts';
import type { HubSessionOptions } from '../../shared/sync/hub-session.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodePageHeader } from '../../shared/sync/page-header.ts';
import { open, seal, sealRuns, type Sealed } from '../../shared/sync/sealing.ts';
import { parcelOf, type Parcel } from './parcel.ts';

/**
 * The two ends of a line that carries whole messages: what the shipped sessions do around the cores, but for frames and
 * the bytes of messages. A share of all worlds has lines of bytes, where the shipped sessions run.
 */
type Ends<Options> = Omit<Options, 'write'> & { readonly write: (parcel: Parcel) => void };

/** Messages go out in the order they were put, each as soon as it is made. */
function createOrder(write: (parcel: Parcel) => void, broken: () => void): { put(make: () => Message | Promise<Message>, lane?: Lane): void; stop(): void; drained(): Promise<void> } {
  let tail: Promise<void> = Promise.resolve();
  let waiting = 0;
  let stopped = false;
  const send = (message: Message, lane: Lane | undefined): void => {
    if (!stopped) write(parcelOf(message, lane));
  };
  return {
    put(make, lane) {
      const made = waiting === 0 ? make() : null;
      if (made !== null && !(made instanceof Promise)) return send(made, lane);
      waiting += 1;
      tail = tail.then(async () => {
        send(await (made ?? make()), lane);
      }).catch(() => {
        stopped = true;
        broken();
      }).finally(() => {
        waiting -= 1;
      });
      return undefined;
    },
    stop() {
      stopped = true;
    },
    drained: () => tail,
  };
}

export type ParcelDeviceSession = {
  start(): void;
  push(parcel: Parcel): Promise<void>;
  localChange(): void;
  tick(): void;
  send(message: Message): void;
  stop(): void;
  drained(): Promise<void>;
};

export function createParcelDeviceSession(options: Ends<DeviceSessionOptions>): ParcelDeviceSession {
  const { core, crypto, now, organizationSealingKey } = options;
  let stopped = false;
  const order = createOrder(options.write, () => fail('message could not be sealed'));
  const stop = (): void => {
    stopped = true;
    order.stop();
  };

  const pushed = async ({ runs, packed, inFull }: Extract<DeviceOutput, { do: 'push' }>): Promise<Message> => {
    const sealed = await sealRuns(crypto, organizationSealingKey, runs.map(encodeBatchHeader), packed);
    const [header, signature] = [sealed.headers[0], sealed.signatures[0]];
    if (!inFull) return { type: 'bundle', bundle: bundleOf(runs, sealed) };
    if (header === undefined || signature === undefined) throw new Error('broken assumption: there is a run');
    return { type: 'push', batch: { header, sealed: sealed.sealed, signature } };
  };

  const laneOf = (output: DeviceOutput): Lane => (output.do === 'send' || output.do === 'push' ? output.lane ?? LANE.urgent : LANE.bulk);

  /** What asks for the line goes in order of its lane, as frames would; all else at once. */
  const perform = (outputs: readonly DeviceOutput[]): void => {
    const sending: Exclude<DeviceOutput, { do: 'close' }>[] = [];
    for (const output of outputs) {
      if (stopped) return;
      if (output.do === 'send' || output.do === 'push' || output.do === 'carry') {
        sending.push(output);
      } else {
        if (output.do === 'close') stop();
        options.onEvent(output);
      }
    }
    for (const output of sending.length > 1 ? sending.toSorted((left, right) => laneOf(left) - laneOf(right)) : sending) {
      if (output.do === 'send') order.put(() => output.message, laneOf(output));
      else if (output.do === 'push') order.put(() => pushed(output), laneOf(output));
      else if (output.do === 'carry') order.put(async () => ({ type: 'carry', batch: await seal(crypto, 'carried', organizationSealingKey, encodeCarriedHeader(output.header), output.packed) }), laneOf(output));
    }
  };

  const fail = (rule: string): void => {
    if (!stopped) perform(core.fail(rule));
  };

  const openPage = async (page: Sealed): Promise<void> => {
    const header = decodePageHeader(page.header);
    const codec = header === null ? null : codecNamed(header.codec, crypto);
    if (header === null || codec === null) return fail('page header');
    if (header.organization !== options.organization || header.device !== options.device) return fail('page for another');
    const content = await open(crypto, 'page', options.hubSigningKey, page);
    if (stopped) return;
    if (!content.ok) return fail(`page ${content.fault.code}`);
    const runs = readPage(crypto, codec, header, content.value);
    if (!runs.ok) return perform(core.unreadablePage(header, `page ${runs.fault.code}`, now()));
    perform(core.page(header, runs.value, now()));
  };

  return {
    start: () => perform(core.start(now())),
    async push({ message, length }) {
      if (stopped) return;
      core.heard(now(), length);
      if (message.type === 'page') await openPage(message.page);
      else perform(core.message(message, now()));
    },
    localChange() {
      if (!stopped) perform(core.localChange(now()));
    },
    tick() {
      if (!stopped) perform(core.tick(now()));
    },
    send: (message) => order.put(() => message),
    stop,
    drained: () => order.drained(),
  };
}

export type ParcelHubSession = { push(parcel: Parcel): Promise<void>; news(news: Extract<HubOutput, { do: 'news' }>['news']): void; stop(): void };

export function createParcelHubSession({ conversation, write, onNews, onClose }: Ends<HubSessionOptions>): ParcelHubSession {
  let stopped = false;
  const perform = (outputs: readonly HubOutput[]): void => {
    for (const output of outputs) {
      // What is durable is news to the others, though this line may be gone by now.
      if (output.do === 'news') {
        onNews(output.news);
      } else if (!stopped && output.do === 'send') {
        write(parcelOf(output.message, output.lane));
      } else if (!stopped) {
        stopped = true;
        onClose();
      }
    }
  };
  return {
    async push({ message }) {
      if (!stopped) perform(await conversation.message(message));
    },
    news: (news) => perform(conversation.news(news)),
    stop() {
      stopped = true;
    },
  };
}
