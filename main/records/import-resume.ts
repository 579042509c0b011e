import { ok, type Result } from '../../shared/base/result.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { ReadHandle, StoreFault } from '../store/store.ts';
import { namesAtStop, applyStaged, clearStaged, type Pause } from './import-staged.ts';
import { openJobs, stagedRows, type JobRow, type StagedRow } from './import-rows.ts';
import { writeFinished } from './import-write.ts';

/** What a kill or a lock has left. To be asked for before a new import begins, whose rows look the same. */
export type Unfinished = { readonly staged: readonly StagedRow[]; readonly jobs: readonly JobRow[] };

export function unfinishedImports(read: ReadHandle): Unfinished {
  return { staged: stagedRows(read), jobs: openJobs(read) };
}

/**
 * What a kill or a lock cut short: files that were being applied are finished, whatever else is staged is cleared
 * away, and the imports they belong to are ended. Stops where `pause` says so; calling it again goes on.
 */
export async function resumeImports(ledger: Ledger, grant: Grant, { staged, jobs }: Unfinished, sliceResources: number, pause: Pause): Promise<Result<null, StoreFault>> {
  for (const { key, state, applied } of staged) {
    if (state === 'applying') {
      const finished = await applyStaged(ledger, grant, key, namesAtStop(ledger.read, key, applied), sliceResources, pause, () => undefined);
      if (!finished.ok) return finished;
      if (!finished.value.done) return ok(null);
    }
    const cleared = await clearStaged(ledger, key, pause);
    if (!cleared.ok) return cleared;
    if (!(await pause())) return ok(null);
  }
  for (const { job } of jobs) {
    const finished = writeFinished(ledger, grant, job);
    if (!finished.ok) return finished;
  }
  return ok(null);
}
