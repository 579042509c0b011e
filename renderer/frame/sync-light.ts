import type { CallOutput } from '../../shared/ipc/contract.ts';
import { formatDuration, formatNumber } from '../ui/format.ts';
import { frameWords as words } from '../words/frame.ts';

export type SyncView = CallOutput<'sync.status'>;

/** The light in words and a shape: `full` only when central has acknowledged every entry by its id. */
export type SyncLight = { readonly shape: 'full' | 'half' | 'empty' | 'cross'; readonly text: string };

/** What the status bar says of sync. Never more than the engine knows: "all sent" is its word alone. */
export function syncLight(sync: SyncView, now: number): SyncLight {
  const line = sync.line === 'not-enrolled' || !sync.enrolled ? words.line['not-enrolled'] : sync.held === null ? words.line[sync.line] : words.onHold;
  const parts: string[] = [line];
  if (sync.loading !== null) parts.push(words.filling(formatNumber(sync.loading.done), sync.loading.total === null ? null : formatNumber(sync.loading.total)));
  else if (sync.running) parts.push(words.sending);
  if (sync.allSent) parts.push(words.allSent);
  else if (sync.unsent > 0) parts.push(sync.oldestUnsentAt === null ? words.unsentPlain(formatNumber(sync.unsent)) : words.unsent(formatNumber(sync.unsent), formatDuration(now - sync.oldestUnsentAt)));
  else parts.push(sync.enrolled ? words.notAcknowledged : words.nothingUnsent);
  if (sync.conflicts > 0) parts.push(words.conflicts(sync.conflicts));
  return { shape: shapeOf(sync), text: parts.join(' · ') };
}

function shapeOf(sync: SyncView): SyncLight['shape'] {
  if (sync.line === 'refused' || sync.held !== null || sync.forks > 0 || sync.refused.length > 0) return 'cross';
  if (sync.allSent) return 'full';
  return sync.line === 'online' || sync.line === 'connecting' || sync.line === 'untried' || sync.line === 'busy' ? 'half' : 'empty';
}
