import type { DeviceId } from '../../shared/base/ids.ts';
import type { DeviceCore } from '../../shared/sync/device-core.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import type { DeviceStore } from '../../shared/sync/device-store.ts';
import { OrganizationId } from '../../shared/sync/envelope.ts';
import type { SyncCrypto } from '../../shared/sync/sealing.ts';
import type { LightSource, SyncLight } from '../../main/sync/sync-light.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { LinePlan, Strike } from './act.ts';
import type { Parts } from './parts.ts';
import type { SimCentral } from './sim-central.ts';
import type { SimClock } from './sim-clock.ts';
import type { LineEnds } from './sim-line.ts';
import type { Speech } from './speech.ts';

/** What a workstation's process is, on whatever disk and ledger, modelled or shipped. */
export type Machine = {
  core(): DeviceCore | null;
  connected(): boolean;
  light(): ReturnType<SyncLight['view']>;
  /** Whether the line may be up at all. */
  online(up: boolean): void;
  line(): LineEnds | null;
  /** The line it believes in carries nothing any more. */
  deceived(): boolean;
  /** Asks for a new certificate, where it is connected. */
  renew(): void;
  /** The process ends and another begins. */
  restart(): void;
  /** For good. */
  switchOff(): void;
  running(): boolean;
};

/** The process as the workstation it belongs to drives it. */
export type Driven = {
  readonly machine: Machine;
  /** Begins its first process. */
  start(): void;
  /** Does something at once; null where the power went in the middle of it. */
  attempt<Value>(work: () => Value): Value | null;
  /** Something was written: sync is told of it a little later. */
  wrote(): void;
};

/** A workstation as a plan's acts and the judges meet it. */
export type Workstation = Machine & {
  readonly device: DeviceId;
  readonly clock: SimClock;
  /** The newest version of entries it understands. */
  reader(): number;
  /** And the protocol it speaks from now on. */
  upgrade(reader: number, speech: Speech): void;
  speech(): Speech;
  strike(strike: Strike | null): void;
  /** Nothing more fits on its disk; or everything again. */
  fill(full: boolean): void;
};

/** What a machine finds around it. */
export type MachineSurroundings = {
  readonly parts: Parts;
  readonly central: SimCentral;
  /** Best first. */
  readonly codecs: readonly number[];
  readonly hubSigningKey: Uint8Array;
  readonly organizationSealingKey: Uint8Array;
  readonly now: () => number;
  readonly schedule: (afterMs: number, work: () => Promise<void> | void) => void;
  readonly line: () => LinePlan;
  /** Lines carry whole messages and no frames. */
  readonly parcels: boolean;
  readonly trunks: boolean;
};
export type Sizes = { readonly batchTargetBytes: number; readonly windowBytes: number };

/** What differs between modelled and shipped disks. */
export type MachineSetup = {
  readonly device: DeviceId;
  readonly clock: SimClock;
  readonly random: SeededRandom;
  readonly crypto: SyncCrypto;
  /** The protocol its processes speak. */
  speech(): Speech;
  /** Another process begins on the disk as it is; it comes back only once it has begun. */
  begin(): LightSource;
  store(): DeviceStore;
  /** Before the next process begins: the power went in the middle of a commit, or the process was killed between two. */
  cut(): void;
  killed(): void;
  /** `life`: which of central's lives, counted by its restores, the line leads to. */
  onEvent(event: DeviceEvent, life: number): void;
  /** A refusal the light had not shown yet. */
  onRefused(event: Extract<DeviceEvent, { do: 'refused' }>): void;
  /** Whether what waits cannot wait for people to be done with writing. */
  urgent(): boolean;
  /** A step is over, and no power cut ended it. */
  rested(): void;
  /** Puts somebody beside the core who looks on. */
  watched(core: DeviceCore, sizes: Sizes): DeviceCore;
};

export const ORGANIZATION = OrganizationId.parse('00000000000000aa');
export const HUB_EPOCH_MS = 1_750_000_000_000;
