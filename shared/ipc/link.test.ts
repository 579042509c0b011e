import { describe, expect, it } from 'vitest';
import { CHANNELS_MAX, HELD_MESSAGES_MAX, openEngineLink, type EngineLink } from './link.ts';
import type { Port } from './port.ts';
import type { SenderFacts } from './envelope.ts';

const MAIN: SenderFacts = { frame: 'main', origin: 'app://outpost' };

function engine(ready = true): { tell: (message: unknown) => void; toHost: unknown[]; attached: { port: Port; sender: SenderFacts; heard: unknown[] }[]; events: string[]; link: EngineLink } {
  const toHost: unknown[] = [];
  const attached: { port: Port; sender: SenderFacts; heard: unknown[] }[] = [];
  const events: string[] = [];
  let tell: (message: unknown) => void = () => undefined;
  const link = openEngineLink(
    { post: (message) => void toHost.push(message), onMessage: (listener) => { tell = listener; }, close: () => undefined },
    {
      attach: (port, sender) => {
        const heard: unknown[] = [];
        port.onMessage((message) => void heard.push(message));
        attached.push({ port, sender, heard });
        return () => void events.push(`detach ${sender.origin}`);
      },
      lock: (reason) => void events.push(`lock ${reason}`),
      stop: () => void events.push('stop'),
      refused: (what) => void events.push(what),
    },
  );
  if (ready) {
    link.ready();
    toHost.length = 0;
  }
  return { tell: (message) => tell(message), toHost, attached, events, link };
}

const from = (channel: string, sender: SenderFacts, message: unknown): unknown => ({ kind: 'window', channel, sender, message });

describe('engine link', () => {
  it('gives each channel a port of its own, bound to what the host saw of its sender', () => {
    const { tell, attached, toHost } = engine();
    tell(from('1', MAIN, 'a'));
    tell(from('2', { frame: 'sub', origin: '' }, 'b'));
    tell(from('1', MAIN, 'c'));
    expect(attached.map(({ sender, heard }) => [sender.frame, heard])).toEqual([['main', ['a', 'c']], ['sub', ['b']]]);
    attached[0]!.port.post('answer');
    expect(toHost).toEqual([{ kind: 'window', channel: '1', message: 'answer' }]);
  });

  it('never lets one channel inherit another sender\'s port', () => {
    const { tell, attached, toHost, events } = engine();
    tell(from('1', MAIN, 'a'));
    tell(from('1', { ...MAIN, origin: 'https://evil.example' }, 'b'));
    expect(attached.map(({ sender, heard }) => [sender.origin, heard])).toEqual([['app://outpost', ['a']], ['https://evil.example', ['b']]]);
    attached[0]!.port.post('for the page that was there before');
    expect(toHost).toEqual([]);
    expect(events).toEqual(['detach app://outpost']);
  });

  it('is silent on a channel whose window is closed', () => {
    const { tell, attached, toHost, events } = engine();
    tell(from('1', MAIN, 'a'));
    tell({ kind: 'window-closed', channel: '1' });
    tell({ kind: 'window-closed', channel: 'never open' });
    attached[0]!.port.post('late');
    expect([toHost, events]).toEqual([[], ['detach app://outpost']]);
    tell(from('1', MAIN, 'b'));
    expect(attached).toHaveLength(2);
  });

  it('opens no more channels than its limit, and one again when one is closed', () => {
    const { tell, attached, events } = engine();
    for (let channel = 0; channel <= CHANNELS_MAX; channel += 1) tell(from(`${channel}`, MAIN, 'x'));
    expect([attached.length, events]).toEqual([CHANNELS_MAX, ['TOO_MANY_CHANNELS']]);
    tell({ kind: 'window-closed', channel: '0' });
    tell(from('another', MAIN, 'x'));
    expect(attached).toHaveLength(CHANNELS_MAX + 1);
    expect(events).toEqual(['TOO_MANY_CHANNELS', 'detach app://outpost']);
  });

  it('passes on lock and stop, and names what it cannot read', () => {
    const { tell, events } = engine();
    tell({ kind: 'lock', reason: 'suspend' });
    for (const noise of [null, {}, { kind: 'lock', reason: 'because' }, { kind: 'window', channel: '1', message: 1 }, from('x'.repeat(200), MAIN, 1), { kind: 'stop', now: true }]) tell(noise);
    tell({ kind: 'stop' });
    expect(events).toEqual(['lock suspend', ...Array.from({ length: 6 }, () => 'MALFORMED'), 'stop']);
  });

  it('holds windows back until it is ready, then serves them in order; lock, stop and the keystore do not wait', async () => {
    const { tell, attached, toHost, events, link } = engine(false);
    const backend = link.askKeystore({ operation: 'backend' });
    tell(from('1', MAIN, 'a'));
    tell(from('2', MAIN, 'b'));
    tell({ kind: 'window-closed', channel: '2' });
    tell(from('1', MAIN, 'c'));
    tell({ kind: 'lock', reason: 'suspend' });
    tell({ kind: 'keystore', id: 1, reply: { operation: 'failed' } });
    expect(await backend).toEqual({ operation: 'failed' });
    expect([attached, events]).toEqual([[], ['lock suspend']]);
    link.ready();
    expect(attached.map(({ heard }) => heard)).toEqual([['a', 'c'], ['b']]);
    expect(toHost.at(-1)).toEqual({ kind: 'ready' });
  });

  it('holds no more than its limit', () => {
    const { tell, attached, events, link } = engine(false);
    for (let count = 0; count < HELD_MESSAGES_MAX + 3; count += 1) tell(from('1', MAIN, count));
    expect(events).toEqual(['TOO_MANY_HELD', 'TOO_MANY_HELD', 'TOO_MANY_HELD']);
    link.ready();
    expect(attached[0]!.heard).toHaveLength(HELD_MESSAGES_MAX);
  });

  it('pairs the keystore\'s replies with their questions', async () => {
    const { tell, toHost, link } = engine();
    const backend = link.askKeystore({ operation: 'backend' });
    const sealed = link.askKeystore({ operation: 'encrypt', plainText: 'k' });
    expect(toHost).toMatchObject([{ kind: 'keystore', id: 1, request: { operation: 'backend' } }, { kind: 'keystore', id: 2 }]);
    tell({ kind: 'keystore', id: 2, reply: { operation: 'encrypt', encrypted: Uint8Array.of(1) } });
    tell({ kind: 'keystore', id: 9, reply: { operation: 'failed' } });
    tell({ kind: 'keystore', id: 1, reply: { operation: 'backend', available: true, backend: 'kwallet6' } });
    expect(await backend).toEqual({ operation: 'backend', available: true, backend: 'kwallet6' });
    expect(await sealed).toEqual({ operation: 'encrypt', encrypted: Uint8Array.of(1) });
  });
});
