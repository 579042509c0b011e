import type { CallOutput } from '../../shared/ipc/contract.ts';
import { formatAgo, formatDateTime, formatDuration, formatNumber } from '../ui/format.ts';
import { syncWords as words } from '../words/sync.ts';

export type SyncView = CallOutput<'sync.status'>;
export type Headline = { readonly tone: 'calm' | 'waiting' | 'local'; readonly title: string; readonly text: string };

/** What the screen says in one line. "All sent" is the engine's own word and nothing else's (promise 7). */
export function syncHeadline(view: SyncView, now: number, zone: string): Headline {
  if (view.held !== null && view.enrolled) return { tone: 'waiting', title: words.heldTitle, text: words.heldText };
  if (view.allSent) {
    return { tone: 'calm', title: words.allSent, text: view.lastAcknowledgedAt === null ? words.allSentPlain : words.allSentText(formatDateTime(view.lastAcknowledgedAt, zone)) };
  }
  if (!view.enrolled) return { tone: 'local', title: words.localOnly, text: words.localOnlyText };
  if (view.unsent === 0) return { tone: 'waiting', title: words.unacknowledged, text: words.unacknowledgedText };
  return { tone: 'waiting', title: words.unsent(formatNumber(view.unsent)), text: view.oldestUnsentAt === null ? words.unacknowledgedText : words.unsentText(formatAgo(Math.min(view.oldestUnsentAt, now), now)) };
}

const CLOCK_AGREES_WITHIN_MS = 2000;
/** From here on somebody should set the clock right (sync protocol 2.2). */
const CLOCK_WRONG_MS = 2 * 60_000;

/** How the workstation's clock stands against the server's: positive offsets are the server ahead of us. */
export function clockText(offsetMs: number | null, boundMs: number | null = null): string {
  if (offsetMs === null) return words.never;
  const text = Math.abs(offsetMs) <= CLOCK_AGREES_WITHIN_MS ? words.clockAgrees : offsetMs > 0 ? words.clockBehind(formatDuration(offsetMs)) : words.clockAhead(formatDuration(-offsetMs));
  return boundMs === null ? text : words.clockBound(text, formatBound(boundMs));
}

const MS_PER_SECOND = 1000;

/** A bound is rounded up: it promises. */
function formatBound(ms: number): string {
  return formatDuration(Math.max(1, Math.ceil(ms / MS_PER_SECOND)) * MS_PER_SECOND);
}

/** The clock is certainly out by more than two minutes: even the bound of the comparison does not explain it. */
export function clockIsWrong({ clockOffsetMs, clockBoundMs }: Pick<SyncView, 'clockOffsetMs' | 'clockBoundMs'>): boolean {
  return clockOffsetMs !== null && Math.abs(clockOffsetMs) - (clockBoundMs ?? 0) > CLOCK_WRONG_MS;
}
