import { useNow } from '../outpost/clinic-time.ts';
import { formatAgo } from '../ui/format.ts';
import { notesWords } from '../words/notes.ts';
import type { DraftState } from './draft-keeper.ts';

const words = notesWords.draft;
const AGES_EVERY_MS = 1000;

/** Whether what was typed is safe, and since when. Not read out: it changes every second. */
export function DraftStatus({ state, restoredFrom }: { readonly state: DraftState; readonly restoredFrom: number | null }) {
  const now = useNow(AGES_EVERY_MS);
  return (
    <span className="draft-status" data-state={state.at}>
      <span className={state.at === 'failed' ? 'mark mark-danger' : 'mark mark-quiet'} aria-hidden="true" />
      {textOf(state, restoredFrom, now)}
    </span>
  );
}

function textOf(state: DraftState, restoredFrom: number | null, now: number): string {
  switch (state.at) {
    case 'untouched':
      return restoredFrom === null ? words.untouched : words.restored(formatAgo(Math.min(restoredFrom, now), now));
    case 'unsaved':
      return words.unsaved;
    case 'saved':
      // The engine's clock may be a blink ahead of the last tick drawn here.
      return words.saved(formatAgo(Math.min(state.savedAt, now), now));
    case 'failed':
      return words.failed;
    default:
      return state satisfies never;
  }
}
