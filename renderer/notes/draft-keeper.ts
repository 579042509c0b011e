import type { Fault, Result } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';

/** How long after the first unsaved change a draft is saved. The promise is at most 3 s of typing lost to a power cut. */
export const DRAFT_DELAY_MS = 1000;
/** After a refusal the draft is tried again at this distance, whether or not anybody types. */
export const DRAFT_RETRY_MS = 3000;

export type DraftState =
  /** As loaded: nothing typed yet. */
  | { readonly at: 'untouched' }
  | { readonly at: 'unsaved' }
  | { readonly at: 'saved'; readonly savedAt: number }
  | { readonly at: 'failed'; readonly fault: Fault<FaultCode> };

export type Timers = {
  readonly set: (run: () => void, ms: number) => number;
  readonly clear: (timer: number) => void;
};
type Save<Value> = (value: Value) => Promise<Result<{ readonly savedAt: number }, FaultCode>>;

/**
 * Keeps the engine's draft no more than a second behind the typing. One save is under way at a time; what was typed
 * meanwhile goes with the next. Saving can be held, so that no late save brings back a draft that signing removed.
 */
export class DraftKeeper<Value> {
  readonly #save: Save<Value>;
  readonly #timers: Timers;
  readonly #tell: (state: DraftState) => void;
  #value: Value | null = null;
  #dirty = false;
  #held = false;
  #timer: number | null = null;
  #underWay: Promise<void> | null = null;

  constructor(save: Save<Value>, timers: Timers, tell: (state: DraftState) => void) {
    this.#save = save;
    this.#timers = timers;
    this.#tell = tell;
  }

  change(value: Value): void {
    this.#value = value;
    this.#dirty = true;
    this.#tell({ at: 'unsaved' });
    this.#plan(DRAFT_DELAY_MS);
  }

  /** Saves now what is not saved yet. Resolves once nothing is under way. */
  async flush(): Promise<void> {
    this.#cancel();
    await this.#underWay;
    if (this.#dirty && !this.#held) await this.#start();
  }

  /** Stops saving and waits for the save under way: afterwards nothing more is sent until `release`. */
  async hold(): Promise<void> {
    this.#held = true;
    this.#cancel();
    await this.#underWay;
  }

  release(): void {
    this.#held = false;
    if (this.#dirty) this.#plan(DRAFT_DELAY_MS);
  }

  #plan(ms: number): void {
    if (this.#held || this.#timer !== null || this.#underWay !== null) return;
    this.#timer = this.#timers.set(() => {
      this.#timer = null;
      void this.#start();
    }, ms);
  }

  #cancel(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
  }

  #start(): Promise<void> {
    this.#underWay ??= this.#sendAndGoOn();
    return this.#underWay;
  }

  async #sendAndGoOn(): Promise<void> {
    const refused = await this.#send();
    this.#underWay = null;
    if (this.#dirty) this.#plan(refused ? DRAFT_RETRY_MS : DRAFT_DELAY_MS);
  }

  /** @returns whether the engine refused. */
  async #send(): Promise<boolean> {
    const value = this.#value;
    if (value === null || !this.#dirty || this.#held) return false;
    this.#dirty = false;
    const result = await this.#save(value);
    if (!result.ok) {
      this.#dirty = true;
      this.#tell({ at: 'failed', fault: result.fault });
    } else if (!this.#dirty) this.#tell({ at: 'saved', savedAt: result.value.savedAt });
    return !result.ok;
  }
}
