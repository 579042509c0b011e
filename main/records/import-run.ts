import { assertHolds, ok, refuse, type Fault, type Result } from '../../shared/base/result.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import { storeFileFault, type FileFault } from './import-faults.ts';
import { ENCOUNTER_RANK, inOrder } from './import-incoming.ts';
import { GROWTH_WHEN_APPLIED, type ImportLimits } from './import-limits.ts';
import { BatchNames } from './import-names.ts';
import { ImportProgress, type DeclaredFile } from './import-progress.ts';
import { ReadyFiles } from './import-ready.ts';
import { createFileReader, type FileReader } from './import-reader.ts';
import { fileReport } from './import-report.ts';
import { holdsRank } from './import-stage.ts';
import { addStaged, applyStaged, beginApplying, clearStaged, openStaged, sealStaged, type StagedFile } from './import-staged.ts';
import { takeReady, writeFileEntry, writeFinished, writeStarted } from './import-write.ts';

export type RunWorld = {
  readonly ledger: Ledger;
  readonly yieldNow: () => Promise<void>;
  readonly onChange: (job: string) => void;
  /** Free bytes of the disk the vault is on; null where that cannot be known. */
  readonly freeBytes: () => number | null;
  readonly limits: ImportLimits;
};

type Step = Promise<Result<null, StoreFault>>;
/** A file that has been read and waits for the patients of the files after it. */
type Waiting = { readonly index: number; readonly key: string };

/**
 * One import: files that come one after the other, each taken whole or not at all. Whoever feeds it awaits each step
 * before the next; `cancel` and `stop` may come at any time and take effect between two slices.
 */
export class ImportRun {
  readonly job: string;
  readonly #grant: Grant;
  readonly #world: RunWorld;
  readonly #user: string;
  readonly #progress: ImportProgress;
  readonly #names = new BatchNames();
  readonly #settled = Promise.withResolvers<JobView>();
  readonly #ready: ReadyFiles;
  #waiting: readonly Waiting[] = [];
  #state: JobView['state'] = 'running';
  #fault: string | null = null;
  #halt: 'cancel' | 'stop' | null = null;
  #current = 0;
  #applying: number | null = null;
  #reader: FileReader | null = null;
  #staged: StagedFile | null = null;

  constructor(world: RunWorld, job: string, grant: Grant, user: string, files: readonly DeclaredFile[]) {
    this.#world = world;
    this.job = job;
    this.#grant = grant;
    this.#user = user;
    this.#progress = new ImportProgress(files);
    this.#ready = new ReadyFiles(world.limits);
  }

  /** Index of the file whose bytes come next. */
  get current(): number {
    return this.#current;
  }

  get files(): number {
    return this.#progress.files;
  }

  get over(): boolean {
    return this.#state !== 'running';
  }

  get cancelled(): boolean {
    return this.#halt !== null || this.#state === 'cancelled';
  }

