import { PERFECT_LINE, type LinePlan } from './act.ts';
import { createAgenda } from './agenda.ts';

/** The virtual time in which a world happens, and what lines are like in it. */
export type Stage = {
  /** Milliseconds since the world began. */
  now(): number;
  line(): LinePlan;
  /** What gives a promise is waited for before time goes on. */
  at(ms: number, work: Work): void;
  schedule(afterMs: number, work: Work): void;
  /** Lets time pass; what falls into it happens. */
  run(untilMs: number): Promise<void>;
  /** No line is anything but perfect from now on. */
  mend(): void;
};
type Work = () => Promise<void> | void;

export function createStage(weather: LinePlan): Stage {
  const agenda = createAgenda();
  let time = 0;
  let line = weather;
  return {
    now: () => time,
    line: () => line,
    at: agenda.put,
    schedule: (afterMs, work) => agenda.put(time + Math.max(0, afterMs), work),
    async run(untilMs) {
      for (let next = agenda.takeUntil(untilMs); next !== null; next = agenda.takeUntil(untilMs)) {
        time = next.at;
        const running = next.work();
        if (running !== undefined) await running;
      }
      time = untilMs;
    },
    mend() {
      line = { ...PERFECT_LINE };
    },
  };
}
