import { toHex } from '../../shared/base/bytes.ts';
import { assertHolds, ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import { splitEntryId } from '../../shared/base/ids.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { ReadHandle, StoreFault } from '../store/store.ts';
import { IDLE_MAX_MS, IMPORT_LIMITS, JOBS_KEPT, type ImportLimits } from './import-limits.ts';
import { feedFromSource, feedWindow, listAll } from './import-feed.ts';
import type { DeclaredFile } from './import-progress.ts';
import { resumeImports, unfinishedImports } from './import-resume.ts';
import { ImportRun, type RunWorld } from './import-run.ts';
import type { FileSource } from './import-source.ts';

/**
 * Takes files of FHIR R4 JSON into the vault. Promises: a file is there whole or not at all, also after a kill; each
 * resource is one ledger entry with its text as it came; nothing is taken twice; a nurse's write waits for one slice
 * at most; every file leaves an entry that says what became of it.
 */
export interface Imports {
  /** From the window: names the files, whose bytes then come by `chunk`. One import at a time. */
  begin(grant: Grant, files: readonly DeclaredFile[]): Result<{ readonly job: string }, 'BUSY' | StoreFault>;
  /**
   * The next bytes of a file, in order; `last` with its last ones (or none). A later file may begin once the present
   * one has been refused; if it begins before that, the present one counts as cut off.
   */
  chunk(job: string, file: number, bytes: Uint8Array, last: boolean): Promise<Result<JobView, 'CANCELLED' | 'NOT_FOUND' | StoreFault>>;
  /** From the command line: files and folders by path. Returns once they are listed and goes on in the background. */
  fromPaths(grant: Grant, paths: readonly string[]): Promise<Result<{ readonly job: string }, 'FILE_UNREADABLE' | 'BUSY' | StoreFault>>;
  view(job: string): JobView | undefined;
  /** What is being applied is finished first, so the view may still say `running`. */
  cancel(job: string): JobView | undefined;
  /** Resolves when the import is over, however it ended. */
  finished(job: string): Promise<JobView>;
  /** After a start: finishes what a kill or a lock cut short. An import that is begun meanwhile waits for it. */
  resume(grant: Grant): Promise<Result<null, StoreFault>>;
  /** Before the vault is closed: resolves once nothing of an import is under way. */
  close(): Promise<void>;
}

export type ImportWorld = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: FileSource;
  /** Lets whatever else is waiting have its turn. */
  readonly yieldNow: () => Promise<void>;
  readonly onChange: (job: string) => void;
  /** A broken assumption in an import that nobody awaits. */
  readonly onError?: (error: unknown) => void;
  readonly freeBytes?: () => number | null;
  readonly limits?: ImportLimits;
};

const JOB_ID_BYTES = 8;

export function createImports(world: ImportWorld): Imports {
  const { ledger, clock, random, source, yieldNow, onChange, limits = IMPORT_LIMITS } = world;
  const runWorld: RunWorld = { ledger, yieldNow, onChange, limits, freeBytes: world.freeBytes ?? (() => null) };
  const runs = new Map<string, ImportRun>();
  let present: ImportRun | null = null;
  /** Monotonic milliseconds of the last sign of whoever feeds the present import; infinite while it feeds itself. */
  let lastSign = 0;
  let closed = false;
  let underWay = 0;
  let steps: Promise<unknown> = Promise.resolve();

  /** Steps of imports run one after the other; one that breaks ends its import. */
  const inTurn = <Value>(run: ImportRun | null, step: () => Promise<Value>): Promise<Value> => {
    underWay += 1;
    const turn = steps.then(step).finally(() => void (underWay -= 1));
    steps = turn.catch(() => run?.break());
    return turn;
  };
  const unattended = (run: ImportRun | null, step: () => Promise<unknown>): void => {
    inTurn(run, step).catch((error: unknown) => world.onError?.(error));
  };

  const isBusy = (): boolean => {
    if (closed) return true;
    if (present === null || present.over) return false;
    const run = present;
    if (underWay === 0 && clock.monotonic() - lastSign > IDLE_MAX_MS) {
      run.cancel();
      unattended(run, () => run.unwindIfHalted());
    }
    return true;
  };

  const open = (grant: Grant, files: readonly DeclaredFile[]): Result<ImportRun, 'BUSY' | StoreFault> => {
    if (isBusy()) return refuse('BUSY');
    const run = new ImportRun(runWorld, toHex(random.bytes(JOB_ID_BYTES)), grant, userOf(ledger.read, grant), files);
    const started = run.start();
    if (!started.ok) return started;
    present = run;
    lastSign = clock.monotonic();
    runs.set(run.job, run);
    for (const job of runs.keys()) if (runs.size > JOBS_KEPT) runs.delete(job);
    return ok(run);
  };

  return {
    begin(grant, files) {
      const run = open(grant, files);
      return run.ok ? ok({ job: run.value.job }) : run;
    },
    async chunk(job, file, bytes, last) {
      const run = runs.get(job);
      if (run === undefined || run !== present) return refuse('NOT_FOUND');
      return inTurn(run, async () => {
        const fed = await feedWindow(run, file, bytes, last);
        lastSign = clock.monotonic();
        return fed.ok ? ok(run.view()) : fed;
      });
    },
    async fromPaths(grant, paths) {
      if (isBusy()) return refuse('BUSY');
      const files = await listAll(source, paths);
      if (!files.ok) return files;
      const run = open(grant, files.value);
      if (!run.ok) return run;
      unattended(run.value, () => feedFromSource(run.value, source, files.value));
      return ok({ job: run.value.job });
    },
    view: (job) => runs.get(job)?.view(),
    cancel(job) {
      const run = runs.get(job);
      if (run === undefined) return undefined;
      run.cancel();
      unattended(run, () => run.unwindIfHalted());
      return run.view();
    },
    finished(job) {
      const run = runs.get(job);
      assertHolds(run !== undefined, 'only an import that was begun is waited for');
      return run.settled;
    },
    resume(grant) {
      if (isBusy()) return Promise.resolve(ok(null));
      const unfinished = unfinishedImports(ledger.read);
      const pause = async (): Promise<boolean> => {
        await yieldNow();
        return !closed;
      };
      return inTurn(null, () => resumeImports(ledger, grant, unfinished, limits.sliceResources, pause));
    },
    async close() {
      closed = true;
      const run = present;
      run?.stop();
      await inTurn(run, async () => run?.unwindIfHalted());
    },
  };
}

function userOf(read: ReadHandle, grant: Grant): string {
  if (grant.session === null) return 'system';
  const { segment, sequence } = splitEntryId(grant.session);
  const row = read.get('SELECT session.user FROM session JOIN segment ON segment.ref = session.segment WHERE segment.id = ? AND session.sequence = ?', segment, sequence);
  return row === undefined ? 'system' : String(row['user']);
}
