import { utf8 } from '../../shared/base/bytes.ts';
import { assertHolds, ok, type Result } from '../../shared/base/result.ts';
import type { FileReport } from '../../shared/ipc/rows-system.ts';
import { identifyImported } from '../../shared/records/imported-identity.ts';
import { namesOfResource } from '../../shared/records/references.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { ReadHandle, StoreFault } from '../store/store.ts';
import { applyIncoming } from './import-apply.ts';
import type { Incoming } from './import-incoming.ts';
import { BatchNames } from './import-names.ts';
import { madeEarlier } from './import-present.ts';
import { copyTally, fileBody, fileReport, type Tally } from './import-report.ts';
import { countFile, deleteRow, insertStaged, keepNames, keptNames, stagedRow, updateStaged } from './import-rows.ts';
import { nextBlock, patientBlocks, removeSomeBlocks, writeBlocks } from './import-stage.ts';

/** A file that is staged before it is applied: too large for one transaction, or waiting for its patients. */

export type StagedFile = {
  readonly key: string;
  /** Number of the next block. */
  readonly next: number;
};

/** Between two slices; false when the work has to stop there. */
export type Pause = () => Promise<boolean>;

export function openStaged(ledger: Ledger, job: string, index: number, user: string, tally: Tally): Result<StagedFile, StoreFault> {
  const key = `${job}/${index}`;
  return ledger.keep((write) => {
    insertStaged(write, key, user, tally.file, { of: 'file', job, sha256: null, tally });
    return ok({ key, next: 0 });
  });
}

export function addStaged(ledger: Ledger, file: StagedFile, incoming: readonly Incoming[]): Result<StagedFile, StoreFault> {
  return ledger.keep((write) => ok({ ...file, next: writeBlocks(write, file.key, file.next, incoming) }));
}

/** All of the file has been read and found good. */
export function sealStaged(ledger: Ledger, key: string, tally: Tally, sha256: string): Result<null, StoreFault> {
  return ledger.keep((write) => {
    const row = stagedRow(write, key);
    assertHolds(row !== undefined, 'a staged file has its row');
    updateStaged(write, { ...row, state: 'staged', body: { ...row.body, sha256, tally } });
    return ok(null);
  });
}

/** From here on the file will be there whole, whatever happens to the machine. */
export function beginApplying(ledger: Ledger, key: string, names: BatchNames): Result<null, StoreFault> {
  return ledger.keep((write) => {
    const row = stagedRow(write, key);
    assertHolds(row?.state === 'staged', 'only what has been read whole is applied');
    keepNames(write, key, names.entries());
    updateStaged(write, { ...row, state: 'applying' });
    return ok(null);
  });
}

export type Applied = { readonly report: FileReport; readonly done: boolean };

/**
 * Applies the file slice by slice, each slice one commit that also notes how far it got; the last one carries the
 * `import.file` entry. Stops between slices where `pause` says so, and goes on from there when called again.
 */
export async function applyStaged(ledger: Ledger, grant: Grant, key: string, names: BatchNames, sliceResources: number, pause: Pause, onSlice: (report: FileReport) => void): Promise<Result<Applied, StoreFault>> {
  for (;;) {
    const slice = ledger.transact<Applied, never>(grant, (tx) => {
      const row = stagedRow(tx.write, key);
      assertHolds(row?.state === 'applying', 'a file is applied once');
      const tally = copyTally(row.body.tally);
      let { applied } = row;
      let done = false;
      for (let resources = 0; !done && resources < sliceResources; ) {
        const block = nextBlock(tx.write, key, applied);
        done = block === undefined;
        if (block === undefined) break;
        applyIncoming(tx, block.incoming, names, tally);
        applied = block.item;
        resources += block.incoming.length;
      }
      const report = fileReport(tally, done ? 'taken' : 'waiting', null);
      if (done) {
        tx.append({ kind: 'import.file', body: fileBody(row.body.job, report, row.body.sha256) });
        countFile(tx.write, row.body.job, report);
      }
      updateStaged(tx.write, { key, state: done ? 'applied' : 'applying', applied, body: { ...row.body, tally } });
      return ok({ report, done });
    });
    if (!slice.ok) return slice;
    onSlice(slice.value.report);
    if (slice.value.done || !(await pause())) return slice;
  }
}

/** Clears a file's staging away in bounded steps; what a stop leaves is cleared at the next start. */
export async function clearStaged(ledger: Ledger, key: string, pause: Pause): Promise<Result<null, StoreFault>> {
  for (;;) {
    const step = ledger.keep<boolean, never>((write) => {
      const more = removeSomeBlocks(write, key);
      if (!more) deleteRow(write, key);
      return ok(more);
    });
    if (!step.ok) return step;
    if (!step.value || !(await pause())) return ok(null);
  }
}

/** The names of the batch as they were when a file's applying was cut short: those kept, and those of its patients that are in. */
export function namesAtStop(read: ReadHandle, key: string, applied: number): BatchNames {
  const names = new BatchNames(keptNames(read, key));
  for (const { incoming } of patientBlocks(read, key, applied)) {
    for (const patient of incoming) {
      const identity = identifyImported(patient.type, patient.id, patient.fullUrl);
      const made = madeEarlier(read, patient, utf8(patient.text), null);
      if (made !== null) names.add(namesOfResource(patient.type, patient.id, patient.fullUrl), made);
      else if (identity.recordId !== null) names.add(identity.names, identity.recordId);
    }
  }
  return names;
}
