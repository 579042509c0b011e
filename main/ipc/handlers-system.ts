import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { utf8 } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCodeOf } from '../../shared/base/system-code.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { LANE_NAMES } from '../../shared/ipc/rows-system.ts';
import { readTrail, trailLines, type Verified } from '../audit/audit.ts';
import { exportRecords, type Imports } from '../records/records.ts';
import type { Syncing } from '../sync/sync.ts';
import type { Handlers } from './handler.ts';
import type { Workstation } from './workstation.ts';

/** Import, export, jobs, sync, audit. */

type SystemHandlers = Pick<Handlers, Extract<keyof Handlers, `${'import' | 'job' | 'export' | 'sync' | 'snapshot' | 'neighbours' | 'audit'}.${string}`>>;
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
    async 'export.toPath'({ input, grant, workstation }) {
      const caller = workstation.caller();
      if (caller === null) return refuse('LOCKED');
      const opened = workstation.required();
      return intoNewFile(input.path, () => opened.ledger.append(grant, [{ kind: 'export.made', body: { what: 'export.toPath', begun: true } }]), async (file) => {
        const made = await exportRecords({
          read: opened.ledger.read,
          patient: input.patient,
          format: input.format,
          maySee: (patient) => workstation.access.maySee(patient, 'export.run', caller, workstation.circumstances()),
          write: async (chunk) => writeFileSync(file, chunk),
          yieldNow: async () => {
            await yieldNow();
            if (workstation.opened() !== opened) throw new LockedMeanwhile();
          },
        });
        return workstation.opened() === opened ? ok(made) : refuse('LOCKED');
      });
    },

    'neighbours.status': () => ok(syncing().neighbours.view()),
    'neighbours.answer': ({ input, grant }) => syncing().neighbours.answer(grant, input.listen),
    'neighbours.set': ({ input, grant }) => syncing().neighbours.setNeighbours(grant, input.neighbours),
    'snapshot.begin': () => syncing().snapshot.begin(),
    'snapshot.chunk': ({ input }) => syncing().snapshot.chunk(input.file, input.bytes, input.last),
    'snapshot.end': ({ grant }) => syncing().snapshot.end(grant),
    'sync.status': () => ok(syncing().view()),
    'sync.now': ({ grant }) => syncing().now(grant),
    'sync.stop': ({ grant }) => syncing().stop(grant),
    'sync.enrol': ({ input, grant }) => syncing().enrol(grant, input.code),
    'sync.provision': ({ input, grant }) => syncing().provision(grant, input.path, yieldNow),

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
      return intoNewFile(input.path, () => audit.checkpoint(grant), async (file) => {
        const { head } = ledger.state();
        let lines = 0;
        let bytes = 0;
        for (const line of trailLines(ledger.read, input.from, input.to)) {
          const chunk = utf8(`${JSON.stringify(line)}\n`);
          writeFileSync(file, chunk);
          bytes += chunk.length;
          lines += 1;
        }
        return ok({ lines, bytes, head });
      });
    },
  };
}

/** The vault was locked between two slices; nobody's permission is left to go on with. */
class LockedMeanwhile extends Error {}

type ExportFault = 'FILE_UNREADABLE' | 'LOCKED' | 'DISK_FULL';

/**
 * Writes a new file whole or leaves none. `before` puts into the trail that data is about to leave; without that entry
 * there is no file.
 */
async function intoNewFile<Value, Code extends string>(path: string, before: () => Result<unknown, Code>, work: (file: number) => Promise<Result<Value, ExportFault>>): Promise<Result<Value, Code | ExportFault>> {
  const file = openNew(path);
  if (file === undefined) return refuse('FILE_UNREADABLE');
  let whole = false;
  try {
    const traced = before();
    if (!traced.ok) return traced;
    const outcome = await work(file);
    fsyncSync(file);
    whole = outcome.ok;
    return outcome;
  } catch (error) {
    if (error instanceof LockedMeanwhile) return refuse('LOCKED');
    if (systemCodeOf(error) === 'ENOSPC') return refuse('DISK_FULL');
    throw error;
  } finally {
    closeSync(file);
    if (!whole) rmSync(path, { force: true });
  }
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
async function inSlices(workstation: Workstation, yieldNow: () => Promise<void>): Promise<Verified | undefined> {
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

function report(verification: Verified, head: string, milliseconds: number): CallOutput<'audit.verify'> {
  const [first] = verification.problems;
  return {
    ok: verification.problems.length === 0,
    entries: verification.entries,
    segments: verification.segments,
    checkpoints: verification.checkpoints,
    firstBad: first === undefined ? null : { entry: first.entry, position: first.position, problem: first.problem },
    problems: verification.problems.slice(0, PROBLEMS_SHOWN_MAX).map(({ entry, problem }) => ({ where: entry, problem })),
    cosigned: verification.cosigned,
    lags: verification.lags.slice(0, PROBLEMS_SHOWN_MAX).map(({ deviceName, lane, held, sealed, sealedAt, alarm }) => ({ deviceName, lane: LANE_NAMES[lane], held, sealed, sealedAt, alarm })),
    deliberate: verification.deliberate,
    projection: verification.projection,
    head,
    milliseconds,
  };
}
