import type { HubConversation } from './hub-core.ts';
import type { HubOutput, News } from './hub-output.ts';
import type { Lane } from '../ledger/lanes.ts';
import { createFrameReader } from './frame.ts';
import { CONTROL_MESSAGE_MAX_BYTES, MESSAGE_MAX_BYTES } from './limits.ts';
import type { Message, RefusalCode } from './message.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { createSendQueue } from './send-queue.ts';

export type HubSessionOptions = {
  readonly conversation: HubConversation;
  /** Writes to the line; resolves when the line has taken it. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Other conversations should hear of it. */
  readonly onNews: (news: News) => void;
  /** Everything to be written is written; the line can end. */
  readonly onClose: () => void;
};

/** One connection of the hub: bytes of the line on one side, the conversation on the other. */
export type HubSession = {
  /** The next bytes from the line, cut anywhere. Resolves when they are answered; read on only then. */
  push(chunk: Uint8Array): Promise<void>;
  news(news: News): void;
  /** Orders may have been issued, or the device revoked. Rejects where the store does. */
  look(): Promise<void>;
  stop(): void;
  /** Messages that were understood so far. */
  heard(): number;
  /** Bytes of messages that are not whole yet. */
  gathered(): number;
};

/** Answers and pages that may wait for the line before nothing more is read from it: a page of the log, an urgent one and one in passing. */
const ANSWERS_UNWRITTEN_MAX = 64;
const PAGES_UNWRITTEN_MAX = 4;

export function createHubSession(options: HubSessionOptions): HubSession {
  const { conversation } = options;
  const frames = createFrameReader(CONTROL_MESSAGE_MAX_BYTES);
  let stopped = false;
  let heard = 0;
  const queue = createSendQueue(options.write, options.onClose);
  /** Answers that the line has not taken yet. */
  const unwritten = new Set<Promise<void>>();
  const unwrittenPages = new Set<Promise<void>>();

  const put = (message: Message, lane: Lane): void => {
    const written = queue.put(() => encodeMessage(message), lane);
    const sets = message.type === 'page' ? [unwritten, unwrittenPages] : [unwritten];
    for (const set of sets) {
      set.add(written);
      void written.then(() => set.delete(written));
    }
  };

  /** A peer that asks and does not read is answered no further; one that reads is heard while it is being answered. */
  const room = async (): Promise<void> => {
    while (unwrittenPages.size >= PAGES_UNWRITTEN_MAX) await Promise.race(unwrittenPages);
    while (unwritten.size >= ANSWERS_UNWRITTEN_MAX) await Promise.race(unwritten);
  };

  const perform = async (outputs: readonly HubOutput[]): Promise<void> => {
    for (const output of outputs) {
      // What is durable is news to the others, though this line may be gone by now.
      if (output.do === 'news') {
        options.onNews(output.news);
      } else if (stopped) {
        continue;
      } else if (output.do === 'send') {
        put(output.message, output.lane);
      } else {
        stopped = true;
        void queue.afterwards(options.onClose);
      }
    }
    await room();
  };

  const refuse = (code: RefusalCode): Promise<void> => perform([{ do: 'send', message: { type: 'refused', refused: { code } }, lane: 0 }, { do: 'close' }]);

  return {
    async push(chunk) {
      if (stopped) return;
      const messages = frames.push(chunk);
      if (!messages.ok) return refuse('PROTOCOL_ERROR');
      for (const bytes of messages.value) {
        if (stopped) return;
        const message = decodeMessage(bytes);
        if (message === 'malformed') return refuse('PROTOCOL_ERROR');
        if (message === 'ignore') continue;
        const outputs = await conversation.message(message);
        if (heard === 0 && outputs.some((output) => output.do === 'send' && output.message.type === 'hi')) frames.allow(MESSAGE_MAX_BYTES);
        heard += 1;
        await perform(outputs);
      }
    },
    news(news) {
      void perform(conversation.news(news));
    },
    async look() {
      await perform(await conversation.look());
    },
    stop() {
      stopped = true;
      queue.stop();
    },
    heard: () => heard,
    gathered: frames.gathered,
  };
}
