import { toHex } from '../../shared/base/bytes.ts';
import { DeviceId, type EntryId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import { createDeviceCore, type DeviceCore } from '../../shared/sync/device-core.ts';
import { createDeviceSession, type DeviceEvent, type DeviceSession } from '../../shared/sync/device-session.ts';
import { encodeReceipt, OrganizationId, signedBytes } from '../../shared/sync/envelope.ts';
import { mintGrant, openLedger, ownSegments, type Grant, type Ledger } from '../../main/ledger/ledger.ts';
import { createDeviceStore } from '../../main/sync/device-store.ts';
import { createLightSource } from '../../main/sync/light-source.ts';
import { createPace } from '../../main/sync/pace.ts';
import { createSyncLight, type SyncLight } from '../../main/sync/sync-light.ts';
import type { Membership } from '../../main/sync/sync-state.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { LinePlan, Operation } from '../sim/act.ts';
import { PowerCut } from '../sim/power.ts';
import type { SimClock } from '../sim/sim-clock.ts';
import { createSimLine, type SimLine } from '../sim/sim-line.ts';
import type { RealCentral } from './real-central.ts';
import { readerOf, realDraftOf } from './real-drafts.ts';
import { deviceKeysOf, ORGANIZATION_KEYS } from './seeded-keys.ts';
import type { VaultDisk } from './vault-disk.ts';

/** A workstation of a simulated world with everything that ships but sockets and screens: vault, ledger, sync. Wired as main/sync/sync.ts and conversation.ts wire it. */
export type RealWorkstation = {
  readonly device: DeviceId;
  readonly disk: VaultDisk;
  readonly clock: SimClock;
  ledger(): Ledger;
  core(): DeviceCore | null;
  light(): ReturnType<SyncLight['view']>;
  reader(): number;
  /** What it says is written: the entry is promised to its user. Null where there is nothing to do, or no room. */
  write(operation: Operation): EntryId | null;
  online(up: boolean): void;
  line(): SimLine | null;
  deceived(): boolean;
  /** The process ends and another begins. */
  restart(): void;
  upgrade(reader: number): void;
  switchOff(): void;
  running(): boolean;
};

export type RealSurroundings = {
  readonly central: RealCentral;
  /** What both sides read, best first. */
  readonly codecs: readonly number[];
  readonly now: () => number;
  readonly schedule: (afterMs: number, work: () => Promise<void> | void) => void;
  readonly line: () => LinePlan;
  /** The key a device signs with, by the organisation's roster. */
  readonly rosterKey: (device: DeviceId) => Uint8Array | null;
  readonly onEvent: (workstation: RealWorkstation, event: DeviceEvent) => Promise<void> | void;
};

export const ORGANIZATION = OrganizationId.parse('00000000000000aa');
const MEMBERSHIP = { organization: ORGANIZATION, organizationName: 'Simulated', host: '127.0.0.1', port: 1, authority: '', certificate: '', sealingKey: '', hubSigningKey: '' } satisfies Membership;
const SITE = { name: 'Simulated', address: 'Nowhere 1', latitude: null, longitude: null, source: 'none' } as const;
const USER = '00000000000000a1';
const BATCH_BYTES = { least: 800, most: 6000 } as const;
const TICK_MS = { busy: 4000, idle: 120_000 } as const;
const CHANGE_SEEN_MS = 1000;

type Connection = { readonly session: DeviceSession; readonly core: DeviceCore; readonly line: SimLine };

export function createRealWorkstation(around: RealSurroundings, setup: { readonly device: DeviceId; readonly disk: VaultDisk; readonly clock: SimClock; readonly random: SeededRandom; readonly reader: number }): RealWorkstation {
  const { now, schedule } = around;
  const { device, disk, clock, random } = setup;
  const bytes: Random = { bytes: (count) => Uint8Array.from({ length: count }, () => random.between(0, 255)) };
  const { crypto, signingKey } = deviceKeysOf(device);
  const system = mintGrant({ decision: 'tier/0', purpose: 'TREAT', session: null, patient: null });
  let reader = setup.reader;
  let ledger: Ledger;
  let grant: Grant = system;
  let light: SyncLight;
  let pace = createPace(bytes);
  let connection: Connection | null = null;
  let allowed = false;
  let off = false;
  let life = 0;
  let changeSeen = false;
  let dialing = false;

  /** A power cut while it starts is one more start. */
  const begin = (): void => {
    life += 1;
    for (;;) {
      try {
        // Without room no vault opens: whoever starts the machine again has made some.
        disk.fill(false);
        return open();
      } catch (cause) {
        if (!(cause instanceof PowerCut)) throw cause;
        disk.afterCut();
      }
    }
  };

  const open = (): void => {
    const opened = openLedger({ store: disk.store(), clock, random: bytes, device: { id: device, name: 'Desk', signingKey }, application: 'tier', buildDate: 0, systemGrant: system, reader: readerOf(reader) });
    if (!opened.ok) throw new Error(`the ledger does not open: ${opened.fault.code}`);
    ledger = opened.value;
    const session = ledger.append(system, [{ kind: 'session.open', body: { user: USER, login: 'ada', name: 'Ada Obi', role: 'nurse', level: 2, device, deviceName: 'Desk', addresses: [], clinic: 'Simulated', site: SITE, purpose: 'TREAT' } }]);
    // Without room nobody signs in, and sync goes on.
    grant = mintGrant({ decision: 'tier/0', purpose: 'TREAT', session: session.ok ? (session.value[0]?.entry ?? null) : null, patient: null });
    pace = createPace(bytes);
    light = createSyncLight(createLightSource(ledger), clock);
    dialing = false;
    changeSeen = false;
    if (allowed) dialAfter(random.between(0, 500));
  };

  /** Runs a step of this machine; a power cut starts it again. */
  const step = async (work: () => Promise<void> | void): Promise<void> => {
    const mine = life;
    if (off) return;
    try {
      await work();
    } catch (cause) {
      if (!(cause instanceof PowerCut)) throw cause;
      if (mine === life) struck();
    }
  };
  const struck = (): void => {
    drop();
    disk.afterCut();
    begin();
  };
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
    disk.kill();
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

  const over = (code: Parameters<SyncLight['ended']>[0]['code'], rule: unknown): void => {
    drop();
    light.ended({ code }, { sent: 0, received: 0 });
    light.persist();
    if (rule === 'no progress') pace.stalled();
    if (allowed) dialAfter(pace.wait('line'));
  };

  const onEvent = (event: DeviceEvent): void => {
    const told = around.onEvent(workstation, event);
    if (told !== undefined) schedule(0, () => told);
    if (event.do === 'close') return over(event.fault.code, event.fault.detail?.['rule']);
    if (event.do === 'acknowledged' || event.do === 'received') pace.progressed();
    light.event(event);
    if (event.do === 'refused' && light.refused(event.what, event.code)) ledger.append(system, [{ kind: 'sync.refused', body: { code: event.code, what: event.what } }]);
    if (connection?.core.view().settled === true) pace.settled();
    return undefined;
  };

  const dial = async (): Promise<void> => {
    light.connecting();
    const line: SimLine = createSimLine({
      plan: around.line, random: random.fork(`line ${life} ${now()}`), now, schedule,
      atHub: (chunk) => hubEnd?.push(chunk),
      atDevice: (chunk) => (connection?.line === line ? step(() => receive(line, chunk)) : undefined),
      hubEnded: () => hubEnd?.ended(),
      deviceEnded: () => (connection?.line === line ? step(() => over('OFFLINE', 'line ended')) : undefined),
    });
    const hubEnd = around.central.accept(device, () => line);
    if (hubEnd === null) return over('OFFLINE', 'busy');
    const core = createDeviceCore({
      organization: ORGANIZATION, device, application: 'tier', store: createDeviceStore(ledger, around.rosterKey), sha256: crypto.sha256, compression: crypto.compression, recoverOwn: true, verify: crypto.verify,
      verifyReceipt: (receipt) => crypto.verify(ORGANIZATION_KEYS.signingKey, signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
      codecs: around.codecs, ...pace.sizes(), batchTargetBytes: random.between(BATCH_BYTES.least, BATCH_BYTES.most),
    });
    const session = createDeviceSession({
      core, crypto, organization: ORGANIZATION, device, organizationSealingKey: ORGANIZATION_KEYS.sealingKey, hubSigningKey: ORGANIZATION_KEYS.signingKey,
      now: () => ({ wall: clock.now(), steady: now() }), write: async (frame) => line.up(frame), onEvent: (event) => (connection?.session === session ? onEvent(event) : undefined),
    });
    connection = { session, core, line };
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

  const noticeChange = (): void => {
    if (changeSeen || connection === null) return;
    changeSeen = true;
    const urgent = ownSegments(ledger.read).some(({ lane, length, acknowledged }) => lane === LANE.urgent && acknowledged < length);
    later(urgent ? 0 : random.between(0, CHANGE_SEEN_MS), () => {
      changeSeen = false;
      connection?.session.localChange();
      return connection?.session.drained();
    });
  };

  const workstation: RealWorkstation = {
    device, disk, clock,
    ledger: () => ledger,
    core: () => connection?.core ?? null,
    light: () => light.view(MEMBERSHIP, connection?.core.view() ?? null, { sent: 0, received: 0 }),
    reader: () => reader,
    write(operation) {
      const draft = realDraftOf(operation, ledger.read);
      if (draft === null) return null;
      try {
        const written = ledger.append(grant, [draft]);
        noticeChange();
        return written.ok ? (written.value[0]?.entry ?? null) : null;
      } catch (cause) {
        if (!(cause instanceof PowerCut)) throw cause;
        struck();
        return null;
      }
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
    switchOff() {
      allowed = false;
      drop();
      off = true;
      life += 1;
    },
    running: () => !off,
  };
  begin();
  return workstation;
}

/** The name of the n-th machine that was ever switched on. */
export const machineNamed = (number: number): DeviceId => DeviceId.parse(toHex(Uint8Array.of(0xdd, 0xdd, 0xdd, 0xdd, 0, 0, number >> 8, number & 0xff)));
