import { resolve } from 'node:path';
import { RecordId } from '../../shared/base/ids.ts';
import { refuse } from '../../shared/base/result.ts';
import type { FileReport, JobView } from '../../shared/ipc/rows-system.ts';
import { done, refused, usage, type Outcome } from './outcome.ts';
import { progressLine } from './progress.ts';
import { call, one, signedIn, type Cli } from './session.ts';

/** Import, export, search. */

const POLL_MS = 200;
const SEARCH_LIMIT_DEFAULT = '20';
const SEARCH_LIMIT_MAX = 50;

export async function importFiles(cli: Cli): Promise<Outcome> {
  if (cli.operands.length === 0) return usage('import needs a file or a folder');
  return signedIn(cli, async () => {
    const begun = await call(cli, 'import.paths', { paths: cli.operands.map((path) => resolve(path)) });
    if (!begun.ok) return refused(begun.fault);
    const { job } = begun.value;
    cli.onInterrupt(() => void call(cli, 'job.cancel', { job }));
    const draw = progressLine(cli.terminal);
    for (;;) {
      const view = await call(cli, 'job.view', { job });
      if (!view.ok) return refused(view.fault);
      draw(view.value);
      if (view.value.state !== 'running') return importOutcome(view.value);
      await cli.working(cli.wait(POLL_MS));
    }
  });
}

/** Done only when every file was taken. What became of each is told whichever way it ended. */
export function importOutcome({ state, files, fault }: Pick<JobView, 'state' | 'files' | 'fault'>): Outcome {
  const lines = files.length === 0 ? ['no files there'] : files.map(fileLine);
  const counts = { files: files.length, refused: files.filter(({ outcome }) => outcome === 'refused').length };
  if (state === 'cancelled') return refused(refuse('CANCELLED', counts).fault, { files }, lines);
  if (state !== 'done') return refused(refuse(fault ?? 'INTERNAL', counts).fault, { files }, lines);
  return counts.refused > 0 ? refused(refuse('FILES_REFUSED', counts).fault, { files }, lines) : done({ files, state }, lines);
}

function fileLine({ file, outcome, fault, taken, alreadyPresent, skippedCount }: FileReport): string {
  if (outcome === 'taken') return `${file}: ${taken} taken, ${alreadyPresent} already there, ${skippedCount} skipped`;
  return `${file}: ${outcome}${fault === null ? '' : ` ${fault.code}${fault.where === null ? '' : ` (${fault.where})`}`}`;
}

export async function exportRecords(cli: Cli): Promise<Outcome> {
  const { out, patient, format = 'bundle' } = cli.options;
  const id = patient === undefined ? null : RecordId.safeParse(patient);
  if (out === undefined || (format !== 'bundle' && format !== 'ndjson') || (id !== null && !id.success)) return usage('export needs --out FILE, and takes --patient ID and --format bundle|ndjson');
  const input = { patient: id === null ? null : id.data, format, path: resolve(out) } as const;
  return signedIn(cli, () => one(cli, 'export.toPath', input, ({ resources, bytes }) => [`${resources} resources, ${bytes} bytes written to ${out}`]));
}

export async function search(cli: Cli): Promise<Outcome> {
  if (cli.operands.length === 0) return usage('search needs words');
  const limit = Number(cli.options['limit'] ?? SEARCH_LIMIT_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > SEARCH_LIMIT_MAX) return usage(`--limit takes 1 to ${SEARCH_LIMIT_MAX}`);
  return signedIn(cli, () =>
    one(cli, 'patients.search', { text: cli.operands.join(' '), limit }, ({ patients }) =>
      patients.map(({ patient, family, given, birthDate, sex, number, matchedBy }) => `${patient}  ${family.toUpperCase()}, ${given}  born ${birthDate ?? 'not known'}  ${sex}  ${number ?? ''}  [${matchedBy.join(', ')}]`),
    ),
  );
}
