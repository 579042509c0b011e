import { assertHolds, ok, type Result } from '../../shared/base/result.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import type { ImportLimits } from './import-limits.ts';
import { createFileReader, type FileReader } from './import-reader.ts';
import { fileReport } from './import-report.ts';
import { addStaged, openStaged, sealStaged, type StagedFile } from './import-staged.ts';
import type { FileReport } from '../../shared/ipc/rows-system.ts';

export type IntakeWorld = { readonly ledger: Ledger; readonly limits: ImportLimits; readonly job: string; readonly user: string };

/** The file under way: read in memory, and staged while it is being read once it is more than one transaction takes. */
export class FileIntake {
  readonly reader: FileReader;
  readonly #world: IntakeWorld;
  readonly #index: number;
  #staged: StagedFile | null = null;

  constructor(world: IntakeWorld, index: number, file: Pick<FileReport, 'file' | 'bytes'>) {
    this.#world = world;
    this.#index = index;
    this.reader = createFileReader(file.file, file.bytes);
  }

  /** Where the file is staged; null while all of it is in memory. */
  get key(): string | null {
    return this.#staged?.key ?? null;
  }

  feed(piece: Uint8Array): Result<null, StoreFault> {
    const { reader } = this;
    const { smallResources, smallCharacters, sliceResources, sliceCharacters } = this.#world.limits;
    reader.feed(piece);
    const { pendingResources, pendingCharacters } = reader;
    const begun = this.#staged !== null;
    const fits = begun ? pendingResources < sliceResources && pendingCharacters < sliceCharacters : pendingResources <= smallResources && pendingCharacters <= smallCharacters;
    if (fits || reader.fault !== null) return ok(null);
    // A large file of another release is stopped here rather than staged whole; the end judges it once more.
    if (!begun) reader.judgeVersion();
    return reader.fault === null ? this.#stage() : ok(null);
  }

  /** Stages what is still in memory and marks the file as read whole and good. Gives its key. */
  seal(sha256: string): Result<string, StoreFault> {
    const staged = this.#stage();
    if (!staged.ok) return staged;
    const { key } = this;
    assertHolds(key !== null, 'staging gives a file its key');
    const sealed = sealStaged(this.#world.ledger, key, this.reader.tally, sha256);
    return sealed.ok ? ok(key) : sealed;
  }

  /** What the file has come to so far. */
  report(outcome: FileReport['outcome']): FileReport {
    return fileReport(this.reader.tally, outcome, this.reader.fault);
  }

  #stage(): Result<null, StoreFault> {
    const { ledger, job, user } = this.#world;
    if (this.#staged === null) {
      const opened = openStaged(ledger, job, this.#index, user, this.reader.tally);
      if (!opened.ok) return opened;
      this.#staged = opened.value;
    }
    const added = addStaged(ledger, this.#staged, this.reader.take());
    if (!added.ok) return added;
    this.#staged = added.value;
    return ok(null);
  }
}
