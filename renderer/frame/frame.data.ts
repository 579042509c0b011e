import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { call } from '../outpost/client.ts';
import { useCommand } from '../outpost/queries.ts';
import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import type { Leaving } from '../ui/leaving.ts';

export type OpenStatus = CallOutput<'app.status'> & { readonly session: NonNullable<CallOutput<'app.status'>['session']> };

/** The engine is told of life at the keyboard at most this often. */
const TOUCH_EVERY_MS = 5000;
const ACTIVITY = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const;
const COUNTDOWN_EVERY_MS = 1000;

/** Locks after what is being typed has been saved. */
export function useLock(leaving: Leaving): () => void {
  const lock = useCommand('session.lock');
  const { run } = lock;
  return useCallback(() => {
    void leaving.flush().then(() => run({}));
  }, [leaving, run]);
}

/**
 * Keeps the session alive while somebody works and counts down to its lock. The engine locks by its own timer; at
 * zero the window asks it to, so that no chart stays on a screen that nobody watches.
 * @returns milliseconds until the lock, never negative.
 */
export function useIdleLock(session: OpenStatus['session'], leaving: Leaving): number {
  const { now } = useClinicTime();
  const client = useQueryClient();
  const [touchedTo, setTouchedTo] = useState(0);
  const lastTouch = useRef(Number.NEGATIVE_INFINITY);
  const shown = useNow(COUNTDOWN_EVERY_MS);
  const lock = useLock(leaving);
  const locksAt = Math.max(session.locksAt, touchedTo);
  useEffect(() => {
    const touch = (): void => {
      const at = performance.now();
      if (at - lastTouch.current < TOUCH_EVERY_MS) return;
      lastTouch.current = at;
      void call('session.touch', {}).then((result) => {
        if (result.ok) setTouchedTo(result.value.locksAt);
        else void client.invalidateQueries({ queryKey: ['app.status'] });
      });
    };
    for (const event of ACTIVITY) window.addEventListener(event, touch, { capture: true, passive: true });
    return () => {
      for (const event of ACTIVITY) window.removeEventListener(event, touch, { capture: true });
    };
  }, [client]);
  const left = Math.max(0, locksAt - Math.max(shown, now()));
  const over = left === 0;
  useEffect(() => {
    if (over) lock();
  }, [over, lock]);
  return left;
}
