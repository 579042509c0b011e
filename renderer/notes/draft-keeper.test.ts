import { describe, expect, it } from 'vitest';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { DRAFT_DELAY_MS, DRAFT_RETRY_MS, DraftKeeper, type DraftState } from './draft-keeper.ts';

type Reply = Result<{ savedAt: number }, FaultCode>;

/** A keeper on a clock that moves when told, and an engine that answers when told. */
function world() {
  const saves: { value: string; answer: (reply: Reply) => void }[] = [];
  const states: DraftState[] = [];
  const timers = new Map<number, { at: number; run: () => void }>();
  let now = 0;
  let next = 0;
  const keeper = new DraftKeeper<string>(
    (value) => new Promise((answer) => saves.push({ value, answer })),
    { set: (run, ms) => { next += 1; timers.set(next, { at: now + ms, run }); return next; }, clear: (timer) => void timers.delete(timer) },
    (state) => states.push(state),
  );
  const settle = async () => { for (let turn = 0; turn < 10; turn += 1) await Promise.resolve(); };
  const pass = async (ms: number) => {
    now += ms;
    for (const [id, timer] of timers) if (timer.at <= now) { timers.delete(id); timer.run(); }
    await settle();
  };
  const answer = async (reply: Reply) => { saves.at(-1)!.answer(reply); await settle(); };
  return { keeper, saves, states, pass, answer, settle };
}

describe('the draft', () => {
  it('is saved a second after the first change, with what stands then', async () => {
    const { keeper, saves, pass, answer, states } = world();
    keeper.change('a');
    await pass(DRAFT_DELAY_MS / 2);
    keeper.change('ab');
    expect(saves).toEqual([]);
    await pass(DRAFT_DELAY_MS / 2);
    expect(saves.map(({ value }) => value)).toEqual(['ab']);
    await answer(ok({ savedAt: 7 }));
    expect(states.at(-1)).toEqual({ at: 'saved', savedAt: 7 });
  });

  it('goes on with what was typed during a save, one save at a time, and says saved only when it is', async () => {
    const { keeper, saves, pass, answer, states } = world();
    keeper.change('a');
    await pass(DRAFT_DELAY_MS);
    keeper.change('b');
    await pass(DRAFT_DELAY_MS * 5);
    expect(saves).toHaveLength(1);
    await answer(ok({ savedAt: 1 }));
    expect(states.at(-1)).toEqual({ at: 'unsaved' });
    await pass(DRAFT_DELAY_MS);
    expect(saves.at(-1)!.value).toBe('b');
    await answer(ok({ savedAt: 2 }));
    expect(states.at(-1)).toEqual({ at: 'saved', savedAt: 2 });
  });

  it('tries again by itself after a refusal', async () => {
    const { keeper, saves, pass, answer, states } = world();
    keeper.change('a');
    await pass(DRAFT_DELAY_MS);
    await answer(refuse('DISK_FULL'));
    expect(states.at(-1)).toMatchObject({ at: 'failed', fault: { code: 'DISK_FULL' } });
    await pass(DRAFT_RETRY_MS);
    expect(saves.map(({ value }) => value)).toEqual(['a', 'a']);
    await answer(ok({ savedAt: 3 }));
    expect(states.at(-1)).toEqual({ at: 'saved', savedAt: 3 });
  });

  it('sends nothing once held, having waited for the save under way', async () => {
    const { keeper, saves, pass, answer, settle } = world();
    keeper.change('a');
    await pass(DRAFT_DELAY_MS);
    let held = false;
    const wait = async () => { await keeper.hold(); held = true; };
    void wait();
    keeper.change('b');
    await settle();
    expect(held).toBe(false);
    await answer(ok({ savedAt: 1 }));
    expect(held).toBe(true);
    await pass(DRAFT_DELAY_MS * 10);
    expect(saves).toHaveLength(1);
    keeper.release();
    await pass(DRAFT_DELAY_MS);
    expect(saves.at(-1)!.value).toBe('b');
  });

  it('is saved at once when flushed', async () => {
    const { keeper, saves, answer, pass } = world();
    keeper.change('a');
    const flushed = keeper.flush();
    await pass(0);
    expect(saves).toHaveLength(1);
    await answer(ok({ savedAt: 1 }));
    await flushed;
    await pass(DRAFT_DELAY_MS * 10);
    expect(saves).toHaveLength(1);
  });
});
