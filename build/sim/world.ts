import { createSeededRandom } from '../fixtures/seeded-random.ts';
import { DeviceId, RecordId } from '../../shared/base/ids.ts';
import type { DeviceRecord } from '../../shared/sync/hub-store.ts';
import type { Act, DeviceAct, DevicePlan, Plan } from './act.ts';
import { createCentralActs } from './central-acts.ts';
import { createJudge, type Judge } from './judge.ts';
import { createLiar } from './liar.ts';
import { actOnMachine, healMachine } from './machine-acts.ts';
import { HUB_EPOCH_MS } from './machine-parts.ts';
import type { Parts } from './parts.ts';
import { createReferenceCodec } from './reference-codec.ts';
import { createSimCentral, deviceKeys, HUB_SIGNING_KEY, ORGANIZATION_SEALING_KEY, PLAIN_ONLY, type SimCentral } from './sim-central.ts';
import { createSimClock } from './sim-clock.ts';
import { createSimDisk, type SimDisk, type SimImage } from './sim-disk.ts';
import { createSimHub, type SimHub } from './sim-hub.ts';
import { createSimWorkstation, type SimWorkstation, type Surroundings, type WorkstationSetup } from './sim-workstation.ts';
import { createStage } from './stage.ts';
import { createStandInCrypto, createTicketCompression, NO_COMPRESSION, standInSha256 } from './stand-in-crypto.ts';
import { createTrace, type Trace } from './trace.ts';
import type { Variant } from './variant.ts';

/** One organisation in virtual time: performs a plan's acts, then heals everything. */
export type World = {
  readonly plan: Plan;
  readonly parts: Parts;
  readonly judge: Judge;
  readonly hub: SimHub;
  readonly central: SimCentral;
  readonly trace: Trace;
  now(): number;
  /** All that run, clones too. */
  workstations(): readonly SimWorkstation[];
  /** Whatever was ever switched on. */
  all(): readonly SimWorkstation[];
  revoked(device: DeviceId): boolean;
  /** Two machines go by this name. */
  cloned(device: DeviceId): boolean;
  /** Nothing that reached central may be news to it. */
  readonly remembers: boolean;
  /** It holds a segment with two histories, and says so. */
  forked(workstation: SimWorkstation): boolean;
  corrupted: Set<string>;
  /** Lets virtual time pass; acts that fall into it are performed. */
  run(untilMs: number): Promise<void>;
  /** No fault from now on; everybody is on the line. */
  heal(): void;
  acts: { performed: number; written: number };
};

/** How far a hybrid clock that counts is ahead of the wall clock: for so long it goes on counting. */
const AHEAD_MS = 10 * 60_000;
/** In every so many worlds everything is said again at the end: where no disk was lost, central must have heard it all. */
const REPLAYED_EVERY = 4;
const LOSES_DISKS: ReadonlySet<Act['do']> = new Set(['restore', 'destroy', 'clone', 'hub-restore', 'hub-failover']);
const CATCHMENTS = 2;
const catchmentOf = (number: number): string => `c${number % CATCHMENTS}`;
const PLAIN_DEVICE: DevicePlan = { skewMs: 0, driftPpm: 0, reader: 1, ticks: 0 };

export type WorldOptions = { readonly plan: Plan; readonly parts: Parts; readonly variant?: Variant };

