import { ok, refuse, type Fault, type Result } from '../../shared/base/result.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import { storeFileFault, type FileFault } from './import-faults.ts';
import { ENCOUNTER_RANK, inOrder } from './import-incoming.ts';
import { FileIntake } from './import-intake.ts';
import { GROWTH_WHEN_APPLIED, type ImportLimits } from './import-limits.ts';
import { BatchNames } from './import-names.ts';
import { ImportProgress, type DeclaredFile } from './import-progress.ts';
import type { FileReader } from './import-reader.ts';
import { ReadyFiles } from './import-ready.ts';
import { holdsRank } from './import-stage.ts';
import { applyStaged, beginApplying, clearStaged } from './import-staged.ts';
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
  #intake: FileIntake | null = null;

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
    return this.cancelled || this.over || (this.#intake !== null && this.#intake.reader.fault !== null);
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
      const fed = this.#open().feed(piece);
      if (!fed.ok) return this.#fail(fed.fault);
      this.#progress.read(piece.length);
      await this.#world.yieldNow();
    }
    this.#world.onChange(this.job);
    return this.unwindIfHalted();
  }

  /** The file under way has no more bytes, or gets no more because of `fault`. */
  async endFile(fault: FileFault | null = null): Step {
    if (this.over || this.cancelled) return this.unwindIfHalted();
    const intake = this.#open();
    if (fault !== null) intake.reader.refuse(fault);
    intake.reader.end();
    const ended = await this.#judge(intake);
    if (!ended.ok) return this.#fail(ended.fault);
    this.#progress.fileRead(this.#current);
    this.#intake = null;
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
    if (this.over) return;
    this.#fault = 'INTERNAL';
    this.#settle('failed');
  }

  /** Lets a `cancel` or `stop` take effect while no step is under way. */
  async unwindIfHalted(): Step {
    if (this.over || this.#halt === null) return ok(null);
    if (this.#halt === 'stop') {
      this.#settle('cancelled');
      return ok(null);
    }
    if (this.#intake !== null) this.#progress.report(this.#current, this.#intake.report('waiting'));
    this.#progress.cancelWaiting();
    for (const report of this.#progress.readButNotTaken()) {
      const written = writeFileEntry(this.#world.ledger, this.#grant, this.job, report, null);
      if (!written.ok) return this.#fail(written.fault);
    }
    const cleared = await this.#clearStaging();
    return cleared.ok ? this.#close('cancelled') : this.#fail(cleared.fault);
  }

  /** Takes away whatever is staged and will not be applied. */
  async #clearStaging(): Step {
    const reading = this.#intake?.key ?? null;
    const staged = reading === null ? this.#waiting : [...this.#waiting, { key: reading, index: this.#current }];
    for (const { key, index } of staged) {
      if (index === this.#applying) continue;
      const cleared = await clearStaged(this.#world.ledger, key, this.#yield);
      if (!cleared.ok) return cleared;
    }
    return ok(null);
  }

  #open(): FileIntake {
    this.#intake ??= new FileIntake({ ...this.#world, job: this.job, user: this.#user }, this.#current, this.#progress.reportAt(this.#current));
    return this.#intake;
  }

  /** The file has been read to its end: refuse it, let it wait, or take it. */
  async #judge(intake: FileIntake): Step {
    const { reader, key } = intake;
    if (reader.fault !== null || reader.sha256 === null) return this.#refuse(intake);
    this.#progress.report(this.#current, intake.report('waiting'));
    const waits = this.#current + 1 < this.files && this.#missesPatients(reader);
    if (key === null && !waits) return this.#makeReady(reader, reader.sha256);
    const sealed = intake.seal(reader.sha256);
    if (!sealed.ok) return sealed;
    const staged = { key: sealed.value, index: this.#current };
    if (!waits) return this.#takeStaged(staged);
    this.#waiting = [...this.#waiting, staged];
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
  async #refuse(intake: FileIntake): Step {
    const report = intake.report('refused');
    const written = writeFileEntry(this.#world.ledger, this.#grant, this.job, report, intake.reader.sha256);
    if (!written.ok) return written;
    this.#progress.report(this.#current, report);
    return intake.key === null ? ok(null) : clearStaged(this.#world.ledger, intake.key, this.#yield);
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
    for (const waiting of order) {
      if (this.cancelled) return this.unwindIfHalted();
      const taken = await this.#takeStaged(waiting);
      if (!taken.ok) return this.#fail(taken.fault);
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
    }
    return this.cancelled ? this.unwindIfHalted() : this.#close('done');
  }

  async #close(state: 'done' | 'cancelled'): Step {
    const closed = writeFinished(this.#world.ledger, this.#grant, this.job);
    if (!closed.ok) return this.#fail(closed.fault);
    this.#settle(state);
    return ok(null);
  }

  #settle(state: JobView['state']): void {
    this.#state = state;
    this.#intake = null;
    this.#settled.resolve(this.view());
    this.#world.onChange(this.job);
  }

  /** The disk refuses: nothing more is read. A file that is being applied stays so and is finished at the next start. */
  async #fail(fault: Fault<StoreFault>): Step {
    if (this.over) return { ok: false, fault };
    const because = storeFileFault(fault);
    this.#progress.endWaiting((report, index) => {
      if (index === this.#applying) return { ...report, fault: because };
      return { ...report, outcome: index <= this.#current ? 'refused' : 'cancelled', fault: because };
    });
    this.#fault = fault.code;
    // Where even this fails, the next start clears up.
    await this.#clearStaging();
    this.#settle('failed');
    return { ok: false, fault };
  }
}
