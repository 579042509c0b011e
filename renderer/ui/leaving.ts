import { createContext, useContext, useEffect, useRef } from 'react';

/** Saves what is being typed; called before the screen locks or the user changes by a key. */
export type Flush = () => Promise<void>;

/** Everything that must be kept before the window lets go of a user. */
export class Leaving {
  readonly #flushes = new Set<Flush>();

  add(flush: Flush): () => void {
    this.#flushes.add(flush);
    return () => {
      this.#flushes.delete(flush);
    };
  }

  /** Runs every flush; one that fails does not keep the screen open. */
  async flush(): Promise<void> {
    await Promise.allSettled([...this.#flushes].map((flush) => flush()));
  }
}

export const LeavingContext = createContext<Leaving>(new Leaving());

/** Registers a screen's own last save while it stands. */
export function useFlushBeforeLeaving(flush: Flush): void {
  const leaving = useContext(LeavingContext);
  const latest = useRef(flush);
  useEffect(() => {
    latest.current = flush;
  });
  useEffect(() => leaving.add(() => latest.current()), [leaving]);
}
