import { createSeededRandom, type SeededRandom } from '../fixtures/seeded-random.ts';
import { TRICKS, type LiarPlan } from './liar.ts';
import type { Speech } from './speech.ts';
import { CREATED_TYPES, PERFECT_LINE, type Act, type CutStyle, type DeviceAct, type DevicePlan, type HubAct, type LinePlan, type Operation, type Plan } from './act.ts';

/** A whole world from one number (sync protocol, plan of tests: workstations, operations, faults). */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const YEAR_MS = 365 * DAY_MS;
const HORIZON_MS = { least: MINUTE_MS, most: 14 * DAY_MS } as const;
const OPERATIONS = { least: 50, most: 400, mean: 80 } as const;
const PICK_MAX = 1_000_000;
/** Of a hybrid clock (shared/ledger/hybrid-clock.ts). */
const COUNTER_FULL = 0xffff;
/** How often an operation goes to the one patient everybody is working on. */
const HOT_SPOT = 0.3;
/** How many of the worlds whose lines are not about bytes do without any. */
const PARCELS = 0.85;
/** Of worlds whose conversations may go over several connections. */
const TRUNKS = 0.5;
const ATTACHMENT_BYTES = { least: 20_000, most: 60_000 } as const;

/**
 * What a world is about. Most have a little of everything; the others have much of what hardly ever meets by chance:
 * central restored while machines are lost, machines running twice, lines that play messages again, and machines running
 * twice while central loses what it had acknowledged.
 */
export const THEMES = ['mixed', 'lost hub', 'twins', 'echo', 'scopes', 'copies'] as const;
export type Theme = (typeof THEMES)[number];

/** `about`: the theme, where it is not the seed's. */
export function drawPlan(seed: number, about: Theme | null = null): Plan {
  const random = createSeededRandom(seed);
  const drawn = random.weighted<Theme>([[54, 'mixed'], [16, 'lost hub'], [10, 'twins'], [8, 'echo'], [8, 'scopes'], [4, 'copies']]);
  const theme = about ?? drawn;
  const count = random.weighted([[30, 2], [32, 3], [18, 4], [9, 5], [5, 6], [3, 7], [3, 8]] as const);
  const horizonMs = Math.round(HORIZON_MS.least * (HORIZON_MS.most / HORIZON_MS.least) ** (random.unit() ** 2));
  const world: Drawing = { random, count, horizonMs, acts: [] };
  const devices = Array.from({ length: count }, () => drawDevice(random));
  // Everybody has somebody to chart for from the start.
  for (let device = 0; device < count; device += 1) put(world, device, { do: 'write', operation: { is: 'create', type: 'Patient', patient: 0, value: device } }, 0);
  drawOperations(world);
  for (let device = 0; device < count; device += 1) {
    drawStretches(world, device);
    drawDeviceFaults(world, device);
  }
  drawHubFaults(world);
  if (theme === 'lost hub') drawLostHub(world);
  if (theme === 'twins') drawTwins(world);
  if (theme === 'copies') drawCopies(world);
  if (theme === 'scopes') {
    drawScopes(world);
    if (random.chance(0.4)) drawLostHub(world);
  }
  const acts = world.acts.filter(({ at, do: is }) => at <= horizonMs && !(theme === 'scopes' && NOT_WITH_SCOPES.has(is))).toSorted((left, right) => left.at - right.at);
  const pageRows = random.weighted([[3, 1000], [4, random.between(4, 40)], [3, random.between(1, 6)]] as const);
  const line = drawLine(random, theme);
  const parcels = !line.wire && random.chance(PARCELS);
  const plain: Plan = { seed, horizonMs, devices, line, parcels, trunks: random.fork('trunks').chance(TRUNKS), pageRows, acts };
  return theme === 'mixed' || theme === 'lost hub' ? drawPeers(plain, random.fork('peers')) : plain;
}

type Drawing = { readonly random: SeededRandom; readonly count: number; readonly horizonMs: number; readonly acts: Act[] };

const when = ({ random, horizonMs }: Drawing): number => random.between(0, horizonMs);
const after = ({ random, horizonMs }: Drawing, at: number): number => random.between(Math.min(at, horizonMs), horizonMs);
const put = (world: Drawing, device: number, act: DeviceAct, at = when(world)): void => void world.acts.push({ at, device, ...act });
const putHub = (world: Drawing, act: HubAct, at = when(world)): void => void world.acts.push({ at, ...act });

