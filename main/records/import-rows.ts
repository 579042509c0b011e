import { z } from 'zod';
import { RecordId } from '../../shared/base/ids.ts';
import type { FileReport } from '../../shared/ipc/rows-system.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

/**
 * What the vault remembers of imports under way, so that a power cut leaves nothing half: a row for the import as a
 * whole, and one for each of its files that is staged.
 */

const count = z.int().min(0);
const TallyKept = z.object({
  file: z.string(),
  bytes: z.number(),
  read: z.record(z.string(), count),
  taken: count,
  alreadyPresent: count,
  skipped: z.array(z.object({ entry: z.string(), reason: z.string() })),
  skippedCount: count,
});

/** `staging`: being read. `staged`: read and found good. `applying`: will be there whole. `applied`: is, and may be cleared away. */
export const StageState = z.enum(['staging', 'staged', 'applying', 'applied']);
export type StageState = z.infer<typeof StageState>;
const StagedBody = z.object({ of: z.literal('file'), job: z.string(), sha256: z.string().nullable(), tally: TallyKept });
const JobBody = z.object({ of: z.literal('job'), files: count, taken: count, refused: count });
export type JobBody = z.infer<typeof JobBody>;
const NamesKept = z.array(z.tuple([z.string(), RecordId.nullable()]));

export type StagedRow = { readonly key: string; readonly state: StageState; readonly applied: number; readonly body: z.infer<typeof StagedBody> };
export type JobRow = { readonly job: string; readonly body: JobBody };

export function insertJob(write: WriteHandle, job: string, user: string, files: number): void {
  const body: JobBody = { of: 'job', files, taken: 0, refused: 0 };
  write.run("INSERT INTO import_job (job, user, file, state, applied, body) VALUES (?, ?, '', 'open', 0, ?)", job, user, JSON.stringify(body));
}

/** Counts a file that is done, in the commit of its `import.file` entry. */
export function countFile(write: WriteHandle, job: string, report: FileReport): void {
  const row = readJob(write, job);
  if (row === undefined) return;
  const taken = row.body.taken + (report.outcome === 'taken' ? 1 : 0);
  const refused = row.body.refused + (report.outcome === 'refused' ? 1 : 0);
  write.run('UPDATE import_job SET body = ? WHERE job = ?', JSON.stringify({ ...row.body, taken, refused }), job);
}

export function readJob(read: ReadHandle, job: string): JobRow | undefined {
  const row = read.get('SELECT body FROM import_job WHERE job = ?', job);
  return row === undefined ? undefined : { job, body: JobBody.parse(JSON.parse(String(row['body']))) };
}

export function openJobs(read: ReadHandle): readonly JobRow[] {
  return read.all("SELECT job, body FROM import_job WHERE state = 'open' ORDER BY job").map((row) => ({ job: String(row['job']), body: JobBody.parse(JSON.parse(String(row['body']))) }));
}

export function insertStaged(write: WriteHandle, key: string, user: string, file: string, body: StagedRow['body']): void {
  write.run("INSERT INTO import_job (job, user, file, state, applied, body) VALUES (?, ?, ?, 'staging', -1, ?)", key, user, file, JSON.stringify(body));
}

export function updateStaged(write: WriteHandle, { key, state, applied, body }: StagedRow): void {
  write.run('UPDATE import_job SET state = ?, applied = ?, body = ? WHERE job = ?', state, applied, JSON.stringify(body), key);
}

export function stagedRow(read: ReadHandle, key: string): StagedRow | undefined {
  return read.all('SELECT job, state, applied, body FROM import_job WHERE job = ?', key).map(toStaged)[0];
}

export function stagedRows(read: ReadHandle): readonly StagedRow[] {
  return read.all("SELECT job, state, applied, body FROM import_job WHERE state <> 'open' ORDER BY job").map(toStaged);
}

function toStaged(row: Readonly<Record<string, unknown>>): StagedRow {
  return { key: String(row['job']), state: StageState.parse(row['state']), applied: Number(row['applied']), body: StagedBody.parse(JSON.parse(String(row['body']))) };
}

export function deleteRow(write: WriteHandle, key: string): void {
  write.run('DELETE FROM import_job WHERE job = ?', key);
}

/** The block that holds the names of the batch at the moment a file begins to be applied. */
const NAMES_ITEM = -1;

export function keepNames(write: WriteHandle, key: string, names: readonly (readonly [string, RecordId | null])[]): void {
  if (names.length > 0) write.run('INSERT INTO import_stage (job, item, reference, resource) VALUES (?, ?, NULL, ?)', key, NAMES_ITEM, JSON.stringify(names));
}

export function keptNames(read: ReadHandle, key: string): readonly (readonly [string, RecordId | null])[] {
  const row = read.get('SELECT resource FROM import_stage WHERE job = ? AND item = ?', key, NAMES_ITEM);
  return row === undefined ? [] : NamesKept.parse(JSON.parse(String(row['resource'])));
}
