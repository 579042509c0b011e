import type { z } from 'zod';
import type { ImportFileBody } from '../../shared/ledger/bodies.ts';
import type { FileReport } from '../../shared/ipc/rows-system.ts';
import type { FileFault } from './import-faults.ts';

/** Entries that are listed with their reason; beyond it they are counted only. */
export const SKIPPED_LISTED_MAX = 200;

/** What a file came to so far. A plain object, so that a staged file's report can be kept beside its staging. */
export type Tally = {
  readonly file: string;
  readonly bytes: number;
  readonly read: Record<string, number>;
  taken: number;
  alreadyPresent: number;
  readonly skipped: { readonly entry: string; readonly reason: string }[];
  skippedCount: number;
};

export function newTally(file: string, bytes: number): Tally {
  return { file, bytes, read: {}, taken: 0, alreadyPresent: 0, skipped: [], skippedCount: 0 };
}

/** Types told apart in one report; FHIR R4 has 148, and a file that invents names gets no more than these. */
const TYPES_COUNTED_MAX = 300;

export function tallyRead({ read }: Tally, type: string): void {
  const counted = Object.hasOwn(read, type) || Object.keys(read).length < TYPES_COUNTED_MAX ? type : 'Other';
  read[counted] = (read[counted] ?? 0) + 1;
}

export function tallySkipped(tally: Tally, entry: string, reason: string): void {
  tally.skippedCount += 1;
  if (tally.skipped.length < SKIPPED_LISTED_MAX) tally.skipped.push({ entry, reason });
}

/** A transaction may be rolled back, so it counts on a copy that takes the tally's place after the commit. */
export function copyTally(tally: Tally): Tally {
  return { ...tally, read: { ...tally.read }, skipped: [...tally.skipped] };
}

export function fileReport(tally: Tally, outcome: FileReport['outcome'], fault: FileFault | null): FileReport {
  const { file, bytes, read, taken, alreadyPresent, skipped, skippedCount } = tally;
  return { file, bytes, outcome, fault, read: { ...read }, taken, alreadyPresent, skipped: [...skipped], skippedCount };
}

/** The body of the `import.file` entry. */
export function fileBody(job: string, report: FileReport, sha256: string | null): z.infer<typeof ImportFileBody> {
  const { file, outcome, fault, read, taken, alreadyPresent, skippedCount } = report;
  return { job, file, sha256, outcome, code: fault?.code ?? null, read, taken, alreadyPresent, skipped: skippedCount };
}
