import { toHex } from '../../shared/base/bytes.ts';
import { DeviceId, type EntryId } from '../../shared/base/ids.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import { mintGrant, openLedger, ownSegments, type Grant, type Ledger } from '../../main/ledger/ledger.ts';
import { createDeviceStore } from '../../main/sync/device-store.ts';
import { createLightSource } from '../../main/sync/light-source.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { Operation } from '../sim/act.ts';
import { createMachine, randomBytes } from '../sim/machine.ts';
import type { MachineSurroundings, Workstation } from '../sim/machine-parts.ts';
import { PowerCut } from '../sim/power.ts';
import type { SimClock } from '../sim/sim-clock.ts';
import type { Speech } from '../sim/speech.ts';
import { readerOf, realDraftOf } from './real-drafts.ts';
import { deviceKeysOf } from './seeded-keys.ts';
import type { VaultDisk } from './vault-disk.ts';

/** A workstation of a simulated world with everything that ships but sockets and screens: vault, ledger, sync. */
export type RealWorkstation = Workstation & {
  readonly disk: VaultDisk;
  ledger(): Ledger;
  /** What it says is written: the entry is promised to its user. Null where there is nothing to do, or no room. */
  write(operation: Operation): EntryId | null;
};

export type RealSurroundings = MachineSurroundings & {
  /** The key a device signs with, by the organisation's roster. */
  readonly rosterKey: (device: DeviceId) => Uint8Array | null;
  readonly onEvent: (workstation: RealWorkstation, event: DeviceEvent) => Promise<void> | void;
};

const SITE = { name: 'Simulated', address: 'Nowhere 1', latitude: null, longitude: null, source: 'none' } as const;
const USER = '00000000000000a1';

export function createRealWorkstation(around: RealSurroundings, setup: { readonly device: DeviceId; readonly disk: VaultDisk; readonly clock: SimClock; readonly random: SeededRandom; readonly reader: number; readonly speech: Speech }): RealWorkstation {
  const { device, disk, clock, random } = setup;
  const { crypto, signingKey } = deviceKeysOf(device);
  const system = mintGrant({ decision: 'tier/0', purpose: 'TREAT', session: null, patient: null });
  let { reader, speech } = setup;
  let ledger: Ledger;
  let grant: Grant = system;

  const open = (): void => {
    // Without room no vault opens: whoever starts the machine again has made some.
    disk.fill(false);
    const opened = openLedger({ store: disk.store(), clock, random: randomBytes(random), device: { id: device, name: 'Desk', signingKey }, application: 'tier', buildDate: 0, systemGrant: system, reader: readerOf(reader) });
    if (!opened.ok) throw new Error(`the ledger does not open: ${opened.fault.code}`);
    ledger = opened.value;
    const session = ledger.append(system, [{ kind: 'session.open', body: { user: USER, login: 'ada', name: 'Ada Obi', role: 'nurse', level: 2, device, deviceName: 'Desk', addresses: [], clinic: 'Simulated', site: SITE, purpose: 'TREAT' } }]);
    // Without room nobody signs in, and sync goes on.
    grant = mintGrant({ decision: 'tier/0', purpose: 'TREAT', session: session.ok ? (session.value[0]?.entry ?? null) : null, patient: null });
  };
  /** A power cut while it starts is one more start. */
  const begin = (): void => {
    for (;;) {
      try {
        return open();
      } catch (cause) {
        if (!(cause instanceof PowerCut)) throw cause;
        disk.afterCut();
      }
    }
  };

  const { machine, start, attempt, wrote } = createMachine(around, {
    device, clock, random, crypto,
    speech: () => speech,
    begin() {
      begin();
      return createLightSource(ledger);
    },
    store: () => createDeviceStore(ledger, around.rosterKey),
    cut: disk.afterCut,
    killed: disk.kill,
    onEvent(event) {
      const told = around.onEvent(workstation, event);
      if (told !== undefined) around.schedule(0, () => told);
    },
    onRefused: ({ what, code }) => void ledger.append(system, [{ kind: 'sync.refused', body: { code, what } }]),
    urgent: () => ownSegments(ledger.read).some(({ lane, length, acknowledged }) => lane === LANE.urgent && acknowledged < length),
    rested: () => undefined,
    watched: (core) => core,
  });

  const workstation: RealWorkstation = {
    ...machine,
    device, disk, clock,
    ledger: () => ledger,
    reader: () => reader,
    write(operation) {
      const draft = realDraftOf(operation, ledger.read);
      if (draft === null) return null;
      const written = attempt(() => ledger.append(grant, [draft]));
      wrote();
      return written?.ok === true ? (written.value[0]?.entry ?? null) : null;
    },
    strike: disk.strikes.arm,
    fill: disk.fill,
    speech: () => speech,
    upgrade(version, spoken) {
      reader = version;
      speech = spoken;
      machine.restart();
    },
  };
  start();
  return workstation;
}

/** The name of the n-th machine that was ever switched on. */
export const machineNamed = (number: number): DeviceId => DeviceId.parse(toHex(Uint8Array.of(0xdd, 0xdd, 0xdd, 0xdd, 0, 0, number >> 8, number & 0xff)));
