import { expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { Grant } from '../ledger/ledger.ts';
import type { Conversation } from './conversation.ts';
import { createSettling } from './settling.ts';
import type { SyncLight } from './sync-light.ts';

const NOBODY = {} as Grant;

/** Conversations of which each but the last breaks off when central has to answer; none is begun beyond `count`. */
function conversations(count: number, standing: boolean, lastHolds: boolean) {
  const endings: { readonly code: 'OFFLINE' }[] = [];
  let running: Conversation | null = null;
  let begun = 0;
  const begin = (): Conversation => {
    if (running !== null) return running;
    begun += 1;
    const isLast = begun === count;
    const made: Pick<Conversation, 'localChange' | 'probe' | 'view'> = {
      localChange: () => undefined,
      view: () => ({ settled: isLast && lastHolds }) as ReturnType<Conversation['view']>,
      probe() {
        if (isLast && lastHolds) return;
        endings.push({ code: 'OFFLINE' });
        running = null;
      },
    };
    running = made as Conversation;
    return running;
  };
  if (standing) begin();
  const light = { endings: () => endings.length, endingSince: (seen: number) => (endings.length > seen ? (endings.at(-1) ?? null) : null), blocked: () => false } as Partial<SyncLight> as SyncLight;
  const settling = createSettling({ light, closed: () => false, running: () => running, begin });
  return { settling, begun: () => begun };
}

it('SYN-254 whoever asks while a conversation only seems to stand is answered by a new one', async () => {
  const { settling, begun } = conversations(2, true, true);
  expect(await settling.settle(NOBODY)).toEqual(ok(null));
  expect(begun()).toBe(2);
});

it('SYN-254 a conversation begun for the asking that breaks off is told as it is, and so is the second of two', async () => {
  for (const [count, standing] of [[1, false], [2, true]] as const) {
    const { settling, begun } = conversations(count, standing, false);
    expect(await settling.settle(NOBODY)).toMatchObject({ ok: false, fault: { code: 'OFFLINE' } });
    expect(begun()).toBe(count);
  }
});
