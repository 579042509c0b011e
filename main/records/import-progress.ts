import { assertHolds } from '../../shared/base/result.ts';
import type { FileReport, JobView } from '../../shared/ipc/rows-system.ts';
import type { FileFault } from './import-faults.ts';
import { fileReport, newTally } from './import-report.ts';

export type DeclaredFile = { readonly name: string; readonly bytes: number };
const CANCELLED: FileFault = { code: 'CANCELLED', where: null };

/** What the onlooker is shown of an import: the report of every file, and bytes that never go back. */
export class ImportProgress {
  readonly #reports: FileReport[];
  readonly #sizes: readonly number[];
  readonly #total: number;
  #behind = 0;
  #under = 0;
  #shown = 0;

  constructor(files: readonly DeclaredFile[]) {
    this.#reports = files.map(({ name, bytes }) => fileReport(newTally(name, bytes), 'waiting', null));
    this.#sizes = files.map(({ bytes }) => bytes);
    this.#total = this.#sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  get files(): number {
    return this.#reports.length;
  }

  reportAt(index: number): FileReport {
    const report = this.#reports[index];
    assertHolds(report !== undefined, 'an import is fed the files it named');
    return report;
  }

  report(index: number, report: FileReport): void {
    this.#reports[index] = report;
  }

  read(bytes: number): void {
    this.#under += bytes;
  }

  fileRead(index: number): void {
    this.#behind += this.#sizes[index] ?? 0;
    this.#under = 0;
  }

  /** Files that have come to nothing yet come to this. */
  endWaiting(turn: (report: FileReport, index: number) => FileReport): void {
    for (const [index, report] of this.#reports.entries()) if (report.outcome === 'waiting') this.#reports[index] = turn(report, index);
  }

  cancelWaiting(): void {
    this.endWaiting((report) => ({ ...report, outcome: 'cancelled', fault: CANCELLED }));
  }

  /** Of the cancelled files those of which something had been read. */
  readButNotTaken(): readonly FileReport[] {
    return this.#reports.filter(({ outcome, read, skippedCount }) => outcome === 'cancelled' && (skippedCount > 0 || Object.keys(read).length > 0));
  }

  view(job: string, state: JobView['state'], fault: string | null): JobView {
    const done = state === 'done' ? this.#total : Math.min(this.#total, this.#behind + this.#under);
    this.#shown = Math.max(this.#shown, done);
    return { job, type: 'import', state, done: this.#shown, total: this.#total, unit: 'bytes', files: [...this.#reports], fault };
  }
}
