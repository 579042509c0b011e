import { join } from 'node:path';
import { toHex } from '../../shared/base/bytes.ts';
import type { DeviceId, EntryId } from '../../shared/base/ids.ts';
import { CODECS_READ } from '../../shared/sync/codec.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import { CODEC_PLAIN_ZSTD } from '../../shared/sync/limits.ts';
import { ownSegments } from '../../main/ledger/ledger.ts';
import { createSeededRandom } from '../fixtures/seeded-random.ts';
import type { Act, DeviceAct, DevicePlan, Plan } from '../sim/act.ts';
import { createCentralActs } from '../sim/central-acts.ts';
import type { Problem } from '../sim/judge.ts';
import { randomBytes } from '../sim/machine.ts';
import { actOnMachine, healMachine } from '../sim/machine-acts.ts';
import { HUB_EPOCH_MS } from '../sim/machine-parts.ts';
import { SHIPPED } from '../sim/parts.ts';
import { createSimCentral } from '../sim/sim-central.ts';
import { createSimClock } from '../sim/sim-clock.ts';
import type { Speech } from '../sim/speech.ts';
import { createStage } from '../sim/stage.ts';
import { createTrace, type Trace } from '../sim/trace.ts';
import { createRealHub, type RealHub } from './real-hub.ts';
import { createRealWorkstation, machineNamed, type RealSurroundings, type RealWorkstation } from './real-workstation.ts';
import { deviceKeysOf, ORGANIZATION_KEYS } from './seeded-keys.ts';
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

const PROBLEMS_MAX = 12;
const PLAIN_CODEC_EVERY = 2;
const PLAIN_DEVICE: DevicePlan = { skewMs: 0, driftPpm: 0, reader: 1, ticks: 0 };

export async function createRealWorld(plan: Plan, options: { readonly folder: string; readonly cuts: CutStyle; /** Of an empty vault, made once. */ readonly template: DiskImage }): Promise<RealWorld> {
  const random = createSeededRandom(`real world ${plan.seed}`);
  const hubRandom = random.fork('hub');
  const stage = createStage(plan.line);
  const { now, schedule } = stage;
  const wallNow = (): number => HUB_EPOCH_MS + now();
  const trace = createTrace();
  const revoked = new Set<DeviceId>();
  const clones = new Set<DeviceId>();
  const everyone: RealWorkstation[] = [];
  const current: RealWorkstation[] = [];
  const backups = new Map<number, { readonly image: DiskImage; readonly written: number }>();
  const twins = new Map<number, RealWorkstation>();
  const written = new Map<RealWorkstation, EntryId[]>();
  const problems: Problem[] = [];
  const counts: Record<string, number> = {};
  /** In which of central's lives, counted by its restores, each workstation was last greeted. */
  const greetedIn = new WeakMap<RealWorkstation, number>();

  const saw = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const report = (rule: string, what: string): void => {
    if (problems.length < PROBLEMS_MAX && !problems.some((known) => known.rule === rule && known.what === what)) problems.push({ rule, what });
  };
  const hub = await createRealHub(join(options.folder, 'central'), wallNow, randomBytes(hubRandom));
  // What another team's central may have and no other: the one codec that everybody must read.
  const codecs = plan.seed % PLAIN_CODEC_EVERY === 0 ? [CODEC_PLAIN_ZSTD] : CODECS_READ;
  const central = createSimCentral({ parts: SHIPPED, crypto: ORGANIZATION_KEYS.crypto, store: hub.store, codecs, now: wallNow, schedule, remembers: false });

  /** Unless central was restored and has not been met since, "all sent" is true. */
  const judgeLight = async (workstation: RealWorkstation): Promise<void> => {
    if (!workstation.running() || greetedIn.get(workstation) !== central.life || !workstation.light().allSent) return;
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
    if (event.do === 'greeted') greetedIn.set(workstation, central.life);
    // A receipt may be on its way while the disk it speaks of is replaced.
    if (event.do !== 'acknowledged' || greetedIn.get(workstation) !== central.life) return undefined;
    const { segment, length, head } = event.receipt;
    trace.text(toHex(head.subarray(0, 8)));
    schedule(0, () => judgeLight(workstation));
    return hub.holds(segment, length, head).then((holds) => (holds ? undefined : report('SYN-201', `acknowledged ${segment} to ${length} without being held`)));
  };
  central.speech = plan.hubSpeech ?? 'this';
  const around: RealSurroundings = {
    parts: SHIPPED, central, codecs, parcels: false, trunks: false, now, schedule, onEvent,
    line: stage.line,
    hubSigningKey: ORGANIZATION_KEYS.signingKey, organizationSealingKey: ORGANIZATION_KEYS.sealingKey,
    rosterKey: (device) => (everyone.some((each) => each.device === device) ? deviceKeysOf(device).signingKey : null),
  };

  const switchOn = (device: DeviceId, clock: RealWorkstation['clock'], reader: number, speech: Speech, image: DiskImage): RealWorkstation => {
    const seeds = random.fork(`machine ${everyone.length}`);
    const disk = createVaultDisk({ folder: join(options.folder, `machine-${everyone.length}`), cuts: options.cuts, random: seeds.fork('disk'), image });
    const workstation = createRealWorkstation(around, { device, disk, clock, random: seeds, reader, speech });
    everyone.push(workstation);
    written.set(workstation, []);
    return workstation;
  };
  const install = async (number: number): Promise<RealWorkstation> => {
    const { skewMs, driftPpm, reader, speech = 'this' } = plan.devices[number % plan.devices.length] ?? PLAIN_DEVICE;
    const device = machineNamed(everyone.length + 1);
    await hub.enrol(device);
    return switchOn(device, createSimClock(now, { startMs: HUB_EPOCH_MS, skewMs, driftPpm }), reader, speech, options.template);
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
        const copied = switchOn(device, workstation.clock, workstation.reader(), workstation.speech(), disk.image());
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
      case 'revoke':
        revoked.add(device);
        return hub.revoke(device);
      // Rows that no longer say what was written, and parts of the records, are the model's alone.
      case 'corrupt':
      case 'expire': return void central.expired.add(device);
      // Here whoever was revoked stays so.
      case 'readmit': return undefined;
      case 'scope': return undefined;
      default: return actOnMachine(workstation, act);
    }
  };

  const centralActs = createCentralActs({
    plan, central,
    strike: hub.strikes.arm,
    image: hub.image,
    version: now,
    async goBack(load) {
      central.restart();
      await load();
      // Who is enrolled and who is revoked is put right by the administrator before the hub is let on the line.
      for (const { device } of everyone) await hub.enrol(device);
      for (const device of revoked) await hub.revoke(device);
      central.life += 1;
    },
  });

  const perform = (act: Act): Promise<void> | void => {
    trace.text(act.do);
    saw(act.do);
    centralActs.mirror();
    return 'device' in act ? deviceAct(act.device, act.at, act) : centralActs.perform(act);
  };

  for (let number = 0; number < plan.devices.length; number += 1) current.push(await install(number));
  for (const act of plan.acts) stage.at(act.at, () => perform(act));

  return {
    hub, trace, problems, counts, report,
    now,
    running: () => everyone.filter((workstation) => workstation.running()),
    revoked: (device) => revoked.has(device),
    cloned: (device) => clones.has(device),
    restored: () => central.life > 0,
    promised: () => [...written].flatMap(([{ device }, entries]) => (revoked.has(device) ? [] : entries)),
    run: stage.run,
    heal() {
      stage.mend();
      centralActs.heal();
      for (const workstation of everyone) healMachine(workstation);
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
