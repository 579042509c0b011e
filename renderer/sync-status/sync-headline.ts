import type { CallOutput } from '../../shared/ipc/contract.ts';
import { formatAgo, formatDateTime, formatDuration, formatNumber } from '../ui/format.ts';
import { syncWords as words } from '../words/sync.ts';

export type SyncView = CallOutput<'sync.status'>;
export type Headline = { readonly tone: 'calm' | 'waiting' | 'local'; readonly title: string; readonly text: string };

/** What the screen says in one line. "All sent" is the engine's own word and nothing else's (promise 7). */
export function syncHeadline(view: SyncView, now: number, zone: string): Headline {
  if (view.allSent) {
    return { tone: 'calm', title: words.allSent, text: view.lastAcknowledgedAt === null ? words.allSentPlain : words.allSentText(formatDateTime(view.lastAcknowledgedAt, zone)) };
  }
  if (!view.enrolled) return { tone: 'local', title: words.localOnly, text: words.localOnlyText };
  if (view.unsent === 0) return { tone: 'waiting', title: words.unacknowledged, text: words.unacknowledgedText };
  return { tone: 'waiting', title: words.unsent(formatNumber(view.unsent)), text: view.oldestUnsentAt === null ? words.unacknowledgedText : words.unsentText(formatAgo(view.oldestUnsentAt, now)) };
}

const CLOCK_AGREES_WITHIN_MS = 2000;

/** How the workstation's clock stands against the server's: positive offsets are the server ahead of us. */
export function clockText(offsetMs: number | null): string {
  if (offsetMs === null) return words.never;
  if (Math.abs(offsetMs) <= CLOCK_AGREES_WITHIN_MS) return words.clockAgrees;
  return offsetMs > 0 ? words.clockBehind(formatDuration(offsetMs)) : words.clockAhead(formatDuration(-offsetMs));
}
