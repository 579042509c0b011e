import type { DeviceOutput, Instant } from './device-output.ts';
import { KEEPALIVE_MS, PROGRESS_MIN_BYTES } from './limits.ts';
import type { Hi } from './message.ts';

/** One connection by the clock: whether an answer is overdue, when the line needs a sign of life, and how far the hub's clock is from ours. */
export type LineWatch = {
  begin(now: Instant): void;
  /** A whole message came. */
  heard(now: Instant): void;
  /** Bytes came, whatever they are; only enough of them are progress. */
  trickled(now: Instant, bytes: number): void;
  /** Something went out. `waiting`: an answer was due already, so the wait for it goes on from where it began. */
  sent(now: Instant, waiting: boolean): void;
  ping(now: Instant, waiting: boolean): DeviceOutput[];
  pong(at: number, hubAt: number, now: Instant): void;
  pinging(): boolean;
  /** Milliseconds since the hub was last heard; and since either side was. */
  silentMs(now: Instant): number;
  idle(now: Instant): boolean;
  greeted(hi: Hi, now: Instant): void;
  /** When the HELLO went out by our wall clock, as it travels. */
  helloAt(): number;
  clock(): { readonly offsetMs: number; readonly boundMs: number } | null;
};

export function createLineWatch(): LineWatch {
  let clock: { readonly offsetMs: number; readonly boundMs: number } | null = null;
  let helloAt = 0;
  let pinging = false;
  let lastHeard = 0;
  let lastSent = 0;
  /** Bytes heard since they last counted as progress. */
  let trickled = 0;

  return {
    begin(now) {
      helloAt = wholeMilliseconds(now.wall);
      lastHeard = now.steady;
      lastSent = now.steady;
    },
    heard(now) {
      lastHeard = now.steady;
    },
    trickled(now, bytes) {
      trickled += bytes;
      if (trickled < PROGRESS_MIN_BYTES) return;
      trickled = 0;
      lastHeard = now.steady;
    },
    sent(now, waiting) {
      lastSent = now.steady;
      if (!waiting) lastHeard = now.steady;
    },
    ping(now, waiting) {
      if (!waiting) lastHeard = now.steady;
      pinging = true;
      lastSent = now.steady;
      return [{ do: 'send', message: { type: 'ping', at: wholeMilliseconds(now.wall) }, lane: 0 }];
    },
    pong(at, hubAt, now) {
      pinging = false;
      clock = { offsetMs: Math.round(hubAt - (at + now.wall) / 2), boundMs: Math.max(0, Math.round((now.wall - at) / 2)) };
    },
    pinging: () => pinging,
    silentMs: (now) => now.steady - lastHeard,
    idle: (now) => now.steady - Math.max(lastSent, lastHeard) >= KEEPALIVE_MS,
    greeted({ receivedAt, sentAt }, now) {
      clock = { offsetMs: Math.round((receivedAt - helloAt + (sentAt - now.wall)) / 2), boundMs: Math.max(0, Math.round((now.wall - helloAt - (sentAt - receivedAt)) / 2)) };
    },
    helloAt: () => helloAt,
    clock: () => clock,
  };
}

/** Wall clocks may stand before 1970; what travels is never negative. */
function wholeMilliseconds(wall: number): number {
  return Math.max(0, Math.floor(wall));
}
