import type { DeviceId, RecordId } from '../base/ids.ts';
import type { Lane } from '../ledger/lanes.ts';
import { refusal, send, type HubOutput } from './hub-output.ts';
import type { HubStore } from './hub-store.ts';
import { SCOPE_PATIENTS_MAX } from './limits.ts';

/** Tells a device that holds a part of the records who comes into its scope and who leaves, some changes at a time. */
export type HubScope = {
  /** The last change the device has done, by its own word. */
  begin(version: number): void;
  /** Changes not said in this conversation yet; the next ones when the device has done these. */
  news(): Promise<readonly HubOutput[]>;
  /** The device has done this change. */
  settled(patient: RecordId, version: number): Promise<readonly HubOutput[]>;
};

const SCOPE_LANE: Lane = 2;

export function createHubScope(device: DeviceId, store: HubStore): HubScope {
  let told = 0;
  /** Of the changes said, how many are not confirmed. */
  let unconfirmed = 0;

  const news = async (): Promise<readonly HubOutput[]> => {
    if (unconfirmed > 0) return [];
    const changes = await store.scopeChanges(device, told, SCOPE_PATIENTS_MAX);
    const [last] = changes.slice(-1);
    if (last === undefined) return [];
    told = last.version;
    unconfirmed = changes.length;
    return [send({ type: 'scope', scope: { changes: [...changes] } }, SCOPE_LANE)];
  };

  return {
    begin(version) {
      told = version;
    },
    news,
    async settled(patient, version) {
      if (unconfirmed === 0) return refusal('PROTOCOL_ERROR');
      unconfirmed -= 1;
      await store.scopeSettled(device, patient, version);
      return news();
    },
  };
}
