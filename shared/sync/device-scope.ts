import type { RecordId } from '../base/ids.ts';
import { ok, type Result } from '../base/result.ts';
import type { DeviceOutput } from './device-output.ts';
import type { LocalFault, ScopeStore } from './device-store.ts';
import { SCOPE_PATIENTS_AT_ONCE, SCOPE_PATIENTS_MAX } from './limits.ts';
import type { Hi, Scope } from './message.ts';
import type { ScopeChange } from './scope.ts';

/**
 * Patients who come into this device's scope or leave it, by the hub's word. Whoever leaves is removed only when nothing
 * of ours about them is unsent; that one waits holds up no other. What is done is told, and remembered in the order of
 * the changes, so that a device restored from a backup hears again of what it then lacks.
 */
export type DeviceScope = {
  /** Under which decisions is read from here on; and whether the hub has to be told whom this device holds. */
  greeted(hi: Hi): Result<DeviceOutput[], LocalFault>;
  /** `broken` where the hub's word does not follow the words before it. */
  changed(scope: Scope): Result<DeviceOutput[], LocalFault> | 'broken';
  /** The change whose entries are to be read now; null where there is none. */
  entering(): ScopeChange | null;
  /** All entries of that patient are here. */
  entered(change: ScopeChange): Result<DeviceOutput[], LocalFault>;
  /** Of whom there is nothing to read, is here. */
  arrive(): Result<DeviceOutput[], LocalFault>;
  /** Who leaves is removed as soon as nothing about them is unsent. Not to be called while a restored hub may lack what others wrote about them. */
  leave(): Result<DeviceOutput[], LocalFault>;
  settled(): boolean;
  /** The hub is being told whom this device holds: nothing is read meanwhile, or it would be told wrongly. */
  isListing(): boolean;
  /** The hub knows nothing of changes this device has done: it was restored to a day before, and what was left out is to be read anew. */
  isForgotten(partial: boolean): boolean;
  /** Everything is this device's scope again. To be called when it has been put back to read from the beginning. */
  widen(): Result<null, LocalFault>;
};

export function createDeviceScope(store: ScopeStore | null): DeviceScope {
  let pending: readonly ScopeChange[] = [];
  let heard = store?.version() ?? 0;
  /** Whom this device holds is being told. */
  let listing: { after: RecordId | null; isLast: boolean } | null = null;
  /** Done while an earlier change was not. */
  const doneAhead = new Set<number>();
  /** Somebody is writing about who leaves: they wait for a person, and nobody waits for them. */
  const waiting = new Set<ScopeChange>();

  /** Remembers what is done, as far as everything before it is done too, and tells it. */
  const finish = (changes: readonly ScopeChange[], type: 'entered' | 'evicted'): Result<DeviceOutput[], LocalFault> => {
    if (store === null) throw new Error('broken assumption: no change was taken');
    pending = pending.filter((each) => !changes.includes(each));
    for (const { version } of changes) doneAhead.add(version);
    const [first] = pending;
    let upTo = store.version();
    for (const version of [...doneAhead].toSorted((left, right) => left - right)) {
      if (first !== undefined && version > first.version) break;
      upTo = Math.max(upTo, version);
      doneAhead.delete(version);
    }
    const kept = upTo === store.version() ? ok(null) : store.keepVersion(upTo);
    return kept.ok ? ok(changes.map(({ patient, version }) => ({ do: 'send', message: { type, patient, version }, lane: 0 }))) : kept;
  };

  const enter = (change: ScopeChange): Result<DeviceOutput[], LocalFault> => {
    const admitted = store?.admit(change.patient) ?? ok(null);
    return admitted.ok ? finish([change], 'entered') : admitted;
  };

  const entering = (): ScopeChange | null => pending.find(({ upTo }) => upTo !== null) ?? null;

  const evict = (): Result<DeviceOutput[], LocalFault> => {
    const outputs: DeviceOutput[] = [];
    if (store === null) return ok(outputs);
    const leaving = pending.filter(({ upTo }) => upTo === null);
    for (let at = 0; at < leaving.length; at += SCOPE_PATIENTS_AT_ONCE) {
      const some = leaving.slice(at, at + SCOPE_PATIENTS_AT_ONCE);
      const evicted = store.evict(some.map(({ patient }) => patient));
      if (!evicted.ok) return evicted;
      for (const [index, change] of some.entries()) {
        if (evicted.value[index] === 'open') waiting.add(change);
        else waiting.delete(change);
      }
      const gone = some.filter((_, index) => evicted.value[index] === 'gone');
      if (gone.length === 0) continue;
      const told = finish(gone, 'evicted');
      if (!told.ok) return told;
      outputs.push(...gone.map(({ patient }): DeviceOutput => ({ do: 'evicted', patient })), ...told.value);
    }
    return ok(outputs);
  };

  const listNext = (): DeviceOutput[] => {
    if (store === null || listing === null) return [];
    const found = store.residents(listing.after, SCOPE_PATIENTS_MAX + 1);
    const residents = found.slice(0, SCOPE_PATIENTS_MAX);
    const more = found.length > residents.length;
    listing = { after: residents.at(-1)?.patient ?? null, isLast: !more };
    return [{ do: 'send', message: { type: 'residents', residents, more }, lane: 2 }];
  };

  return {
    greeted({ partial, scopeMark, residents }) {
      if (store === null || partial !== true) return ok([]);
      if (residents === true) {
        listing = { after: null, isLast: false };
        return ok(listNext());
      }
      const kept = scopeMark === undefined || scopeMark === store.mark() ? ok(null) : store.keepMark(scopeMark);
      return kept.ok ? ok([]) : kept;
    },
    changed({ changes, mark, doneTo }) {
      if (store === null) return 'broken';
      if (listing !== null && !listing.isLast) return changes.length === 0 ? ok(listNext()) : 'broken';
      listing = null;
      if (doneTo !== undefined && doneTo > store.version()) {
        const adopted = store.keepVersion(doneTo);
        if (!adopted.ok) return adopted;
      }
      heard = Math.max(heard, doneTo ?? 0);
      for (const change of changes) {
        if (change.version <= heard) return 'broken';
        heard = change.version;
      }
      // Only now: a line that ends before leaves the mark by which the hub knows that it has to ask.
      const kept = mark === undefined || mark === store.mark() ? ok(null) : store.keepMark(mark);
      if (!kept.ok) return kept;
      pending = [...pending, ...changes];
      return ok([]);
    },
    entering,
    entered: enter,
    arrive() {
      const outputs: DeviceOutput[] = [];
      for (let change = entering(); change?.upTo === 0; change = entering()) {
        const entered = enter(change);
        if (!entered.ok) return entered;
        outputs.push(...entered.value);
      }
      return ok(outputs);
    },
    leave: evict,
    isForgotten: (partial) => !partial && store !== null && (store.version() > 0 || store.mark() !== null),
    widen() {
      const widened = store?.widen() ?? ok(null);
      const restarted = widened.ok ? (store?.keepVersion(0) ?? ok(null)) : widened;
      return restarted.ok ? (store?.keepMark(null) ?? ok(null)) : restarted;
    },
    isListing: () => listing !== null,
    settled: () => listing === null && pending.every((change) => waiting.has(change)),
  };
}