/** In some worlds not everybody is who they seem, or of one release. */
function drawPeers(plan: Plan, random: SeededRandom): Plan {
  return random.weighted<() => Plan>([
    [12, () => ({ ...plan, line: { ...plan.line, wire: false, flip: 0 }, parcels: true, liar: drawLiar(random) })],
    [6, () => drawReleases(plan, random, ['this', 'next'])],
    [6, () => drawReleases({ ...plan, acts: plan.acts.filter(({ do: is }) => !NOT_WITH_VERSION_1.has(is)) }, random, ['first', 'this', 'next'])],
    [12, () => drawRoster(plan, random)],
    [64, () => plan],
  ])();
}

/** What version 1 of the protocol cannot make good: a reader of it has no authors' words to hand on, and finds only those of its own entries that lie ahead of its place in the log. */
const NOT_WITH_VERSION_1: ReadonlySet<Act['do']> = new Set(['restore', 'clone', 'destroy', 'hub-restore', 'hub-failover']);

/** Workstations and central of several releases, some of which are exchanged for others on the way. What the next one says has to be read, byte by byte. */
function drawReleases(plan: Plan, random: SeededRandom, speeches: readonly Speech[]): Plan {
  const speech = (): Speech => random.pick(speeches);
  const acts = plan.acts.map((act) => (act.do === 'version' ? { ...act, speech: speech() } : act));
  const exchanged: readonly Act[] = random.chance(0.5) ? [{ at: random.between(0, plan.horizonMs), do: 'hub-version', speech: speech() }] : [];
  return {
    ...plan, parcels: false, hubSpeech: speech(), upgraded: random.chance(0.5), devices: plan.devices.map((device) => ({ ...device, speech: speech() })),
    acts: [...acts, ...exchanged].toSorted((left, right) => left.at - right.at),
  };
}

/** Certificates end and are renewed, workstations are struck off the roster and put back on, and it is not everywhere at once. */
function drawRoster(plan: Plan, random: SeededRandom): Plan {
  const at = (): number => random.between(0, plan.horizonMs);
  const more = plan.devices.flatMap((_, device): Act[] => {
    const struck = at();
    return [
      ...Array.from({ length: random.between(0, 2) }, (): Act => ({ at: at(), device, do: 'expire' })),
      ...Array.from({ length: random.between(0, 2) }, (): Act => ({ at: at(), device, do: 'renew' })),
      ...(random.chance(0.3) ? [{ at: struck, device, do: 'revoke' } as const, { at: random.between(struck, plan.horizonMs), device, do: 'readmit' } as const] : []),
    ];
  });
  return { ...plan, rosterLagMs: random.between(0, plan.horizonMs), acts: [...plan.acts, ...more].toSorted((left, right) => left.at - right.at) };
}

/** Somebody in central's place, who knows one trick or all of them. */
function drawLiar(random: SeededRandom): LiarPlan {
  const tricks = random.chance(0.4) ? TRICKS : [random.pick(TRICKS), random.pick(TRICKS)];
  return { tricks, often: random.unit() * 0.3 };
}

/** Clocks are wrong by seconds, sometimes by up to ten years. */
function drawDevice(random: SeededRandom): DevicePlan {
  const skewMs = random.weighted([[50, 0], [25, random.between(-1500, 1500)], [15, random.between(-DAY_MS, DAY_MS)], [10, random.between(-10, 10) * YEAR_MS]] as const);
  const ticks = random.chance(0.1) ? COUNTER_FULL - random.between(0, 20) : 0;
  return { skewMs, driftPpm: random.chance(0.2) ? random.between(-200, 200) : 0, reader: random.chance(0.2) ? 2 : 1, ticks };
}

/** Two machines of one name share one scope, and neither confirms for the other; what cannot be sent keeps its patient here. */
const NOT_WITH_SCOPES: ReadonlySet<Act['do']> = new Set(['clone', 'corrupt']);

function drawLine(random: SeededRandom, theme: Theme): LinePlan {
  const wire = random.chance(0.15);
  const line: LinePlan = { ...PERFECT_LINE, delayMs: random.between(25, 400), jitterMs: random.between(0, 300), repeat: theme === 'echo' ? random.unit() * 0.4 : 0, wire, flip: wire && random.chance(0.3) ? 0.01 : 0 };
  return random.weighted<() => LinePlan>([
    [20, () => ({ ...line, flip: 0, wire: false })],
    [35, () => ({ ...line, loss: random.unit() * 0.1, cut: random.unit() * 0.02, blackHole: random.unit() })],
    [25, () => ({ ...line, loss: random.unit() * 0.4, cut: random.unit() * 0.08, blackHole: random.unit(), jitterMs: random.between(0, 30_000) })],
    [20, () => ({ ...line, bytesPerSecond: random.between(2000, 16_000), loss: random.unit() * 0.2, cut: random.unit() * 0.04, blackHole: random.unit() })],
  ])();
}

