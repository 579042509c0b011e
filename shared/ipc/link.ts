import { z } from 'zod';
import { SenderFacts } from './envelope.ts';
import type { Port } from './port.ts';

/**
 * The wire between a host (which owns windows and the operating system's keystore) and the engine's process (which
 * owns keys and data). One link carries every window, each on a channel of its own.
 */

/** Frames that may have called since the engine started and are not closed. A window has one; the rest are hostile. */
export const CHANNELS_MAX = 64;

const Channel = z.string().max(128);
const RequestId = z.int().min(0);

/** What safeStorage can do for the engine's keystore adapter (Electron's asynchronous interface only). */
export const KeystoreRequest = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('backend') }),
  z.strictObject({ operation: z.literal('encrypt'), plainText: z.string().max(4096) }),
  z.strictObject({ operation: z.literal('decrypt'), encrypted: z.instanceof(Uint8Array) }),
]);
export type KeystoreRequest = z.infer<typeof KeystoreRequest>;

export const KeystoreReply = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('backend'), available: z.boolean(), backend: z.string().max(64) }),
  z.strictObject({ operation: z.literal('encrypt'), encrypted: z.instanceof(Uint8Array) }),
  z.strictObject({ operation: z.literal('decrypt'), plainText: z.string().max(4096), shouldReEncrypt: z.boolean() }),
  /** The keystore is locked, denied or gone. Never says more: its messages may name accounts. */
  z.strictObject({ operation: z.literal('failed') }),
]);
export type KeystoreReply = z.infer<typeof KeystoreReply>;

export const LockReason = z.enum(['suspend', 'screen-locked', 'window-closed']);
export type LockReason = z.infer<typeof LockReason>;

export const HostToEngine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('window'), channel: Channel, sender: SenderFacts, message: z.unknown() }),
  z.strictObject({ kind: z.literal('window-closed'), channel: Channel }),
  z.strictObject({ kind: z.literal('lock'), reason: LockReason }),
  z.strictObject({ kind: z.literal('keystore'), id: RequestId, reply: KeystoreReply }),
  z.strictObject({ kind: z.literal('stop') }),
]);
export type HostToEngine = z.infer<typeof HostToEngine>;

export const EngineToHost = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('window'), channel: Channel, message: z.unknown() }),
  z.strictObject({ kind: z.literal('keystore'), id: RequestId, request: KeystoreRequest }),
  /** Keys are gone: the host empties what its session may still hold in memory. */
  z.strictObject({ kind: z.literal('locked') }),
]);
export type EngineToHost = z.infer<typeof EngineToHost>;

type ChannelState = { readonly sender: SenderFacts; deliver: (message: unknown) => void; detach: () => void };

/** Messages of windows that are held while the engine opens; a window by itself has no more unanswered. */
export const HELD_MESSAGES_MAX = 256;

export type EngineLink = {
  /** Asks the host's keystore; one reply per request. */
  readonly askKeystore: (request: KeystoreRequest) => Promise<KeystoreReply>;
  readonly tellLocked: () => void;
  /** To be called once windows can be served: what they sent meanwhile comes now, in order. */
  readonly ready: () => void;
};

/**
 * The engine's end of the link: turns channels into ports, each bound for life to the sender the host saw. A channel
 * that speaks with another sender's facts (its frame went elsewhere) becomes another port.
 */
export function openEngineLink(
  link: Port,
  on: {
    /** Serves a port; returns what ends serving it. */
    readonly attach: (port: Port, sender: SenderFacts) => () => void;
    readonly lock: (reason: LockReason) => void;
    readonly stop: () => void;
    /** A message no schema knows, or one channel too many: a defect of the host, or an attack on it. */
    readonly refused: (what: 'MALFORMED' | 'TOO_MANY_CHANNELS' | 'TOO_MANY_HELD') => void;
  },
): EngineLink {
  const channels = new Map<string, ChannelState>();
  const questions = new Map<number, (reply: KeystoreReply) => void>();
  let held: HostToEngine[] | null = [];
  let lastQuestion = 0;
  const post = (message: EngineToHost): void => link.post(message);

  const closeChannel = (channel: string): void => {
    const state = channels.get(channel);
    channels.delete(channel);
    state?.detach();
  };

  const openChannel = (channel: string, sender: SenderFacts): ChannelState => {
    closeChannel(channel);
    const state: ChannelState = { sender, deliver: () => undefined, detach: () => undefined };
    channels.set(channel, state);
    state.detach = on.attach(
      {
        post: (message) => {
          if (channels.get(channel) === state) post({ kind: 'window', channel, message });
        },
        onMessage: (listener) => {
          state.deliver = listener;
        },
        close: () => {
          if (channels.get(channel) === state) channels.delete(channel);
        },
      },
      sender,
    );
    return state;
  };

  const receive = (message: HostToEngine): void => {
    switch (message.kind) {
      case 'window': {
        const known = channels.get(message.channel);
        const same = known !== undefined && known.sender.frame === message.sender.frame && known.sender.origin === message.sender.origin;
        if (known === undefined && channels.size >= CHANNELS_MAX) return on.refused('TOO_MANY_CHANNELS');
        return (same ? known : openChannel(message.channel, message.sender)).deliver(message.message);
      }
      case 'window-closed':
        return closeChannel(message.channel);
      case 'lock':
        return on.lock(message.reason);
      case 'keystore': {
        const answer = questions.get(message.id);
        questions.delete(message.id);
        answer?.(message.reply);
        return;
      }
      case 'stop':
        return on.stop();
    }
  };

  link.onMessage((raw) => {
    const parsed = HostToEngine.safeParse(raw);
    if (!parsed.success) return on.refused('MALFORMED');
    const waits = held !== null && (parsed.data.kind === 'window' || parsed.data.kind === 'window-closed');
    if (!waits) return receive(parsed.data);
    if (held !== null && held.length < HELD_MESSAGES_MAX) held.push(parsed.data);
    else on.refused('TOO_MANY_HELD');
  });

  return {
    askKeystore: (request) => {
      lastQuestion += 1;
      const id = lastQuestion;
      return new Promise((settle) => {
        questions.set(id, settle);
        post({ kind: 'keystore', id, request });
      });
    },
    tellLocked: () => post({ kind: 'locked' }),
    ready: () => {
      const waiting = held ?? [];
      held = null;
      post({ kind: 'ready' });
      for (const message of waiting) receive(message);
    },
  };
}
