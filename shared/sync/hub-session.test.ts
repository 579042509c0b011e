import { describe, expect, it } from 'vitest';
import { framesOf } from './frame.ts';
import type { HubOutput, News } from './hub-output.ts';
import { createHubSession } from './hub-session.ts';
import { encodeMessage } from './message-codec.ts';

describe('a line that ends while what came over it is being stored', () => {
  it('SYN-119 is no reason not to tell the others of it', async () => {
    let stored: (outputs: readonly HubOutput[]) => void = () => undefined;
    const told: News[] = [];
    const session = createHubSession({
      conversation: { message: () => new Promise((resolve) => void (stored = resolve)), news: () => [], look: async () => [] },
      write: async () => undefined, onNews: (news) => told.push(news), onClose: () => undefined,
    });
    const pushed = (async () => {
      for (const frame of framesOf(encodeMessage({ type: 'ping', at: 0 }))) await session.push(frame);
    })();
    session.stop();
    stored([{ do: 'send', message: { type: 'pong', at: 0, hubAt: 0 }, lane: 0 }, { do: 'news', news: { latest: 7, urgent: 0 } }]);
    await pushed;
    expect(told).toEqual([{ latest: 7, urgent: 0 }]);
  });
});

describe('a store that fails', () => {
  it('SYN-283 while orders are looked for says so to whoever asked, and the conversation goes on', async () => {
    const written: Uint8Array[] = [];
    const session = createHubSession({
      conversation: { message: async () => [{ do: 'send', message: { type: 'pong', at: 0, hubAt: 0 }, lane: 0 }], news: () => [], look: () => Promise.reject(new Error('no database')) },
      write: async (bytes) => void written.push(bytes), onNews: () => undefined, onClose: () => undefined,
    });
    await expect(session.look()).rejects.toThrow('no database');
    for (const frame of framesOf(encodeMessage({ type: 'ping', at: 0 }))) await session.push(frame);
    expect(written).toHaveLength(1);
  });
});