function drawOperations(world: Drawing): void {
  const { random, count, horizonMs } = world;
  const operations = Math.min(OPERATIONS.most, OPERATIONS.least + Math.floor(-Math.log(1 - random.unit()) * (OPERATIONS.mean - OPERATIONS.least)));
  // A few bursts, as on a ward: most of the day nothing, then everybody at once.
  const bursts = Array.from({ length: random.between(1, 6) }, () => when(world));
  const burstMs = Math.max(1000, Math.min(horizonMs, 30 * MINUTE_MS) / 4);
  for (let left = operations; left > 0; left -= 1) {
    const at = random.chance(0.7) ? Math.min(horizonMs, random.pick(bursts) + random.between(0, burstMs)) : when(world);
    put(world, random.between(0, count - 1), { do: 'write', operation: drawOperation(random) }, at);
  }
}

function drawOperation(random: SeededRandom): Operation {
  const pick = (): number => (random.chance(HOT_SPOT) ? 0 : random.between(0, PICK_MAX));
  const patient = pick();
  const value = random.between(0, PICK_MAX);
  const kind = random.between(1, 100);
  if (kind <= 8) return { is: 'create', type: 'Patient', patient, value };
  if (kind <= 32) return { is: 'create', type: random.pick(CREATED_TYPES.slice(1)), patient, value };
  if (kind <= 66) return { is: 'amend', record: pick(), element: random.between(0, PICK_MAX), value, stale: random.chance(0.1) };
  if (kind <= 74) return { is: 'resolve', conflict: random.between(0, PICK_MAX), value };
  if (kind <= 90) return { is: 'view', patient };
  if (kind <= 92) return { is: 'break-glass', patient };
  if (kind <= 93) return { is: 'attach', patient, bytes: random.between(ATTACHMENT_BYTES.least, ATTACHMENT_BYTES.most) };
  return { is: 'newer', patient, value, unknownKind: random.chance(0.5) };
}

/** When a workstation is on the line: short stretches in a long world, so that idle days cost nothing. */
function drawStretches(world: Drawing, device: number): void {
  const { random, horizonMs } = world;
  const stretches = random.between(1, 5);
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    const from = stretch === 0 && random.chance(0.5) ? 0 : when(world);
    put(world, device, { do: 'line', up: true }, from);
    put(world, device, { do: 'line', up: false }, from + random.between(1000, Math.max(2000, Math.min(horizonMs, 20 * MINUTE_MS))));
  }
}

const CUT_STYLES: readonly CutStyle[] = ['reset', 'black-hole', 'late', 'deaf-device', 'deaf-hub'];

function drawDeviceFaults(world: Drawing, device: number): void {
  const { random } = world;
  const times = (probability: number, most: number): number => (random.chance(probability) ? random.between(1, most) : 0);
  for (let left = times(0.3, 3); left > 0; left -= 1) put(world, device, { do: 'crash' });
  for (let left = times(0.4, 3); left > 0; left -= 1) put(world, device, { do: 'strike', strike: { commits: random.between(1, 12), durable: random.chance(0.5) } });
  for (let left = times(0.3, 3); left > 0; left -= 1) put(world, device, { do: 'cut', style: random.pick(CUT_STYLES) });
  for (let left = times(0.15, 2); left > 0; left -= 1) {
    const backedUp = when(world);
    put(world, device, { do: 'backup' }, backedUp);
    put(world, device, { do: 'restore' }, after(world, backedUp));
  }
  if (random.chance(0.01)) put(world, device, { do: 'clone', live: random.chance(0.5) });
  if (random.chance(0.06)) put(world, device, { do: 'destroy' });
  for (let left = times(0.12, 2); left > 0; left -= 1) put(world, device, { do: 'clock', jumpMs: random.chance(0.3) ? random.between(-10, 10) * YEAR_MS : random.between(-DAY_MS, DAY_MS), stuck: random.chance(0.2) });
  for (let left = times(0.15, 2); left > 0; left -= 1) put(world, device, { do: 'version', reader: random.between(1, 2) });
  if (random.chance(0.05)) {
    const full = when(world);
    put(world, device, { do: 'disk-full', full: true }, full);
    put(world, device, { do: 'disk-full', full: false }, after(world, full));
  }
  if (random.chance(0.02)) put(world, device, { do: 'revoke' });
  if (random.chance(0.03)) put(world, device, { do: 'corrupt', row: random.between(0, PICK_MAX) });
}

