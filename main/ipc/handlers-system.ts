import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { ok, refuse } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { readTrail, trailLines, type Verification } from '../audit/audit.ts';
import { exportRecords, type Imports } from '../records/records.ts';
import type { Syncing } from '../sync/sync.ts';
import type { Handlers } from './handler.ts';
import type { Workstation } from './workstation.ts';

/** Import, export, jobs, sync, audit. */

type SystemHandlers = Pick<Handlers, Extract<keyof Handlers, `${'import' | 'job' | 'export' | 'sync' | 'audit'}.${string}`>>;
/** What exists only while the vault is open. */
export type Services = { readonly imports: () => Imports; readonly syncing: () => Syncing; readonly yieldNow: () => Promise<void> };

const PROBLEMS_SHOWN_MAX = 50;

export function systemHandlers({ imports, syncing, yieldNow }: Services): SystemHandlers {
  return {
    'import.begin': ({ input, grant }) => imports().begin(grant, input.files),
    'import.chunk': ({ input }) => imports().chunk(input.job, input.file, input.bytes, input.last),
    'import.paths': ({ input, grant }) => imports().fromPaths(grant, input.paths),
    'job.view'({ input }) {
      const view = imports().view(input.job);
      return view === undefined ? refuse('NOT_FOUND') : ok(view);
    },
    'job.cancel'({ input }) {
      const view = imports().cancel(input.job);
      return view === undefined ? refuse('NOT_FOUND') : ok(view);
    },
    async 'export.toPath'({ input, workstation }) {
      const caller = workstation.caller();
      if (caller === null) return refuse('LOCKED');
      const file = openNew(input.path);
      if (file === undefined) return refuse('FILE_UNREADABLE');
      try {
        const made = await exportRecords({
          read: workstation.required().ledger.read,
          patient: input.patient,
          format: input.format,
          maySee: (patient) => workstation.access.maySee(patient, 'export.run', caller, workstation.circumstances()),
          write: async (chunk) => void writeSync(file, chunk),
          yieldNow,
        });
        fsyncSync(file);
        return ok(made);
      } finally {
        closeSync(file);
      }
    },

    'sync.status': () => ok(syncing().view()),
    'sync.now': ({ grant }) => syncing().now(grant),
    'sync.enrol': ({ input, grant }) => syncing().enrol(grant, input.code),

    'audit.patient': ({ input, workstation }) => ok(readTrail(workstation.required().ledger.read, { ...input, userName: null, kinds: [], refusedOnly: false, from: null, to: null })),
    'audit.list': ({ input, workstation }) => ok(readTrail(workstation.required().ledger.read, { ...input, patient: null })),
    async 'audit.verify'({ grant, workstation }) {
      const { ledger } = workstation.required();
      const started = workstation.world.clock.monotonic();
      const verification = await inSlices(workstation, yieldNow);
      if (verification === undefined) return refuse('LOCKED');
      const written = ledger.append(grant, [{ kind: 'audit.verified', body: { ok: verification.problems.length === 0, entries: verification.entries, firstBad: verification.problems[0]?.entry ?? null } }]);
      return written.ok ? ok(report(verification, ledger.state().head, workstation.world.clock.monotonic() - started)) : written;
    },
    async 'audit.export'({ input, grant, workstation }) {
      const { ledger, audit } = workstation.required();
      const file = openNew(input.path);
      if (file === undefined) return refuse('FILE_UNREADABLE');
      try {
        audit.checkpoint(grant);
        const { head } = ledger.state();
        let lines = 0;
        let bytes = 0;
        for (const line of trailLines(ledger.read, input.from, input.to)) {
          bytes += writeSync(file, `${JSON.stringify(line)}\n`);
          lines += 1;
        }
        fsyncSync(file);
        return ok({ lines, bytes, head });
      } finally {
        closeSync(file);
      }
    },
  };
}

/** Creates a file that is not there yet, readable by its owner alone. */
function openNew(path: string): number | undefined {
  try {
    return openSync(path, 'wx', 0o600);
  } catch {
    return undefined;
  }
}

/** Verification in slices, so that whoever is charting does not wait; undefined when the vault was locked meanwhile. */
async function inSlices(workstation: Workstation, yieldNow: () => Promise<void>): Promise<Verification | undefined> {
  const opened = workstation.required();
  const steps = opened.audit.verify();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    workstation.emit('job.changed', { job: 'verify' });
    await yieldNow();
    if (workstation.opened() !== opened) {
      return undefined;
    }
  }
}

function report(verification: Verification, head: string, milliseconds: number): CallOutput<'audit.verify'> {
  const [first] = verification.problems;
  return {
    ok: verification.problems.length === 0,
    entries: verification.entries,
    segments: verification.segments,
    checkpoints: verification.checkpoints,
    firstBad: first === undefined ? null : { entry: first.entry, position: first.position, problem: first.problem },
    problems: verification.problems.slice(0, PROBLEMS_SHOWN_MAX).map(({ entry, problem }) => ({ where: entry, problem })),
    projection: verification.projection,
    head,
    milliseconds,
  };
}
