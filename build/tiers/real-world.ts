import { join } from 'node:path';
import { toHex } from '../../shared/base/bytes.ts';
import type { DeviceId, EntryId } from '../../shared/base/ids.ts';
import { CODECS_READ } from '../../shared/sync/codec.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import { CODEC_PLAIN_ZSTD } from '../../shared/sync/limits.ts';
import { ownSegments } from '../../main/ledger/ledger.ts';
import { createSeededRandom } from '../fixtures/seeded-random.ts';
import { PERFECT_LINE, type Act, type DeviceAct, type DevicePlan, type HubAct, type LinePlan, type Plan } from '../sim/act.ts';
import { createAgenda } from '../sim/agenda.ts';
import { createSimClock } from '../sim/sim-clock.ts';
import { createTrace, type Trace } from '../sim/trace.ts';
import { createRealCentral } from './real-central.ts';
import { createRealHub, type RealHub } from './real-hub.ts';
import { createRealWorkstation, machineNamed, type RealSurroundings, type RealWorkstation } from './real-workstation.ts';
import { deviceKeysOf } from './seeded-keys.ts';
import { createVaultDisk, type CutStyle, type DiskImage } from './vault-disk.ts';

/** One organisation of shipped vaults and a shipped central in virtual time: performs a plan's acts, then heals everything. */
export type RealWorld = {
  readonly hub: RealHub;
  readonly trace: Trace;
  readonly problems: readonly Problem[];
  /** How often what the rules are about happened. */
  readonly counts: Readonly<Record<string, number>>;
  report(rule: string, what: string): void;
  now(): number;
  running(): readonly RealWorkstation[];
  revoked(device: DeviceId): boolean;
  /** Two machines go, or have gone, by this name. */
  cloned(device: DeviceId): boolean;
  /** Central went back to an earlier state. */
  restored(): boolean;
  /** Entries that were written before its users' eyes and whose disk was never replaced. */
  promised(): readonly EntryId[];
  run(untilMs: number): Promise<void>;
  heal(): void;
  restartCentral(): void;
  close(): Promise<void>;
};
export type Problem = { readonly rule: string; readonly what: string };

const HUB_EPOCH_MS = 1_750_000_000_000;
const FAILOVER_IMAGES = 8;
const PROBLEMS_MAX = 12;
const PLAIN_CODEC_EVERY = 4;
const PLAIN_DEVICE: DevicePlan = { skewMs: 0, driftPpm: 0, reader: 1, ticks: 0 };
/** Two machines that go on from one memory, and rows that no longer say what was written, are the model's alone. */
const LEFT_OUT: ReadonlySet<string> = new Set(['corrupt']);

