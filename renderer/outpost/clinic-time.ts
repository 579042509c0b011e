import { createContext, useContext, useEffect, useState } from 'react';

/** The engine's time as the window reads it. */
export type ClinicTime = {
  /** Engine wall clock now, epoch milliseconds. */
  readonly now: () => number;
  /** IANA zone of the clinic. */
  readonly zone: string;
};

/**
 * The engine's time, carried forward by the window's monotonic clock: the window never trusts its own wall clock,
 * so an entry's "when" and a lock countdown agree with the engine that judges them.
 */
export class CarriedClock {
  #engineNow: number;
  #receivedAt: number;

  constructor(engineNow: number) {
    this.#engineNow = engineNow;
    this.#receivedAt = performance.now();
  }

  /** Takes the engine's word for what time it is. */
  set(engineNow: number): void {
    this.#engineNow = engineNow;
    this.#receivedAt = performance.now();
  }

  now = (): number => Math.round(this.#engineNow + performance.now() - this.#receivedAt);
}

export const ClinicTimeContext = createContext<ClinicTime>({ now: () => 0, zone: 'UTC' });

export function useClinicTime(): ClinicTime {
  return useContext(ClinicTimeContext);
}

/** The engine's time, drawn again every `everyMs`: for ages of things ("saved 2 s ago") and countdowns. */
export function useNow(everyMs: number): number {
  const { now } = useClinicTime();
  const [shown, setShown] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setShown(now()), everyMs);
    return () => clearInterval(timer);
  }, [now, everyMs]);
  return shown;
}
