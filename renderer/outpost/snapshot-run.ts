import type { Fault } from '../../shared/base/result.ts';
import type { CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';

/** Largest piece of a file that one call carries (snapshot.chunk), bytes. */
const CHUNK_BYTES = 1024 * 1024;

/** What of a File is needed to hand it in. */
export type SnapshotFile = { readonly name: string; readonly size: number; readonly slice: (from: number, to: number) => { readonly arrayBuffer: () => Promise<ArrayBuffer> } };
/** The engine's side, as the contract has it. */
export type SnapshotPort = {
  readonly begin: () => Promise<CallResult<'snapshot.begin'>>;
  readonly chunk: (input: { readonly file: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly last: boolean }) => Promise<CallResult<'snapshot.chunk'>>;
  readonly end: () => Promise<CallResult<'snapshot.end'>>;
};

type View = CallOutput<'snapshot.chunk'>;
export type SnapshotState =
  | { readonly at: 'idle' }
  | { readonly at: 'running'; readonly view: View | null; readonly cancelling: boolean }
  /** Everything that the snapshot holds is here. */
  | { readonly at: 'whole'; readonly view: View }
  | { readonly at: 'cancelled'; readonly view: View | null }
  /** A file that the engine wants is not among those chosen: another folder, or not all of it. */
  | { readonly at: 'missing'; readonly view: View; readonly file: string }
  | { readonly at: 'refused'; readonly view: View | null; readonly fault: Fault<FaultCode> };

/** The screen was locked meanwhile: how it ended is told to nobody else, and it goes on where it stopped. */
const SIGNED_OUT: readonly FaultCode[] = ['LOCKED', 'WRONG_STATE'];

/**
 * Fills this workstation from the files somebody chose: hands in whichever the engine wants next, piece by piece, so
 * that neither side holds more than one file. It goes on while other screens are shown.
 */
export class SnapshotRun {
  readonly #port: SnapshotPort;
  readonly #listeners = new Set<() => void>();
  #state: SnapshotState = { at: 'idle' };
  #cancelled = false;

  constructor(port: SnapshotPort) {
    this.#port = port;
  }

  state = (): SnapshotState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  async start(chosen: readonly SnapshotFile[]): Promise<void> {
    if (this.#state.at === 'running') return;
    this.#cancelled = false;
    this.#set({ at: 'running', view: null, cancelling: false });
    const begun = await this.#port.begin();
    if (!begun.ok) return this.#set({ at: 'refused', view: null, fault: begun.fault });
    const outcome = await this.#handIn(begun.value, new Map(chosen.map((file) => [file.name, file])));
    // Whatever became of it, the engine must not wait for more.
    const ended = await this.#port.end();
    if (outcome.at === 'refused' && SIGNED_OUT.includes(outcome.fault.code)) return this.#set({ at: 'idle' });
    this.#set(outcome.at === 'refused' || ended.ok || ended.fault.code === 'NOT_FOUND' ? outcome : { at: 'refused', view: outcome.view, fault: ended.fault });
  }

  cancel(): void {
    if (this.#state.at !== 'running') return;
    this.#cancelled = true;
    this.#set({ ...this.#state, cancelling: true });
  }

  /** Forgets how the last one ended. */
  clear(): void {
    if (this.#state.at !== 'running') this.#set({ at: 'idle' });
  }

  async #handIn(first: View, files: ReadonlyMap<string, SnapshotFile>): Promise<Exclude<SnapshotState, { at: 'idle' | 'running' }>> {
    let view = first;
    while (view.next !== null) {
      const file = files.get(view.next);
      if (file === undefined) return { at: 'missing', view, file: view.next };
      for (let from = 0, last = false; !last; from += CHUNK_BYTES) {
        if (this.#cancelled) return { at: 'cancelled', view };
        last = from + CHUNK_BYTES >= file.size;
        const bytes = await bytesOf(file, from);
        if (bytes === null) return { at: 'refused', view, fault: { code: 'FILE_UNREADABLE' } };
        const taken = await this.#port.chunk({ file: file.name, bytes, last });
        if (!taken.ok) return { at: 'refused', view, fault: taken.fault };
        view = taken.value;
        this.#set({ at: 'running', view, cancelling: this.#cancelled });
      }
    }
    return { at: 'whole', view };
  }

  #set(state: SnapshotState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Null where the stick no longer gives what it promised. */
async function bytesOf(file: SnapshotFile, from: number): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return new Uint8Array(await file.slice(from, Math.min(file.size, from + CHUNK_BYTES)).arrayBuffer());
  } catch {
    return null;
  }
}
