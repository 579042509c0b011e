import type { Fault, Result } from '../../shared/base/result.ts';
import type { CallFault, CallResult } from '../../shared/ipc/contract.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import { chunksOf, type ByteSource } from './chunks.ts';
import { inImportOrder } from './import-order.ts';

export type ImportFile = ByteSource & { readonly name: string };

/** The engine's side of an import, as the contract has it. */
export type ImportPort = {
  readonly begin: (files: readonly { readonly name: string; readonly bytes: number }[]) => Promise<Result<{ readonly job: string }, CallFault<'import.begin'>>>;
  readonly chunk: (input: { readonly job: string; readonly file: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly last: boolean }) => Promise<CallResult<'import.chunk'>>;
  readonly view: (job: string) => Promise<CallResult<'job.view'>>;
  readonly cancel: (job: string) => Promise<CallResult<'job.cancel'>>;
};

export type ImportState =
  | { readonly at: 'idle' }
  | { readonly at: 'running'; readonly job: JobView | null; readonly cancelling: boolean }
  | { readonly at: 'over'; readonly job: JobView }
  /** Stopped before its end: refused by the engine, or a file that could not be read any more. */
  | { readonly at: 'stopped'; readonly job: JobView | null; readonly fault: Fault<FaultCode>; readonly file: string | null };

/** After these the files' names and reports are nobody's business any more. */
const SIGNED_OUT: readonly FaultCode[] = ['LOCKED', 'WRONG_STATE'];

/**
 * One import at a time, file after file, chunk after chunk. The next chunk is read from the disk only once the engine
 * has taken the last one, so that neither side holds more than one chunk. It goes on while other screens are shown.
 */
export class ImportRun {
  readonly #port: ImportPort;
  readonly #listeners = new Set<() => void>();
  #state: ImportState = { at: 'idle' };
  /** Set anew by each start, so that the answers of an import that was given up change nothing. */
  #turn = 0;
  #job: string | null = null;
  #sending = false;
  #asking = false;

  constructor(port: ImportPort) {
    this.#port = port;
  }

  state = (): ImportState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  async start(chosen: readonly ImportFile[]): Promise<void> {
    if (this.#state.at === 'running' || chosen.length === 0) return;
    const files = inImportOrder(chosen);
    this.#turn += 1;
    const turn = this.#turn;
    this.#job = null;
    this.#set({ at: 'running', job: null, cancelling: false });
    const begun = await this.#port.begin(files.map(({ name, size }) => ({ name, bytes: size })));
    if (turn !== this.#turn) return;
    if (!begun.ok) {
      this.#stop(begun.fault, null);
      return;
    }
    const { job } = begun.value;
    this.#job = job;
    const waited = this.state();
    if (waited.at === 'running' && waited.cancelling) await this.#cancelJob(job, turn);
    this.#sending = true;
    const sent = await this.#sendAll(job, files, turn);
    if (turn !== this.#turn) return;
    this.#sending = false;
    if (sent) await this.#refresh(job);
  }

  /** The engine says that a job changed. While chunks go out their answers say as much; afterwards this is the only word. */
  changed(job: string): void {
    if (this.#state.at === 'running' && this.#job === job && !this.#sending && !this.#asking) void this.#refresh(job);
  }

  async #refresh(job: string): Promise<void> {
    const turn = this.#turn;
    this.#asking = true;
    const viewed = await this.#port.view(job);
    this.#asking = false;
    if (turn !== this.#turn || this.#state.at !== 'running') return;
    if (viewed.ok) this.#show(viewed.value);
    else this.#stop(viewed.fault, null);
  }

  async cancel(): Promise<void> {
    if (this.#state.at !== 'running') return;
    this.#set({ ...this.#state, cancelling: true });
    // An import that has no name yet is cancelled once it has.
    if (this.#job !== null) await this.#cancelJob(this.#job, this.#turn);
  }

  async #cancelJob(job: string, turn: number): Promise<void> {
    const cancelled = await this.#port.cancel(job);
    if (turn === this.#turn && cancelled.ok) this.#show(cancelled.value);
  }

  /** Forgets files and reports: another import is to begin, or another person sits down. */
  clear(): void {
    this.#turn += 1;
    this.#sending = false;
    this.#set({ at: 'idle' });
  }

  async #sendAll(job: string, files: readonly ImportFile[], turn: number): Promise<boolean> {
    for (const [index, file] of files.entries()) if (!(await this.#send(job, index, file, turn))) return false;
    return true;
  }

  /** @returns false where the import is over or was given up. */
  async #send(job: string, index: number, file: ImportFile, turn: number): Promise<boolean> {
    try {
      for await (const { bytes, last } of chunksOf(file)) {
        if (turn !== this.#turn || this.#state.at !== 'running') return false;
        const taken = await this.#port.chunk({ job, file: index, bytes, last });
        if (turn !== this.#turn || this.#state.at !== 'running') return false;
        if (!taken.ok && taken.fault.code === 'CANCELLED') {
          await this.#refresh(job);
          return false;
        }
        if (!taken.ok) {
          this.#stop(taken.fault, file.name);
          return false;
        }
        this.#show(taken.value);
      }
      return true;
    } catch {
      // The disk no longer gives the bytes it promised: the rest of the import would be a guess.
      await this.#port.cancel(job);
      if (turn === this.#turn) this.#stop({ code: 'FILE_UNREADABLE' }, file.name);
      return false;
    }
  }

  #show(job: JobView): void {
    if (job.state === 'running') this.#set({ at: 'running', job, cancelling: this.#state.at === 'running' && this.#state.cancelling });
    else this.#set({ at: 'over', job });
  }

  #stop(fault: Fault<FaultCode>, file: string | null): void {
    if (SIGNED_OUT.includes(fault.code)) this.clear();
    else this.#set({ at: 'stopped', job: this.#state.at === 'running' ? this.#state.job : null, fault, file });
  }

  #set(state: ImportState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