export function createWorld({ plan, parts, variant = {} }: WorldOptions): World {
  const random = createSeededRandom(`world ${plan.seed}`);
  const hexes = random.fork('hub');
  const stage = createStage(plan.line);
  const { now, schedule } = stage;
  const wallNow = (): number => HUB_EPOCH_MS + now();
  const trace = createTrace();
  const roster = new Map<DeviceId, DeviceRecord>();
  /** From when on the roster names whom. */
  const listed = new Map<DeviceId, number>();
  const clones = new Set<DeviceId>();
  const corrupted = new Set<string>();
  const everyone: SimWorkstation[] = [];
  /** The workstation that goes by a plan's number now. */
  const current: SimWorkstation[] = [];
  const backups = new Map<number, SimImage>();
  const twins = new Map<number, SimWorkstation>();
  const counts = { performed: 0, written: 0 };

  const hub = createSimHub({ devices: () => [...roster.values()], sha256: standInSha256, rules: parts, pageRows: plan.pageRows, hex: (bytes) => Array.from({ length: bytes }, () => hexes.between(0, 255).toString(16).padStart(2, '0')).join('') });
  const compression = plan.line.wire ? NO_COMPRESSION : createTicketCompression();
  const parcels = plan.parcels === true;
  const repertoire = parcels ? [createReferenceCodec()] : undefined;
  const honestLine = plan.line.flip === 0 && plan.line.repeat === 0 && plan.liar === undefined;
  const remembers = honestLine && plan.seed % REPLAYED_EVERY === 0 && !plan.acts.some((act) => LOSES_DISKS.has(act.do));
  const central = createSimCentral({ parts, crypto: createStandInCrypto({ opens: ORGANIZATION_SEALING_KEY, signs: HUB_SIGNING_KEY }, compression, repertoire), store: () => hub.store, codecs: PLAIN_ONLY, now: wallNow, schedule, remembers });
  const judge = createJudge(hub, wallNow, honestLine);

  central.speech = plan.hubSpeech ?? 'this';
  if (plan.liar !== undefined) central.liar = createLiar(plan.liar, random.fork('liar'), (trick) => judge.saw(`lie ${trick}`));

  const around: Surroundings = {
    parts, central, compression, repertoire, parcels, trunks: plan.trunks === true, now, schedule,
    line: stage.line,
    codecs: PLAIN_ONLY, hubSigningKey: HUB_SIGNING_KEY, organizationSealingKey: ORGANIZATION_SEALING_KEY,
    looked: judge.looked,
    // A machine restored, or one of two of a name, does not know what has been sent in its name and may send it again.
    watch: honestLine ? (device) => ({ saw: judge.saw, report: (rule, what) => (judge.replacedDisk(device) ? undefined : judge.report(rule, what)) }) : null,
    onEvent(workstation, event, life) {
      trace.text(event.do);
      if (event.do === 'acknowledged') trace.bytes(event.receipt.head.subarray(0, 8));
      if (event.do === 'received') trace.number(event.received.applied);
      judge.event(workstation, event, life, central.liar !== null);
    },
  };

  const enrol = (name: DeviceId): void => {
    const { opens, signs } = deviceKeys(name);
    roster.set(name, { device: name, name, signingKey: signs, sealingKey: opens, state: 'active' });
    if (!listed.has(name)) listed.set(name, now() + (plan.rosterLagMs ?? 0));
  };
  variant.hub?.(hub);
  const scoped = plan.acts.some((act) => act.do === 'scope');
  const newDisk = (device: DeviceId): SimDisk => {
    const disk = createSimDisk({ device, scoped, authorKey: (author) => ((listed.get(author) ?? 0) <= now() ? (roster.get(author)?.signingKey ?? null) : null) });
    variant.disk?.(disk);
    return disk;
  };
  const switchOn = (setup: Omit<WorkstationSetup, 'random' | 'resumes'>): SimWorkstation => {
    const workstation = createSimWorkstation(around, { ...setup, resumes: variant.resumes === true, random: random.fork(`workstation ${everyone.length}`) });
    everyone.push(workstation);
    judge.saw(`spoke ${workstation.speech()}`);
    return workstation;
  };
  const nameOf = (number: number): DeviceId => DeviceId.parse(number.toString(16).padStart(16, 'd'));
  const install = (number: number): SimWorkstation => {
    const { skewMs, driftPpm, reader, speech = 'this', ticks } = plan.devices[number % plan.devices.length] ?? PLAIN_DEVICE;
    const name = nameOf(everyone.length + 1);
    enrol(name);
    if (scoped) hub.scopes.setCatchment(name, catchmentOf(number));
    return switchOn({ disk: newDisk(name), clock: createSimClock(now, { startMs: HUB_EPOCH_MS, skewMs, driftPpm }), reader, speech, ...(ticks === 0 ? {} : { memory: { lanes: [], hybrid: [HUB_EPOCH_MS + skewMs + AHEAD_MS, ticks] } }) });
  };

  const deviceAct = (number: number, at: number, act: DeviceAct): void => {
    // Of two machines of one name now the one is used, now the other.
    const twin = act.do === 'write' && at % 2 === 0 ? twins.get(number) : undefined;
    const workstation = twin ?? current[number];
    if (workstation === undefined || !workstation.running()) return;
    const { disk, device } = workstation;
    switch (act.do) {
      case 'write': {
        const written = workstation.write(act.operation);
        if (written !== null) {
          counts.written += 1;
          judge.wrote(workstation, written.entry);
        }
        return trace.number(written?.entry.sequence ?? -1);
      }
      case 'backup': return void backups.set(number, disk.image());
      case 'restore': {
        const image = backups.get(number);
        if (image === undefined) return undefined;
        disk.load(image);
        judge.diskReplaced(workstation);
        return workstation.restart();
      }
      case 'clone': {
        const copy = newDisk(device);
        copy.load(disk.image());
        clones.add(device);
        const copied = switchOn({ disk: copy, clock: workstation.clock, reader: workstation.reader(), speech: workstation.speech(), ...(act.live ? { memory: workstation.memory() } : {}) });
        twins.set(number, copied);
        judge.diskReplaced(workstation);
        judge.diskReplaced(copied);
        return copied.online(true);
      }
      case 'destroy': {
        workstation.switchOff();
        backups.delete(number);
        twins.delete(number);
        const fresh = install(number);
        current[number] = fresh;
        return fresh.online(true);
      }
      case 'revoke': {
        const record = roster.get(device);
        if (record !== undefined) roster.set(device, { ...record, state: 'revoked' });
        return undefined;
      }
      case 'readmit': return enrol(device);
      case 'expire': return void central.expired.add(device);
      case 'scope': return narrow(device, act);
      case 'corrupt': return corrupt(disk, act.row);
      default: return actOnMachine(workstation, act);
    }
  };

  const narrow = (device: DeviceId, { everything, catchments, patients }: Extract<DeviceAct, { do: 'scope' }>): void => {
    const known = hub.scopes.patients();
    const named = patients.flatMap((pick) => known[pick % Math.max(1, known.length)] ?? []);
    hub.scopes.setScope(device, { everything, catchments: catchments.map(catchmentOf), patients: [...new Set(named)].map((each) => RecordId.parse(each)) }, hub.entries());
  };

  /** One row of the ledger is no longer what was written. */
  const corrupt = (disk: SimDisk, pick: number): void => {
    const own = [...disk.segments.values()].filter((segment) => segment.own && segment.entries.length > 1);
    const segment = own[pick % Math.max(1, own.length)];
    if (segment === undefined) return;
    const at = 1 + (pick % (segment.entries.length - 1));
    const entry = segment.entries[at];
    if (entry?.body === undefined || entry.body === null) return;
    const body = entry.body.slice();
    body[0] = (body[0] ?? 0) ^ 1;
    segment.entries[at] = { ...entry, body };
    corrupted.add(segment.id);
  };

  const centralActs = createCentralActs({
    plan, central,
    strike: hub.power.arm,
    image: hub.image,
    version: hub.version,
    goBack(load) {
      void load();
      judge.hubWentBack();
      central.life += 1;
      central.restart();
    },
  });

  const perform = (act: Act): Promise<void> | void => {
    counts.performed += 1;
    trace.text(act.do);
    trace.number(act.at);
    judge.saw(`act ${act.do}`);
    centralActs.mirror();
    return 'device' in act ? deviceAct(act.device, act.at, act) : centralActs.perform(act);
  };

  for (let number = 0; number < plan.devices.length; number += 1) current.push(install(number));
  for (const act of plan.acts) stage.at(act.at, () => perform(act));

  return {
    plan, parts, judge, hub, central, trace, corrupted, remembers,
    acts: counts,
    now,
    workstations: () => everyone.filter((workstation) => workstation.running()),
    all: () => everyone,
    revoked: (device) => roster.get(device)?.state === 'revoked',
    cloned: (device) => clones.has(device),
    forked: ({ disk, device }) => clones.has(device) && [...disk.segments.values()].some(({ own, closed }) => own && closed),
    run: stage.run,
    heal() {
      stage.mend();
      centralActs.heal();
      for (const workstation of everyone) healMachine(workstation, plan.upgraded);
    },
  };
}
