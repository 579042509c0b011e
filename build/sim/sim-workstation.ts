import type { DeviceId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';
import type { DeviceCore } from '../../shared/sync/device-core.ts';
import type { DeviceEvent, DeviceSession } from '../../shared/sync/device-session.ts';
import type { LocalFault } from '../../shared/sync/device-store.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { Compression } from '../../shared/sync/sealing.ts';
import { encodeReceipt, signedBytes } from '../../shared/sync/envelope.ts';
import type { SyncLight } from '../../main/sync/sync-light.ts';
import { NO_CONTACT, type Contact, type Membership } from '../../main/sync/sync-state.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { LinePlan, Operation } from './act.ts';
import { draftOf } from './draft.ts';
import type { Parts } from './parts.ts';
import { PowerCut } from './power.ts';
import { createProjection, type Projection } from './projection.ts';
import { deviceKeys, HUB_SIGNING_KEY, ORGANIZATION, ORGANIZATION_SEALING_KEY, PLAIN_ONLY, type SimCentral } from './sim-central.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimDisk } from './sim-disk.ts';
import { createSimLedger, type SimLedger, type SimMemory } from './sim-ledger.ts';
import { createSimLine, type SimLine } from './sim-line.ts';
import { createStandInCrypto, standInSha256 } from './stand-in-crypto.ts';
import { watchCore, type CoreWatch } from './watch-core.ts';

/** A workstation: its disk, and whatever process runs on it now. Wired as main/sync/sync.ts and conversation.ts wire it. */
export type SimWorkstation = {
  readonly device: DeviceId;
  readonly disk: SimDisk;
  readonly clock: SimClock;
  readonly events: readonly DeviceEvent[];
  projection(): Projection;
  ledger(): SimLedger;
  core(): DeviceCore | null;
  connected(): boolean;
  reader(): number;
  light(): ReturnType<SyncLight['view']>;
  write(operation: Operation): Written | null;
  /** Whether the line may be up at all. */
  online(up: boolean): void;
  line(): SimLine | null;
  /** The line it believes in carries nothing any more. */
  deceived(): boolean;
  /** The process ends and another begins. */
  restart(): void;
  upgrade(reader: number): void;
  memory(): SimMemory;
  /** For good. */
  switchOff(): void;
  running(): boolean;
};
export type Written = { readonly entry: WireEntry };

/** What a workstation finds around it. */
export type Surroundings = {
  readonly parts: Parts;
  readonly central: SimCentral;
  readonly compression: Compression;
  readonly now: () => number;
  readonly schedule: (afterMs: number, work: () => Promise<void> | void) => void;
  readonly line: () => LinePlan;
  /** Something of this workstation may look different now. */
  readonly looked: (workstation: SimWorkstation) => void;
  /** Who looks on while this machine's core sends; null where lines are not as TLS makes them. */
  readonly watch: ((device: DeviceId) => Pick<CoreWatch, 'report' | 'saw'>) | null;
  /** `life`: which of central's lives, counted by its restores, the line leads to. */
  readonly onEvent: (workstation: SimWorkstation, event: DeviceEvent, life: number) => void;
};

const MEMBERSHIP = { organization: ORGANIZATION, organizationName: 'Simulated', host: '127.0.0.1', port: 1, authority: '', certificate: '', sealingKey: '', hubSigningKey: '' } satisfies Membership;
const HUB_EPOCH_MS = 1_750_000_000_000;
/** Batches small enough that a handful of entries makes several. */
const BATCH_BYTES = { least: 800, most: 6000 } as const;
/** So many of them may be under way. */
const WINDOW_BATCHES_MAX = 8;
const TICK_MS = { busy: 4000, idle: 120_000 } as const;
const CHANGE_SEEN_MS = 1000;

type Connection = { readonly life: number; readonly session: DeviceSession; readonly core: DeviceCore; readonly line: SimLine };

export type WorkstationSetup = { readonly disk: SimDisk; readonly clock: SimClock; readonly random: SeededRandom; readonly reader: number; /** A process goes on with the segments of the one before it: a mistake. */ readonly resumes: boolean; readonly memory?: SimMemory };

export function createSimWorkstation(around: Surroundings, setup: WorkstationSetup): SimWorkstation {
  const { parts, now, schedule } = around;
  const { disk, clock, random } = setup;
  const { device } = disk;
  const crypto = createStandInCrypto(deviceKeys(device), around.compression);
  const pick = { hex: (bytes: number) => Array.from({ length: bytes }, () => random.between(0, 255).toString(16).padStart(2, '0')).join(''), bytes: (count: number) => Uint8Array.from({ length: count }, () => random.between(0, 255)) };
  const events: DeviceEvent[] = [];
  let reader = setup.reader;
  let contact: Contact = NO_CONTACT;
  let projection = createProjection(parts, reader);
  let ledger: SimLedger;
  let light: SyncLight;
  let pace: ReturnType<Parts['createPace']>;
  let connection: Connection | null = null;
  let allowed = false;
  let off = false;
  let life = 0;
  let changeSeen = false;
  /** Something to be judged has happened since it was last looked at. */
  let stirred = true;
  let dialing = false;

  const refold = (): void => {
    projection = createProjection(parts, reader);
    for (const entry of disk.shown()) if (!projection.fold(entry)) parked += 1;
  };
  let parked = 0;
  disk.onKept = (entries) => {
    stirred = true;
    for (const entry of entries) if (!projection.fold(entry)) parked += 1;
    if (entries.some((entry) => disk.segments.get(entry.segment)?.own !== true)) ledger.witness(entries);
  };

  disk.onScope = () => {
    stirred = true;
    parked = 0;
    refold();
  };

  const begin = (memory?: SimMemory): void => {
    life += 1;
    stirred = true;
    parked = 0;
    refold();
    ledger = createSimLedger({ disk, clock, sha256: standInSha256, random: pick, rules: parts, ...(memory === undefined ? {} : { memory }), resumes: setup.resumes });
    pace = parts.createPace({ bytes: pick.bytes });
    light = parts.createSyncLight(
      {
        unsent: () => ({ count: disk.unsent(), oldestAt: null }),
        missing: disk.missing,
        parked: () => parked,
        conflicts: () => projection.conflictCount(),
        seeded: () => disk.seeding()?.passed ?? null,
        contact: () => contact,
        keepContact: (kept) => {
          contact = kept;
        },
      },
      clock,
    );
    dialing = false;
    changeSeen = false;
    if (allowed) dialAfter(random.between(0, 500));
  };

  /** Runs a step of this machine; a power cut starts it again. */
  const step = (work: () => Promise<void> | void): Promise<void> | void => {
    const mine = life;
    const struck = (cause: unknown): void => {
      if (!(cause instanceof PowerCut)) throw cause;
      if (mine === life) restart();
    };
    const look = (): void => {
      if (!stirred) return;
      stirred = false;
      around.looked(workstation);
    };
    try {
      const running = mine === life && !off ? work() : undefined;
      if (running === undefined) return look();
      return running.then(look, struck);
    } catch (cause) {
      struck(cause);
    }
    return undefined;
  };
  /** Later, unless this process has ended by then. */
  const later = (afterMs: number, work: () => Promise<void> | void): void => {
    const mine = life;
    schedule(afterMs, () => (mine === life ? step(work) : undefined));
  };

  const drop = (): void => {
    const current = connection;
    connection = null;
    current?.session.stop();
    current?.line.endAtDevice();
  };

  const restart = (): void => {
    drop();
    begin();
  };

  const dialAfter = (afterMs: number): void => {
    if (dialing) return;
    dialing = true;
    later(afterMs, () => {
      dialing = false;
      if (allowed && connection === null) return dial();
      return undefined;
    });
  };

  /** main/sync/sync.ts `over`. */
  const over = (code: Parameters<SyncLight['ended']>[0]['code'], rule: unknown): void => {
    drop();
    light.ended({ code }, { sent: 0, received: 0 });
    light.persist();
    if (rule === 'no progress') pace.stalled();
    if (allowed) dialAfter(pace.wait('line'));
  };

  const onEvent = (event: DeviceEvent): void => {
    events.push(event);
    stirred = true;
    around.onEvent(workstation, event, connection?.life ?? 0);
    if (event.do === 'close') return over(event.fault.code, event.fault.detail?.['rule']);
    if (event.do === 'acknowledged' || event.do === 'received') pace.progressed();
    light.event(event);
    if (event.do === 'refused') light.refused(event.what, event.code);
    if (connection?.core.view().settled === true) pace.settled();
    return undefined;
  };

  const dial = (): Promise<void> | void => {
    light.connecting();
    const line: SimLine = createSimLine({
      plan: around.line, random: random.fork(`line ${life} ${now()}`), now, schedule,
      atHub: (chunk) => hubEnd?.push(chunk),
      atDevice: (chunk) => (connection?.line === line ? step(() => receive(line, chunk)) : undefined),
      hubEnded: () => hubEnd?.ended(),
      deviceEnded: () => {
        if (connection?.line === line) void step(() => over('OFFLINE', 'line ended'));
      },
    });
    const hubEnd = around.central.accept(device, () => line);
    if (hubEnd === null) return over('OFFLINE', 'busy');
    const batchTargetBytes = random.between(BATCH_BYTES.least, BATCH_BYTES.most);
    const sizes = { ...pace.sizes(), batchTargetBytes, windowBytes: batchTargetBytes * random.between(1, WINDOW_BATCHES_MAX) };
    const made = parts.createDeviceCore({
      organization: ORGANIZATION, device, application: 'simulated', store: disk, sha256: standInSha256, compression: crypto.compression, recoverOwn: true, verify: crypto.verify,
      verifyReceipt: (receipt) => crypto.verify(HUB_SIGNING_KEY, signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
      codecs: PLAIN_ONLY, ...sizes,
    });
    const core = around.watch === null ? made : watchCore(made, { ...around.watch(device), ...sizes, store: disk });
    const session = parts.createDeviceSession({
      core, crypto, organization: ORGANIZATION, device, organizationSealingKey: ORGANIZATION_SEALING_KEY, hubSigningKey: HUB_SIGNING_KEY,
      now: () => ({ wall: clock.now(), steady: now() }), write: async (frame) => line.up(frame), onEvent: (event) => (connection?.session === session ? onEvent(event) : undefined),
    });
    connection = { life: hubEnd.life, session, core, line };
    session.start();
    tickLater(session);
    return session.drained();
  };

  const receive = async (line: SimLine, chunk: Uint8Array): Promise<void> => {
    const current = connection;
    if (current === null || current.line !== line) return;
    await current.session.push(chunk);
    await current.session.drained();
  };

  const tickLater = (session: DeviceSession): void => {
    if (connection?.session !== session) return;
    later(connection.core.view().settled ? TICK_MS.idle : TICK_MS.busy, () => {
      if (connection?.session !== session) return undefined;
      session.tick();
      tickLater(session);
      return session.drained();
    });
  };

  const workstation: SimWorkstation = {
    device, disk, clock, events,
    projection: () => projection,
    ledger: () => ledger,
    core: () => connection?.core ?? null,
    connected: () => connection !== null,
    reader: () => reader,
    light: () => light.view(MEMBERSHIP, connection?.core.view() ?? null, { sent: 0, received: 0 }),
    write(operation) {
      const draft = draftOf(operation, projection);
      if (draft === null) return null;
      const type = draft.record === null ? null : (projection.records().find(({ id }) => id === draft.record)?.type ?? null);
      let written: Result<{ readonly entry: WireEntry }, LocalFault> | null = null;
      void step(() => {
        written = ledger.write(draft, type);
      });
      const outcome = written as Result<{ readonly entry: WireEntry }, LocalFault> | null;
      if (!changeSeen && connection !== null) {
        changeSeen = true;
        later(random.between(0, CHANGE_SEEN_MS), () => {
          changeSeen = false;
          connection?.session.localChange();
          return connection?.session.drained();
        });
      }
      return outcome?.ok === true ? { entry: outcome.value.entry } : null;
    },
    online(up) {
      if (off || allowed === up) return;
      allowed = up;
      if (up) dialAfter(0);
      else if (connection !== null) {
        drop();
        light.ended({ code: 'STOPPED' }, { sent: 0, received: 0 });
      }
    },
    line: () => connection?.line ?? null,
    deceived: () => connection?.line.halfDead() === true,
    restart,
    upgrade(version) {
      reader = version;
      restart();
    },
    memory: () => ledger.memory(),
    switchOff() {
      allowed = false;
      drop();
      off = true;
      life += 1;
    },
    running: () => !off,
  };
  begin(setup.memory);
  return workstation;
}

export { HUB_EPOCH_MS };
