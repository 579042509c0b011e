import { FRAME_PAYLOAD_MAX_BYTES, GREETING_MAX_MS, HUB_IDLE_MAX_MS } from '../../shared/sync/limits.ts';
import type { HubTimers } from '../world.ts';
import type { Line } from './line.ts';

/** So many more bytes came, and so many messages of the conversation have been understood in all. */
export type Heard = (bytes: number, messages: number) => void;

/** Lets go of a line that is not greeted in time, and of one that is idle; `welcome` once it is greeted. */
export function watchLine(line: Line, timers: HubTimers, welcome: () => void): { readonly heard: Heard; stop(): void } {
  const stopGreeting = timers.after(GREETING_MAX_MS, line.cut);
  let stopIdle = timers.after(HUB_IDLE_MAX_MS, line.cut);
  let [pending, known] = [0, 0];

  return {
    heard(bytes, messages) {
      pending += bytes;
      // Bytes that come one by one keep no line open: a whole message does, or so many as a frame of a long one holds.
      if (messages > known || pending >= FRAME_PAYLOAD_MAX_BYTES) {
        [pending, known] = [0, messages];
        stopIdle();
        stopIdle = timers.after(HUB_IDLE_MAX_MS, line.cut);
      }
      if (messages === 0) return;
      stopGreeting();
      welcome();
    },
    stop() {
      stopGreeting();
      stopIdle();
    },
  };
}
