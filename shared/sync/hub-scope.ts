import type { DeviceId, RecordId } from '../base/ids.ts';
import type { Lane } from '../ledger/lanes.ts';
import { refusal, send, type HubOutput } from './hub-output.ts';
import type { GreetedScope, HubStore } from './hub-store.ts';
import { RESIDENTS_MAX, SCOPE_PATIENTS_AT_ONCE } from './limits.ts';
import type { Resident, ScopeChange, ScopeMark } from './scope.ts';

/** Tells a device that holds a part of the records who comes into its scope and who leaves, some changes at a time. */
export type HubScope = {
  /** `version`: the last change the device has done, by its own word. `readTo`: the place in the log where it reads on. */
  begin(greeted: GreetedScope, version: number, readTo: number): void;
  /** Changes not said in this conversation yet, the next ones when the device has done these; and the mark under which it reads from here on. */
  news(): Promise<readonly HubOutput[]>;
  /** The device has done this change. */
  settled(patient: RecordId, version: number): Promise<readonly HubOutput[]>;
  /** Of those it was asked for. */
  listed(residents: readonly Resident[], more: boolean): Promise<readonly HubOutput[]>;
};

const SCOPE_LANE: Lane = 2;

export function createHubScope(device: DeviceId, store: HubStore): HubScope {
  /** Of a device that holds everything there is nothing to say. */
  let isPart = false;
  let told = 0;
  let toldMark: ScopeMark | null = null;
  /** Of the changes said, how many are not confirmed. */
  let unconfirmed = 0;
  /** Until the device has said whom it holds there is nothing to tell it. */
  let asking: { readonly known: boolean; readonly readTo: number; readonly residents: Map<RecordId, Resident> } | null = null;

  const say = (mark: ScopeMark, changes: readonly ScopeChange[], doneTo: number | null = null): HubOutput => send({ type: 'scope', scope: { changes: [...changes], mark, ...(doneTo === null ? {} : { doneTo }) } }, SCOPE_LANE);

  const newsFrom = async (doneTo: number | null): Promise<readonly HubOutput[]> => {
    const { changes, mark } = await store.scopeChanges(device, told, unconfirmed > 0 ? 0 : SCOPE_PATIENTS_AT_ONCE);
    const [last] = changes.slice(-1);
    if (last === undefined && mark === toldMark && doneTo === null) return [];
    told = last?.version ?? told;
    unconfirmed += changes.length;
    toldMark = mark;
    return [say(mark, changes, doneTo)];
  };
  const news = async (): Promise<readonly HubOutput[]> => (isPart && asking === null ? newsFrom(null) : []);

  return {
    begin({ mark, known, asks }, version, readTo) {
      isPart = true;
      told = version;
      toldMark = mark;
      asking = asks ? { known, readTo, residents: new Map() } : null;
    },
    news,
    async settled(patient, version) {
      if (unconfirmed === 0) return refusal('PROTOCOL_ERROR');
      unconfirmed -= 1;
      await store.scopeSettled(device, patient, version);
      return news();
    },
    async listed(some, more) {
      if (asking === null) return refusal('PROTOCOL_ERROR');
      const { known, readTo, residents } = asking;
      for (const each of some) residents.set(each.patient, each);
      if (residents.size > RESIDENTS_MAX || (more && some.length === 0)) return refusal('PROTOCOL_ERROR');
      if (more) return [send({ type: 'scope', scope: { changes: [] } }, SCOPE_LANE)];
      told = await store.reconcileScope(device, { residents: [...residents.values()], version: told, known, readTo });
      asking = null;
      return newsFrom(told);
    },
  };
}
