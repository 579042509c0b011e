import { ok, type Result } from '../../shared/base/result.ts';
import type { FileReport } from '../../shared/ipc/rows-system.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import { applyIncoming } from './import-apply.ts';
import type { Incoming } from './import-incoming.ts';
import type { BatchNames } from './import-names.ts';
import { copyTally, fileBody, fileReport, type Tally } from './import-report.ts';
import { countFile, deleteRow, insertJob, readJob } from './import-rows.ts';

/** The commits of an import that are one transaction each. */

export function writeStarted(ledger: Ledger, grant: Grant, job: string, user: string, files: number): Result<null, StoreFault> {
  return ledger.transact(grant, (tx) => {
    insertJob(tx.write, job, user, files);
    tx.append({ kind: 'import.started', body: { job, files } });
    return ok(null);
  });
}

/** A file that has been read whole, found good and is kept in memory. */
export type ReadyFile = { readonly index: number; readonly incoming: readonly Incoming[]; readonly tally: Tally; readonly sha256: string };

/** Files that fit into one transaction together, each with the entry that reports it; gives their reports. */
export function takeReady(ledger: Ledger, grant: Grant, job: string, files: readonly ReadyFile[], names: BatchNames): Result<readonly FileReport[], StoreFault> {
  return ledger.transact(grant, (tx) =>
    ok(
      files.map(({ incoming, tally, sha256 }) => {
        const counted = copyTally(tally);
        applyIncoming(tx, incoming, names, counted);
        const report = fileReport(counted, 'taken', null);
        tx.append({ kind: 'import.file', body: fileBody(job, report, sha256) });
        countFile(tx.write, job, report);
        return report;
      }),
    ),
  );
}

/** A file of which nothing is taken. */
export function writeFileEntry(ledger: Ledger, grant: Grant, job: string, report: FileReport, sha256: string | null): Result<null, StoreFault> {
  return ledger.transact(grant, (tx) => {
    tx.append({ kind: 'import.file', body: fileBody(job, report, sha256) });
    countFile(tx.write, job, report);
    return ok(null);
  });
}

/** The entry that ends an import, and with it the row that remembered it. */
export function writeFinished(ledger: Ledger, grant: Grant, job: string): Result<null, StoreFault> {
  return ledger.transact(grant, (tx) => {
    const row = readJob(tx.write, job);
    if (row === undefined) return ok(null);
    const { files, taken, refused } = row.body;
    tx.append({ kind: 'import.finished', body: { job, files, taken, refused } });
    deleteRow(tx.write, job);
    return ok(null);
  });
}
