import { json, NDJSON, refusal, type FhirResponse } from './outcome.ts';
import { mayRead, seesRestricted, type ApiClient } from './clients.ts';
import { present } from './present.ts';
import { visible } from './search.ts';
import { dateRange, SEARCH_PARAMETERS, type ProjectionFile } from '../records/records.ts';

/**
 * Bulk Data Access ($export, hl7.org/fhir/uv/bulkdata STU2). A job is a view of the log at one number: its files are
 * made while they are fetched, from the versions of that moment, so that no patient data lies in a file.
 */
export type BulkJob = { readonly id: string; readonly client: string; readonly request: string; readonly at: number; readonly lsn: number; readonly types: readonly string[]; readonly sinceMs: number | null; readonly patientsOnly: boolean };

const JOB_LIFE_MS = 24 * 3_600_000;
const JOBS_MAX = 100;
/** Lines put together before they are written. */
const LINES = 200;
const ID_BYTES = 16;

export type BulkOptions = { readonly file: ProjectionFile; readonly base: string; readonly now: () => number; readonly randomHex: (bytes: number) => string };

export type Bulk = {
  begin(client: ApiClient, request: string, parameters: URLSearchParams, patientsOnly: boolean): FhirResponse;
  status(client: ApiClient, id: string): FhirResponse;
  file(client: ApiClient, id: string, type: string): FhirResponse;
  end(client: ApiClient, id: string): FhirResponse;
};

export function createBulk({ file, base, now, randomHex }: BulkOptions): Bulk {
  const jobs = new Map<string, BulkJob>();
  const jobOf = (client: ApiClient, id: string): BulkJob | null => {
    const job = jobs.get(id);
    if (job === undefined || job.client !== client.id) return null;
    if (now() - job.at <= JOB_LIFE_MS) return job;
    jobs.delete(id);
    return null;
  };
  const gone = (): FhirResponse => refusal('not-found', 'no such export, or it has expired');

  return {
    begin(client, request, parameters, patientsOnly) {
      const format = parameters.get('_outputFormat') ?? 'ndjson';
      if (!['application/fhir+ndjson', 'application/ndjson', 'ndjson'].includes(format)) return refusal('value', '_outputFormat must be ndjson');
      const wanted = (parameters.get('_type') ?? '').split(',').filter((each) => each !== '');
      const unknown = wanted.filter((type) => !Object.hasOwn(SEARCH_PARAMETERS, type));
      if (unknown.length > 0) return refusal('value', '_type names a type that is not kept here');
      const sinceText = parameters.get('_since');
      const since = sinceText === null ? null : dateRange(sinceText.replace(' ', '+'));
      if (sinceText !== null && since === null) return refusal('value', '_since must be an instant');
      const types = (wanted.length > 0 ? wanted : Object.keys(SEARCH_PARAMETERS)).filter((type) => mayRead(client, type));
      if (types.length === 0) return refusal('forbidden', 'no scope for these types');
      for (const job of jobs.values()) if (now() - job.at > JOB_LIFE_MS) jobs.delete(job.id);
      if (jobs.size >= JOBS_MAX) return refusal('throttled', 'too many exports at once', 429, { 'retry-after': '120' });
      const lsn = Number(file.get('SELECT max(lsn) AS lsn FROM resource')?.['lsn'] ?? 0);
      const job: BulkJob = { id: randomHex(ID_BYTES), client: client.id, request, at: now(), lsn, types, sinceMs: since?.low ?? null, patientsOnly };
      jobs.set(job.id, job);
      return { status: 202, headers: { 'content-location': `${base}/$export-status/${job.id}` }, body: null };
    },
    status(client, id) {
      const job = jobOf(client, id);
      if (job === null) return gone();
      const output = job.types.map((type) => ({ type, url: `${base}/$export-file/${id}/${type}`, count: countOf(file, job, type, client) })).filter(({ count }) => count > 0);
      const manifest = { transactionTime: new Date(job.at).toISOString(), request: job.request, requiresAccessToken: true, output, error: [] };
      return json(200, manifest, { 'content-type': 'application/json', expires: new Date(job.at + JOB_LIFE_MS).toUTCString() });
    },
    file(client, id, type) {
      const job = jobOf(client, id);
      if (job === null || !job.types.includes(type) || !mayRead(client, type)) return gone();
      return { status: 200, headers: { 'content-type': NDJSON }, body: linesOf(file, job, type, client) };
    },
    end(client, id) {
      if (jobOf(client, id) === null) return gone();
      jobs.delete(id);
      return { status: 202, headers: {}, body: null };
    },
  };
}

/** The version of each resource that stood at the job's place in the log. */
function fromJob(job: BulkJob, client: ApiClient): { readonly sql: string; readonly values: (type: string) => readonly (string | number)[] } {
  const since = job.sinceMs === null ? '' : ' AND v.updated_at > ?';
  const patients = job.patientsOnly ? ' AND r.patient IS NOT NULL' : '';
  return {
    sql: `FROM resource AS r JOIN version AS v ON v.id = r.id AND v.lsn = (SELECT max(w.lsn) FROM version AS w WHERE w.id = r.id AND w.lsn <= ?) WHERE r.type = ?${since}${patients} AND ${visible({ restricted: seesRestricted(client) })}`,
    values: (type) => [job.lsn, type, ...(job.sinceMs === null ? [] : [job.sinceMs])],
  };
}

function countOf(file: ProjectionFile, job: BulkJob, type: string, client: ApiClient): number {
  const { sql, values } = fromJob(job, client);
  return Number(file.get(`SELECT count(*) AS n ${sql}`, ...values(type))?.['n'] ?? 0);
}

/** In bounded pages by id, so that following the log goes on while a slow client reads. */
async function* linesOf(file: ProjectionFile, job: BulkJob, type: string, client: ApiClient): AsyncGenerator<string> {
  const { sql, values } = fromJob(job, client);
  let after = '';
  for (;;) {
    const rows = file.all(`SELECT r.id, r.type, v.lsn, v.updated_at, v.conflicts, v.text ${sql} AND r.id > ? ORDER BY r.id LIMIT ?`, ...values(type), after, LINES);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = String(last['id']);
    yield rows.map((row) => `${present(file, row).text}\n`).join('');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