export async function createRealWorld(plan: Plan, options: { readonly folder: string; readonly cuts: CutStyle; /** Of an empty vault, made once. */ readonly template: DiskImage }): Promise<RealWorld> {
  const random = createSeededRandom(`real world ${plan.seed}`);
  const hubRandom = random.fork('hub');
  const agenda = createAgenda();
  const trace = createTrace();
  let time = 0;
  let line: LinePlan = plan.line;
  const revoked = new Set<DeviceId>();
  const clones = new Set<DeviceId>();
  const everyone: RealWorkstation[] = [];
  const current: RealWorkstation[] = [];
  const backups = new Map<number, { readonly image: DiskImage; readonly written: number }>();
  const twins = new Map<number, RealWorkstation>();
  const written = new Map<RealWorkstation, EntryId[]>();
  const problems: Problem[] = [];
  const counts: Record<string, number> = {};
  let hubBackup: (() => Promise<void>) | null = null;
  let standbys: readonly (() => Promise<void>)[] = [];
  /** How often central went back to an earlier state, and when each workstation was last greeted by it. */
  let life = 0;
  const greetedIn = new WeakMap<RealWorkstation, number>();

  const saw = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const report = (rule: string, what: string): void => {
    if (problems.length < PROBLEMS_MAX && !problems.some((known) => known.rule === rule && known.what === what)) problems.push({ rule, what });
  };
  const schedule: RealSurroundings['schedule'] = (afterMs, work) => agenda.put(time + Math.max(0, afterMs), work);
  const hub = await createRealHub(join(options.folder, 'central'), () => HUB_EPOCH_MS + time, { bytes: (count) => Uint8Array.from({ length: count }, () => hubRandom.between(0, 255)) });
  // What another team's central may have and no other: the one codec that everybody must read.
  const codecs = plan.seed % PLAIN_CODEC_EVERY === 0 ? [CODEC_PLAIN_ZSTD] : CODECS_READ;
  const central = createRealCentral({ hub, codecs, now: () => HUB_EPOCH_MS + time, schedule });

  /** Unless central was restored and has not been met since, "all sent" is true. */
  const judgeLight = async (workstation: RealWorkstation): Promise<void> => {
    if (!workstation.running() || greetedIn.get(workstation) !== life || !workstation.light().allSent) return;
    saw('all sent');
    const own = ownSegments(workstation.ledger().read).filter(({ closed, length }) => closed === null && length > 0);
    const held = await Promise.all(own.map(({ id, length, head }) => hub.holds(id, length, head)));
    if (held.includes(false)) report('SYN-201', `${workstation.device} says that all is sent, and central lacks some`);
  };

  const onEvent = (workstation: RealWorkstation, event: DeviceEvent): Promise<void> | void => {
    trace.text(event.do);
    saw(event.do);
    if (event.do === 'received') trace.number(event.received.applied);
    if (event.do === 'close' && event.fault.code === 'PROTOCOL_ERROR' && plan.line.flip === 0 && plan.line.repeat === 0) report('SYN-201', `${workstation.device} broke off: ${String(event.fault.detail?.['rule'] ?? event.fault.detail?.['refusal'])}`);
    if (event.do === 'greeted') greetedIn.set(workstation, life);
    // A receipt may be on its way while the disk it speaks of is replaced.
    if (event.do !== 'acknowledged' || greetedIn.get(workstation) !== life) return undefined;
    const { segment, length, head } = event.receipt;
    trace.text(toHex(head.subarray(0, 8)));
    schedule(0, () => judgeLight(workstation));
    return hub.holds(segment, length, head).then((holds) => (holds ? undefined : report('SYN-201', `acknowledged ${segment} to ${length} without being held`)));
  };
  const around: RealSurroundings = { central, codecs, schedule, now: () => time, line: () => line, onEvent, rosterKey: (device) => (everyone.some((each) => each.device === device) ? deviceKeysOf(device).signingKey : null) };

  const switchOn = (device: DeviceId, clock: RealWorkstation['clock'], reader: number, image: DiskImage): RealWorkstation => {
    const seeds = random.fork(`machine ${everyone.length}`);
    const disk = createVaultDisk({ folder: join(options.folder, `machine-${everyone.length}`), cuts: options.cuts, random: seeds.fork('disk'), image });
    const workstation = createRealWorkstation(around, { device, disk, clock, random: seeds, reader });
    everyone.push(workstation);
    written.set(workstation, []);
    return workstation;
  };
  const install = async (number: number): Promise<RealWorkstation> => {
    const { skewMs, driftPpm, reader } = plan.devices[number % plan.devices.length] ?? PLAIN_DEVICE;
    const device = machineNamed(everyone.length + 1);
    await hub.enrol(device);
    return switchOn(device, createSimClock(() => time, { startMs: HUB_EPOCH_MS, skewMs, driftPpm }), reader, options.template);
  };

  const deviceAct = async (number: number, at: number, act: DeviceAct): Promise<void> => {
    const twin = act.do === 'write' && at % 2 === 0 ? twins.get(number) : undefined;
    const workstation = twin ?? current[number];
    if (workstation === undefined || !workstation.running()) return;
    const { disk, device } = workstation;
    switch (act.do) {
      case 'write': {
        const entry = workstation.write(act.operation);
        if (entry !== null) written.get(workstation)?.push(entry);
        return trace.text(entry ?? '-');
      }
      case 'line': return workstation.online(act.up);
      case 'cut': return workstation.line()?.cut(act.style);
      case 'crash': return workstation.restart();
      case 'strike': return disk.strikes.arm(act.strike);
      case 'disk-full': return disk.fill(act.full);
      case 'backup': return void backups.set(number, { image: disk.image(), written: written.get(workstation)?.length ?? 0 });
      case 'restore': {
        const backup = backups.get(number);
        if (backup === undefined) return undefined;
        workstation.online(false);
        disk.load(backup.image);
        // What was written since was on the disk that is gone.
        written.get(workstation)?.splice(backup.written);
        workstation.restart();
        return workstation.online(true);
      }
      case 'clone': {
        clones.add(device);
        const copied = switchOn(device, workstation.clock, workstation.reader(), disk.image());
        twins.set(number, copied);
        return copied.online(true);
      }
      case 'destroy': {
        workstation.switchOff();
        written.delete(workstation);
        backups.delete(number);
        twins.delete(number);
        const fresh = await install(number);
        current[number] = fresh;
        return fresh.online(true);
      }
      case 'clock':
        workstation.clock.jump(act.jumpMs);
        return workstation.clock.stick(act.stuck);
      case 'version': return workstation.upgrade(act.reader);
      case 'revoke':
        revoked.add(device);
        return hub.revoke(device);
      case 'corrupt': return undefined;
    }
  };

  const goBack = async (load: () => Promise<void>): Promise<void> => {
    central.restart();
    await load();
    // Who is enrolled and who is revoked is put right by the administrator before the hub is let on the line.
    for (const { device } of everyone) await hub.enrol(device);
    for (const device of revoked) await hub.revoke(device);
    life += 1;
  };
  const hubAct = async (act: HubAct): Promise<void> => {
    switch (act.do) {
      case 'hub-crash': return central.restart();
      case 'hub-strike': return hub.strikes.arm(act.strike);
      case 'hub-backup':
        hubBackup = hub.image();
        return undefined;
      case 'hub-restore': return hubBackup === null ? undefined : goBack(hubBackup);
      case 'hub-failover': {
        const standby = standbys[Math.max(0, standbys.length - 1 - act.lag)];
        return standby === undefined ? undefined : goBack(standby);
      }
      case 'hub-busy':
        central.busy = act.busy;
        return undefined;
    }
  };

  const lagging = plan.acts.some((act) => act.do === 'hub-failover');
  const perform = (act: Act): Promise<void> => {
    trace.text(act.do);
    saw(act.do);
    if (lagging) standbys = [...standbys, hub.image()].slice(-FAILOVER_IMAGES);
    return 'device' in act ? deviceAct(act.device, act.at, act) : hubAct(act);
  };

  for (let number = 0; number < plan.devices.length; number += 1) current.push(await install(number));
  for (const act of plan.acts) if (!LEFT_OUT.has(act.do)) agenda.put(act.at, () => perform(act));

  return {
    hub, trace, problems, counts, report,
    now: () => time,
    running: () => everyone.filter((workstation) => workstation.running()),
    revoked: (device) => revoked.has(device),
    cloned: (device) => clones.has(device),
    restored: () => life > 0,
    promised: () => [...written].flatMap(([{ device }, entries]) => (revoked.has(device) ? [] : entries)),
    async run(untilMs) {
      for (let next = agenda.takeUntil(untilMs); next !== null; next = agenda.takeUntil(untilMs)) {
        time = next.at;
        const running = next.work();
        if (running !== undefined) await running;
      }
      time = untilMs;
    },
    heal() {
      line = { ...PERFECT_LINE };
      central.busy = false;
      hub.strikes.arm(null);
      for (const workstation of everyone) {
        if (!workstation.running()) continue;
        workstation.disk.strikes.arm(null);
        workstation.disk.fill(false);
        workstation.clock.stick(false);
        workstation.online(true);
      }
    },
    restartCentral: central.restart,
    async close() {
      for (const workstation of everyone) {
        workstation.switchOff();
        workstation.disk.close();
      }
      await hub.close();
    },
  };
}