  /** What remains of the file under way need not be sent. */
  get refused(): boolean {
    return this.cancelled || this.over || (this.#reader !== null && this.#reader.fault !== null);
  }

  get settled(): Promise<JobView> {
    return this.#settled.promise;
  }

  view(): JobView {
    return this.#progress.view(this.job, this.#state, this.#fault);
  }

  start(): Result<null, StoreFault> {
    return writeStarted(this.#world.ledger, this.#grant, this.job, this.#user, this.files);
  }

  /** Drops what is being read and what has not been read; a file that is being applied is finished first. */
  cancel(): void {
    this.#halt ??= 'cancel';
  }

  /** Like `cancel`, but leaves clearing up and a file that is being applied to the next start. */
  stop(): void {
    this.#halt = 'stop';
  }

  /** The next bytes of the file under way. */
  async feed(bytes: Uint8Array): Step {
    const { feedBytes } = this.#world.limits;
    for (let from = 0; from < bytes.length && !this.refused; from += feedBytes) {
      const piece = bytes.subarray(from, from + feedBytes);
      const reader = this.#open();
      reader.feed(piece);
      this.#progress.read(piece.length);
      const staged = this.#stageIfLarge(reader);
      if (!staged.ok) return this.#fail(staged.fault);
      await this.#world.yieldNow();
    }
    this.#world.onChange(this.job);
    return this.unwindIfHalted();
  }

  /** The file under way has no more bytes, or gets no more because of `fault`. */
  async endFile(fault: FileFault | null = null): Step {
    if (this.over || this.cancelled) return this.unwindIfHalted();
    const reader = this.#open();
    if (fault !== null) reader.refuse(fault);
    reader.end();
    const ended = await this.#judge(reader);
    if (!ended.ok) return this.#fail(ended.fault);
    this.#progress.fileRead(this.#current);
    this.#reader = null;
    this.#staged = null;
    this.#current += 1;
    this.#world.onChange(this.job);
    if (this.#current === this.files && !this.cancelled) return this.#finish();
    return this.unwindIfHalted();
  }

  /** An import that found no file ends at once. */
  async finishEmpty(): Step {
    return this.over ? ok(null) : this.#finish();
  }

  /** A defect of ours: the transaction has been rolled back, and the import ends here. */
  break(): void {
    this.#fault = 'INTERNAL';
    if (!this.over) this.#settle('failed');
  }

  /** Takes effect of a `cancel` or `stop` while no step is under way. */
  async unwindIfHalted(): Step {
    if (this.over || this.#halt === null) return ok(null);
    const reading = this.#reader === null ? null : fileReport(this.#reader.tally, 'cancelled', { code: 'CANCELLED', where: null });
    if (this.#halt === 'stop') {
      this.#settle('cancelled');
      return ok(null);
    }
    if (reading !== null) this.#progress.report(this.#current, reading);
    this.#progress.cancelWaiting();
    const begun = this.#progress.readButNotTaken();
    for (const report of begun) {
      const written = writeFileEntry(this.#world.ledger, this.#grant, this.job, report, null);
      if (!written.ok) return this.#fail(written.fault);
    }
    for (const { key } of [...this.#waiting, ...(this.#staged === null ? [] : [this.#staged])]) {
      const cleared = await clearStaged(this.#world.ledger, key, this.#yield);
      if (!cleared.ok) return this.#fail(cleared.fault);
    }
    return this.#close('cancelled');
  }

  #open(): FileReader {
    const report = this.#progress.reportAt(this.#current);
    this.#reader ??= createFileReader(report.file, report.bytes);
    return this.#reader;
  }

  /** Beyond what one transaction takes, a file is staged while it is being read. */
  #stageIfLarge(reader: FileReader): Result<null, StoreFault> {
    const { smallResources, smallCharacters, sliceResources, sliceCharacters } = this.#world.limits;
    const { pendingResources, pendingCharacters } = reader;
    const begun = this.#staged !== null;
    const fits = begun ? pendingResources < sliceResources && pendingCharacters < sliceCharacters : pendingResources <= smallResources && pendingCharacters <= smallCharacters;
    if (fits || reader.fault !== null) return ok(null);
    // A large file of another release is stopped here rather than staged whole; the end judges it once more.
    if (!begun) reader.judgeVersion();
    return reader.fault === null ? this.#stage(reader) : ok(null);
  }

  #stage(reader: FileReader): Result<null, StoreFault> {
    const { ledger } = this.#world;
    if (this.#staged === null) {
      const opened = openStaged(ledger, this.job, this.#current, this.#user, reader.tally);
      if (!opened.ok) return opened;
      this.#staged = opened.value;
    }
    const added = addStaged(ledger, this.#staged, reader.take());
    if (!added.ok) return added;
    this.#staged = added.value;
    return ok(null);
  }

  /** The file has been read to its end: refuse it, let it wait, or take it. */
  async #judge(reader: FileReader): Step {
    if (reader.fault !== null) return this.#refuse(reader, reader.fault);
    const sha256 = reader.sha256();
    const waits = this.#current + 1 < this.files && this.#missesPatients(reader);
    this.#progress.report(this.#current, fileReport(reader.tally, 'waiting', null));
    if (this.#staged === null && !waits) return this.#makeReady(reader, sha256);
    const staged = this.#stage(reader);
    if (!staged.ok) return staged;
    const key = this.#staged?.key;
    assertHolds(key !== undefined, 'staging opens a staged file');
    const sealed = sealStaged(this.#world.ledger, key, reader.tally, sha256);
    if (!sealed.ok || !waits) return sealed.ok ? this.#takeStaged({ key, index: this.#current }) : sealed;
    this.#waiting = [...this.#waiting, { key, index: this.#current }];
    return ok(null);
  }

  /** Small files share a transaction while it has room. */
  #makeReady(reader: FileReader, sha256: string): Result<null, StoreFault> {
    const { pendingResources, pendingCharacters } = reader;
    if (!this.#ready.hasRoomFor(pendingResources, pendingCharacters)) {
      const taken = this.#takeReady();
      if (!taken.ok) return taken;
    }
    const incoming = inOrder(reader.take());
    this.#ready.add({ index: this.#current, incoming, tally: reader.tally, sha256 }, pendingCharacters, reader.patientNames);
    return ok(null);
  }

  #takeReady(): Result<null, StoreFault> {
    const files = this.#ready.files;
    if (files.length === 0) return ok(null);
    const taken = takeReady(this.#world.ledger, this.#grant, this.job, files, this.#names);
    if (!taken.ok) return taken;
    for (const [at, { index }] of files.entries()) this.#progress.report(index, taken.value[at] ?? this.#progress.reportAt(index));
    this.#ready.clear();
    return ok(null);
  }

  /** Whether the file names patients by names that nothing read so far explains. */
  #missesPatients({ wanted, patientNames }: FileReader): boolean {
    const { read } = this.#world.ledger;
    return [...wanted].some((reference) => !patientNames.has(reference) && !this.#ready.holdsPatient(reference) && this.#names.find(read, reference, null) === 'unknown');
  }

  async #takeStaged({ key, index }: Waiting): Step {
    const { ledger, limits, freeBytes } = this.#world;
    const free = freeBytes();
    const needed = this.#progress.reportAt(index).bytes * GROWTH_WHEN_APPLIED;
    if (free !== null && free < needed) return refuse('DISK_FULL', { freeBytes: free, neededBytes: needed });
    const before = this.#takeReady();
    if (!before.ok) return before;
    const begun = beginApplying(ledger, key, this.#names);
    if (!begun.ok) return begun;
    this.#applying = index;
    const goOn = async (): Promise<boolean> => {
      await this.#world.yieldNow();
      return this.#halt !== 'stop';
    };
    const applied = await applyStaged(ledger, this.#grant, key, this.#names, limits.sliceResources, goOn, (report) => {
      this.#progress.report(index, report);
      this.#world.onChange(this.job);
    });
    if (!applied.ok) return applied;
    this.#applying = null;
    return applied.value.done ? clearStaged(ledger, key, goOn) : ok(null);
  }

  /** Nothing of a refused file remains but the entry that says so. */
  async #refuse(reader: FileReader, fault: FileFault): Step {
    const report = fileReport(reader.tally, 'refused', fault);
    const written = writeFileEntry(this.#world.ledger, this.#grant, this.job, report, reader.sha256());
    if (!written.ok) return written;
    this.#progress.report(this.#current, report);
    return this.#staged === null ? ok(null) : clearStaged(this.#world.ledger, this.#staged.key, this.#yield);
  }

  readonly #yield = async (): Promise<boolean> => {
    await this.#world.yieldNow();
    return true;
  };

  /** All files have been read: those that waited are taken, encounters before what happened in them. */
  async #finish(): Step {
    const { read } = this.#world.ledger;
    const ready = this.#takeReady();
    if (!ready.ok) return this.#fail(ready.fault);
    const rank = ({ key }: Waiting): number => (holdsRank(read, key, ENCOUNTER_RANK) ? 0 : 1);
    const order = this.#waiting.toSorted((left, right) => rank(left) - rank(right) || left.index - right.index);
    for (const [done, waiting] of order.entries()) {
      if (this.cancelled) return this.unwindIfHalted();
      this.#waiting = order.slice(done + 1);
      const taken = await this.#takeStaged(waiting);
      if (!taken.ok) return this.#fail(taken.fault);
    }
    return this.cancelled ? this.unwindIfHalted() : this.#close('done');
  }

  #close(state: 'done' | 'cancelled'): Result<null, StoreFault> {
    const closed = writeFinished(this.#world.ledger, this.#grant, this.job);
    if (!closed.ok) return this.#fail(closed.fault);
    this.#settle(state);
    return ok(null);
  }

  #settle(state: JobView['state']): void {
    this.#state = state;
    this.#reader = null;
    this.#settled.resolve(this.view());
    this.#world.onChange(this.job);
  }

  /** The disk refuses: nothing more is read. A file that is being applied stays so and is finished at the next start. */
  #fail(fault: Fault<StoreFault>): Result<null, StoreFault> {
    const because = storeFileFault(fault);
    this.#progress.endWaiting((report, index) => {
      if (index === this.#applying) return { ...report, fault: because };
      return { ...report, outcome: index <= this.#current ? 'refused' : 'cancelled', fault: because };
    });
    this.#fault = fault.code;
    if (!this.over) this.#settle('failed');
    return { ok: false, fault };
  }
}
