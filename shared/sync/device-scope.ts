import { ok, type Result } from '../base/result.ts';
import type { DeviceOutput } from './device-output.ts';
import type { LocalFault, ScopeStore } from './device-store.ts';
import type { ScopeChange } from './scope.ts';

/**
 * Patients who come into this device's scope or leave it, by the hub's word. Whoever leaves is removed only when nothing
 * of ours about them is unsent; that one waits holds up no other. What is done is told, and remembered in the order of
 * the changes, so that a device restored from a backup hears again of what it then lacks.
 */
export type DeviceScope = {
  /** False where the hub's word does not follow the words before it. */
  changed(changes: readonly ScopeChange[]): boolean;
  /** The change whose entries are to be read now; null where there is none. */
  entering(): ScopeChange | null;
  /** All entries of that patient are here. */
  entered(change: ScopeChange): Result<DeviceOutput[], LocalFault>;
  /** Who leaves is removed as soon as nothing about them is unsent; of whom there is nothing to read, is here. */
  move(): Result<DeviceOutput[], LocalFault>;
  settled(): boolean;
  /** The hub knows nothing of changes this device has done: it was restored to a day before, and what was left out is to be read anew. */
  isForgotten(partial: boolean): boolean;
  /** Everything is this device's scope again. To be called when it has been put back to read from the beginning. */
  widen(): Result<null, LocalFault>;
};

export function createDeviceScope(store: ScopeStore | null): DeviceScope {
  let pending: readonly ScopeChange[] = [];
  let heard = store?.version() ?? 0;
  /** Done while an earlier change was not. */
  const doneAhead = new Set<number>();
  /** Somebody is writing about who leaves: they wait for a person, and nobody waits for them. */
  const waiting = new Set<ScopeChange>();

  const finish = (change: ScopeChange, type: 'entered' | 'evicted'): Result<DeviceOutput[], LocalFault> => {
    if (store === null) throw new Error('broken assumption: no change was taken');
    pending = pending.filter((each) => each !== change);
    doneAhead.add(change.version);
    const [first] = pending;
    let upTo = store.version();
    for (const version of [...doneAhead].toSorted((left, right) => left - right)) {
      if (first !== undefined && version > first.version) break;
      upTo = Math.max(upTo, version);
      doneAhead.delete(version);
    }
    if (type === 'entered') {
      const admitted = store.admit(change.patient);
      if (!admitted.ok) return admitted;
    }
    const kept = upTo === store.version() ? ok(null) : store.keepVersion(upTo);
    return kept.ok ? ok([{ do: 'send', message: { type, patient: change.patient, version: change.version }, lane: 0 }]) : kept;
  };

  const entering = (): ScopeChange | null => pending.find(({ upTo }) => upTo !== null) ?? null;

  const evict = (): Result<DeviceOutput[], LocalFault> => {
    const outputs: DeviceOutput[] = [];
    if (store === null) return ok(outputs);
    for (const change of pending.filter(({ upTo }) => upTo === null)) {
      const evicted = store.evict(change.patient);
      if (!evicted.ok) return evicted;
      if (evicted.value === 'open') waiting.add(change);
      else waiting.delete(change);
      if (evicted.value !== 'gone') continue;
      const told = finish(change, 'evicted');
      if (!told.ok) return told;
      outputs.push({ do: 'evicted', patient: change.patient }, ...told.value);
    }
    return ok(outputs);
  };

  return {
    changed(changes) {
      if (store === null) return false;
      for (const change of changes) {
        if (change.version <= heard) return false;
        heard = change.version;
      }
      pending = [...pending, ...changes];
      return true;
    },
    entering,
    entered: (change) => finish(change, 'entered'),
    move() {
      const outputs: DeviceOutput[] = [];
      for (let change = entering(); change?.upTo === 0; change = entering()) {
        const entered = finish(change, 'entered');
        if (!entered.ok) return entered;
        outputs.push(...entered.value);
      }
      const evicted = evict();
      return evicted.ok ? ok([...outputs, ...evicted.value]) : evicted;
    },
    isForgotten: (partial) => !partial && store !== null && store.version() > 0,
    widen() {
      const widened = store?.widen() ?? ok(null);
      return widened.ok ? (store?.keepVersion(0) ?? ok(null)) : widened;
    },
    settled: () => pending.every((change) => waiting.has(change)),
  };
}
