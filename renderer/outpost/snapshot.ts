import { useSyncExternalStore } from 'react';
import { call } from './client.ts';
import { SnapshotRun, type SnapshotState } from './snapshot-run.ts';

/** One for the window: it goes on whichever screen stands. */
const run = new SnapshotRun({ begin: () => call('snapshot.begin', {}), chunk: (input) => call('snapshot.chunk', input), end: () => call('snapshot.end', {}) });

export type Snapshot = { readonly state: SnapshotState; readonly start: (files: readonly File[]) => void; readonly cancel: () => void; readonly clear: () => void };

export function useSnapshot(): Snapshot {
  const state = useSyncExternalStore(run.subscribe, run.state);
  return { state, start: (files) => void run.start(files), cancel: () => run.cancel(), clear: () => run.clear() };
}
