import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { call, onEngineEvent } from '../outpost/client.ts';
import { ImportRun, type ImportFile, type ImportState } from './import-run.ts';

/** The import of this window. It outlives the screen, so that staff chart on while a big file is read. */
const run = new ImportRun({
  begin: (files) => call('import.begin', { files: [...files] }),
  chunk: (input) => call('import.chunk', input),
  view: (job) => call('job.view', { job }),
  cancel: (job) => call('job.cancel', { job }),
});

/** Begun with the first import: after the last chunk the engine goes on alone and tells when it is done. */
let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  onEngineEvent('job.changed', ({ job }) => run.changed(job));
  // A report names files, and files may be named after patients: nobody else gets to see it.
  onEngineEvent('status.changed', () => {
    void call('app.status', {}).then((status) => {
      if (status.ok && status.value.session === null) run.clear();
      return status;
    });
  });
}

export type Importing = {
  readonly state: ImportState;
  readonly start: (files: readonly ImportFile[]) => void;
  readonly cancel: () => void;
  readonly clear: () => void;
};

export function useImport(): Importing {
  const client = useQueryClient();
  const state = useSyncExternalStore(run.subscribe, run.state);
  useEffect(listen, []);
  const over = state.at === 'over';
  useEffect(() => {
    if (over) void client.invalidateQueries({ predicate: ({ queryKey: [name] }) => name === 'sync.status' || name === 'patients.recent' });
  }, [client, over]);
  return {
    state,
    start: useCallback((files) => void run.start(files), []),
    cancel: useCallback(() => void run.cancel(), []),
    clear: useCallback(() => run.clear(), []),
  };
}
