import type { DeviceId } from '../../shared/base/ids.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { Codec } from '../../shared/sync/codec.ts';
import type { Compression } from '../../shared/sync/sealing.ts';
import { NO_CONTACT, type Contact } from '../../main/sync/sync-state.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { Operation } from './act.ts';
import { draftOf } from './draft.ts';
import { createMachine, randomBytes } from './machine.ts';
import type { MachineSurroundings, Workstation } from './machine-parts.ts';
import { createProjection, type Projection } from './projection.ts';
import { deviceKeys } from './sim-central.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimDisk } from './sim-disk.ts';
import { createSimLedger, type SimLedger, type SimMemory } from './sim-ledger.ts';
import type { Speech } from './speech.ts';
import { createStandInCrypto, standInSha256 } from './stand-in-crypto.ts';
import { watchCore, type CoreWatch } from './watch-core.ts';

/** A workstation on a modelled disk and ledger. */
export type SimWorkstation = Workstation & {
  readonly disk: SimDisk;
  readonly events: readonly DeviceEvent[];
  projection(): Projection;
  ledger(): SimLedger;
  write(operation: Operation): Written | null;
  memory(): SimMemory;
};
export type Written = { readonly entry: WireEntry };

/** What a workstation finds around it. */
export type Surroundings = MachineSurroundings & {
  readonly compression: Compression;
  /** The codecs there are, where they are not those of this release. */
  readonly repertoire?: readonly Codec[] | undefined;
  /** Something of this workstation may look different now. */
  readonly looked: (workstation: SimWorkstation) => void;
  /** Who looks on while this machine's core sends; null where lines are not as TLS makes them. */
  readonly watch: ((device: DeviceId) => Pick<CoreWatch, 'report' | 'saw'>) | null;
  /** `life`: which of central's lives, counted by its restores, the line leads to. */
  readonly onEvent: (workstation: SimWorkstation, event: DeviceEvent, life: number) => void;
};

export type WorkstationSetup = { readonly disk: SimDisk; readonly clock: SimClock; readonly random: SeededRandom; readonly reader: number; readonly speech: Speech; /** A process goes on with the segments of the one before it: a mistake. */ readonly resumes: boolean; readonly memory?: SimMemory };

export function createSimWorkstation(around: Surroundings, setup: WorkstationSetup): SimWorkstation {
  const { parts } = around;
  const { disk, clock, random } = setup;
  const { device } = disk;
  const bytes = randomBytes(random);
  const pick = { ...bytes, hex: (count: number) => Array.from({ length: count }, () => random.between(0, 255).toString(16).padStart(2, '0')).join('') };
  const events: DeviceEvent[] = [];
  let { reader, speech } = setup;
  let contact: Contact = NO_CONTACT;
  let projection = createProjection(parts, reader);
  let ledger: SimLedger;
  let memory = setup.memory;
  let parked = 0;
  /** Something to be judged has happened since it was last looked at. */
  let stirred = true;

  const refold = (): void => {
    stirred = true;
    parked = 0;
    projection = createProjection(parts, reader);
    for (const entry of disk.shown()) if (!projection.fold(entry)) parked += 1;
  };
  disk.onKept = (entries) => {
    stirred = true;
    for (const entry of entries) if (!projection.fold(entry)) parked += 1;
    if (entries.some((entry) => disk.segments.get(entry.segment)?.own !== true)) ledger.witness(entries);
  };
  disk.onScope = refold;

  const { machine, start, attempt, wrote } = createMachine(around, {
    device, clock, random,
    crypto: createStandInCrypto(deviceKeys(device), around.compression, around.repertoire),
    speech: () => speech,
    store: () => disk,
    begin() {
      refold();
      ledger = createSimLedger({ disk, clock, sha256: standInSha256, random: pick, rules: parts, ...(memory === undefined ? {} : { memory }), resumes: setup.resumes });
      memory = undefined;
      return {
        unsent: () => ({ count: disk.unsent(), oldestAt: null }),
        missing: disk.missing,
        parked: () => parked,
        conflicts: () => projection.conflictCount(),
        seeded: () => disk.seeding()?.passed ?? null,
        contact: () => contact,
        keepContact: (kept) => {
          contact = kept;
        },
      };
    },
    cut: () => undefined,
    killed: () => undefined,
    onEvent(event, life) {
      events.push(event);
      stirred = true;
      around.onEvent(workstation, event, life);
    },
    onRefused: () => undefined,
    urgent: () => false,
    rested() {
      if (!stirred) return;
      stirred = false;
      around.looked(workstation);
    },
    watched: (core, sizes) => (around.watch === null ? core : watchCore(core, { ...around.watch(device), ...sizes, store: disk })),
  });

  const workstation: SimWorkstation = {
    ...machine,
    device, disk, clock, events,
    projection: () => projection,
    ledger: () => ledger,
    reader: () => reader,
    write(operation) {
      const draft = draftOf(operation, projection);
      if (draft === null) return null;
      const type = draft.record === null ? null : (projection.records().find(({ id }) => id === draft.record)?.type ?? null);
      const written = attempt(() => ledger.write(draft, type));
      wrote();
      return written?.ok === true ? { entry: written.value.entry } : null;
    },
    strike: disk.power.arm,
    fill(full) {
      disk.full = full;
    },
    speech: () => speech,
    upgrade(version, spoken) {
      reader = version;
      speech = spoken;
      machine.restart();
    },
    memory: () => ledger.memory(),
  };
  start();
  return workstation;
}
