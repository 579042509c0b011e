/** Time as the shaped line needs it: steady milliseconds, and work at a moment of them. Tests pass a clock that they move themselves. */
export type LineTime = {
  now(): number;
  /** Gives back a function that takes the work off again. A moment that has passed means as soon as possible. */
  at(ms: number, work: () => void): () => void;
};

export const machineTime: LineTime = {
  now: () => performance.now(),
  at(ms, work) {
    const timer = setTimeout(work, Math.max(0, ms - performance.now()));
    return () => clearTimeout(timer);
  },
};

/** Time that stands still until it is told to move: what is due happens in its order, at its own moment. */
export type VirtualTime = LineTime & {
  /** Lets pass what is due until `untilMs`, or everything there is. */
  run(untilMs?: number): void;
};

export function createVirtualTime(): VirtualTime {
  let clock = 0;
  let due: { readonly at: number; readonly work: () => void }[] = [];
  return {
    now: () => clock,
    at(ms, work) {
      const appointment = { at: Math.max(ms, clock), work };
      due.push(appointment);
      return () => {
        due = due.filter((each) => each !== appointment);
      };
    },
    run(untilMs = Number.POSITIVE_INFINITY) {
      for (;;) {
        // The earliest; of equal moments the one put in first.
        const next = due.reduce<(typeof due)[number] | undefined>((first, each) => (first === undefined || each.at < first.at ? each : first), undefined);
        if (next === undefined || next.at > untilMs) break;
        due = due.filter((each) => each !== next);
        clock = next.at;
        next.work();
      }
      if (Number.isFinite(untilMs)) clock = Math.max(clock, untilMs);
    },
  };
}