function drawHubFaults(world: Drawing): void {
  const { random } = world;
  if (random.chance(0.25)) putHub(world, { do: 'hub-crash' });
  for (let left = random.chance(0.4) ? random.between(1, 4) : 0; left > 0; left -= 1) putHub(world, { do: 'hub-strike', strike: { commits: random.between(1, 15), durable: random.chance(0.5) } });
  if (random.chance(0.15)) {
    const backedUp = when(world);
    putHub(world, { do: 'hub-backup' }, backedUp);
    putHub(world, { do: 'hub-restore' }, after(world, backedUp));
  }
  if (random.chance(0.08)) putHub(world, { do: 'hub-failover', lag: random.between(1, 6) });
  if (random.chance(0.08)) {
    const busy = when(world);
    putHub(world, { do: 'hub-busy', busy: true }, busy);
    putHub(world, { do: 'hub-busy', busy: false }, after(world, busy));
  }
}

/** A machine is copied while it runs, and both copies are used. */
function drawTwins(world: Drawing): void {
  const { random, count, horizonMs } = world;
  const device = random.between(0, count - 1);
  const copied = random.between(0, Math.floor(horizonMs / 2));
  put(world, device, { do: 'clone', live: random.chance(0.8) }, copied);
  for (let left = random.between(4, 12); left > 0; left -= 1) put(world, device, { do: 'write', operation: { is: 'create', type: 'Condition', patient: 0, value: left } }, random.between(copied, horizonMs));
}

/** Machines run twice while central falls over to a standby that lags, or goes back to a backup, and lines break in the middle of what they say of it. */
function drawCopies(world: Drawing): void {
  const { random, count, horizonMs } = world;
  for (let left = random.between(1, 3); left > 0; left -= 1) drawTwins(world);
  for (let device = 0; device < count; device += 1) put(world, device, { do: 'line', up: true }, random.between(0, Math.floor(horizonMs / 2)));
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const lost = random.between(Math.floor(horizonMs / 4), horizonMs);
    if (random.chance(0.7)) putHub(world, { do: 'hub-failover', lag: random.between(1, 6) }, lost);
    else {
      putHub(world, { do: 'hub-backup' }, random.between(0, lost));
      putHub(world, { do: 'hub-restore' }, lost);
    }
    for (let cuts = random.between(0, 4); cuts > 0; cuts -= 1) put(world, random.between(0, count - 1), { do: 'cut', style: random.pick(CUT_STYLES) }, Math.min(horizonMs, lost + random.between(0, 20_000)));
    if (random.chance(0.3)) put(world, random.between(0, count - 1), { do: 'crash' }, Math.min(horizonMs, lost + random.between(0, 20_000)));
  }
}

/** Central goes back to a backup, and some of those whose words it lost are gone themselves; the line breaks while it is told. */
function drawLostHub(world: Drawing): void {
  const { random, count, horizonMs } = world;
  const backedUp = random.between(0, Math.floor(horizonMs / 2));
  const restored = random.between(Math.floor(horizonMs / 2), horizonMs);
  putHub(world, { do: 'hub-backup' }, backedUp);
  putHub(world, { do: 'hub-restore' }, restored);
  for (let device = 0; device < count; device += 1) {
    put(world, device, { do: 'line', up: true }, Math.floor(horizonMs / 4));
    if (device > 0 && random.chance(0.5)) put(world, device, { do: 'destroy' }, random.between(backedUp, restored));
    else if (random.chance(0.5)) put(world, device, { do: 'cut', style: random.pick(CUT_STYLES) }, Math.min(horizonMs, restored + random.between(0, 20_000)));
  }
}

/** One or two workstations are given some patients by name, others, and all of them again. */
function drawScopes(world: Drawing): void {
  const { random, count } = world;
  for (let device = 0; device < Math.min(2, count - 1); device += 1) {
    for (let left = random.between(1, 5); left > 0; left -= 1) {
      const patients = Array.from({ length: random.between(0, 3) }, () => random.between(0, PICK_MAX));
      put(world, device, { do: 'scope', everything: random.chance(0.2), catchments: random.chance(0.5) ? [random.between(0, 1)] : [], patients });
    }
  }
}
