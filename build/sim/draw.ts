import { createSeededRandom, type SeededRandom } from '../fixtures/seeded-random.ts';
import { CREATED_TYPES, PERFECT_LINE, type Act, type CutStyle, type DeviceAct, type DevicePlan, type HubAct, type LinePlan, type Operation, type Plan } from './act.ts';

/** A whole world from one number (sync protocol, plan of tests: workstations, operations, faults). */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const YEAR_MS = 365 * DAY_MS;
const HORIZON_MS = { least: MINUTE_MS, most: 14 * DAY_MS } as const;
const OPERATIONS = { least: 50, most: 400, mean: 90 } as const;
const PICK_MAX = 1_000_000;
/** How often an operation goes to the one patient everybody is working on. */
const HOT_SPOT = 0.3;
const ATTACHMENT_BYTES = { least: 20_000, most: 60_000 } as const;

export function drawPlan(seed: number): Plan {
  const random = createSeededRandom(seed);
  const count = random.weighted([[25, 2], [30, 3], [20, 4], [11, 5], [7, 6], [4, 7], [3, 8]] as const);
  const horizonMs = Math.round(HORIZON_MS.least * (HORIZON_MS.most / HORIZON_MS.least) ** (random.unit() ** 2));
  const devices = Array.from({ length: count }, () => drawDevice(random));
  // Everybody has somebody to chart for from the start.
  const patients = devices.map((_, device): Act => ({ at: 0, device, do: 'write', operation: { is: 'create', type: 'Patient', patient: 0, value: device } }));
  const acts: Act[] = [...patients, ...drawOperations(random, count, horizonMs), ...drawLines(random, count, horizonMs), ...drawDeviceFaults(random, count, horizonMs), ...drawHubFaults(random, horizonMs)];
  return { seed, horizonMs, devices, line: drawLine(random), acts: acts.filter(({ at }) => at <= horizonMs).toSorted((left, right) => left.at - right.at) };
}

/** Clocks are wrong by seconds, sometimes by up to ten years. */
function drawDevice(random: SeededRandom): DevicePlan {
  const skewMs = random.weighted([[50, 0], [25, random.between(-1500, 1500)], [15, random.between(-DAY_MS, DAY_MS)], [10, random.between(-10, 10) * YEAR_MS]] as const);
  return { skewMs, driftPpm: random.chance(0.2) ? random.between(-200, 200) : 0, reader: random.weighted([[8, 1], [2, 2]] as const) };
}

function drawLine(random: SeededRandom): LinePlan {
  const usual: LinePlan = { ...PERFECT_LINE, delayMs: random.between(25, 400), jitterMs: random.between(0, 300) };
  const wire = random.chance(0.15);
  const wired: LinePlan = { ...usual, wire, repeat: random.chance(0.1) ? random.unit() * 0.1 : 0, flip: wire && random.chance(0.3) ? 0.01 : 0 };
  return random.weighted<() => LinePlan>([
    [20, () => usual],
    [30, () => ({ ...wired, loss: random.unit() * 0.1, cut: random.unit() * 0.02, blackHole: random.unit() })],
    [30, () => ({ ...wired, loss: random.unit() * 0.4, cut: random.unit() * 0.1, blackHole: random.unit(), jitterMs: random.between(0, 30_000) })],
    [20, () => ({ ...wired, bytesPerSecond: random.between(2000, 16_000), loss: random.unit() * 0.2, cut: random.unit() * 0.04, blackHole: random.unit() })],
  ])();
}

function drawOperations(random: SeededRandom, devices: number, horizonMs: number): Act[] {
  const count = Math.min(OPERATIONS.most, OPERATIONS.least + Math.floor(-Math.log(1 - random.unit()) * (OPERATIONS.mean - OPERATIONS.least)));
  // A few bursts, as on a ward: most of the day nothing, then everybody at once.
  const bursts = Array.from({ length: random.between(1, 6) }, () => random.between(0, horizonMs));
  const burstMs = Math.max(1000, Math.min(horizonMs, 30 * MINUTE_MS) / 4);
  return Array.from({ length: count }, (): Act => {
    const at = random.chance(0.7) ? Math.min(horizonMs, random.pick(bursts) + random.between(0, burstMs)) : random.between(0, horizonMs);
    return { at, device: random.between(0, devices - 1), do: 'write', operation: drawOperation(random) };
  });
}

function drawOperation(random: SeededRandom): Operation {
  const pick = (): number => (random.chance(HOT_SPOT) ? 0 : random.between(0, PICK_MAX));
  const patient = pick();
  const value = random.between(0, PICK_MAX);
  return random.weighted<() => Operation>([
    [8, () => ({ is: 'create', type: 'Patient', patient, value })],
    [24, () => ({ is: 'create', type: random.pick(CREATED_TYPES.slice(1)), patient, value })],
    [34, () => ({ is: 'amend', record: pick(), element: random.between(0, PICK_MAX), value, stale: random.chance(0.1) })],
    [8, () => ({ is: 'resolve', conflict: random.between(0, PICK_MAX), value })],
    [16, () => ({ is: 'view', patient })],
    [2, () => ({ is: 'break-glass', patient })],
    [1, () => ({ is: 'attach', patient, bytes: random.between(ATTACHMENT_BYTES.least, ATTACHMENT_BYTES.most) })],
    [7, () => ({ is: 'newer', patient, value, unknownKind: random.chance(0.5) })],
  ])();
}

/** When each workstation is on the line: short stretches in a long world, so that idle days cost nothing. */
function drawLines(random: SeededRandom, devices: number, horizonMs: number): Act[] {
  const acts: Act[] = [];
  for (let device = 0; device < devices; device += 1) {
    const stretches = random.between(1, 5);
    for (let stretch = 0; stretch < stretches; stretch += 1) {
      const from = stretch === 0 && random.chance(0.5) ? 0 : random.between(0, horizonMs);
      acts.push({ at: from, device, do: 'line', up: true }, { at: from + random.between(1000, Math.max(2000, Math.min(horizonMs, 20 * MINUTE_MS))), device, do: 'line', up: false });
    }
  }
  return acts;
}

const CUT_STYLES: readonly CutStyle[] = ['reset', 'black-hole', 'late', 'deaf-device', 'deaf-hub'];

function drawDeviceFaults(random: SeededRandom, devices: number, horizonMs: number): Act[] {
  const acts: Act[] = [];
  const when = (): number => random.between(0, horizonMs);
  const put = (device: number, act: DeviceAct, at = when()): void => void acts.push({ at, device, ...act });
  const times = (probability: number, most: number): number => (random.chance(probability) ? random.between(1, most) : 0);
  for (let device = 0; device < devices; device += 1) {
    for (let left = times(0.3, 3); left > 0; left -= 1) put(device, { do: 'crash' });
    for (let left = times(0.4, 3); left > 0; left -= 1) put(device, { do: 'strike', strike: { commits: random.between(1, 12), durable: random.chance(0.5) } });
    for (let left = times(0.3, 3); left > 0; left -= 1) put(device, { do: 'cut', style: random.pick(CUT_STYLES) });
    for (let left = times(0.15, 2); left > 0; left -= 1) {
      const backedUp = when();
      put(device, { do: 'backup' }, backedUp);
      put(device, { do: 'restore' }, random.between(backedUp, horizonMs));
    }
    if (random.chance(0.04)) put(device, { do: 'clone', live: random.chance(0.5) });
    if (random.chance(0.06)) put(device, { do: 'destroy' });
    for (let left = times(0.12, 2); left > 0; left -= 1) put(device, { do: 'clock', jumpMs: random.chance(0.3) ? random.between(-10, 10) * YEAR_MS : random.between(-DAY_MS, DAY_MS), stuck: random.chance(0.2) });
    for (let left = times(0.15, 2); left > 0; left -= 1) put(device, { do: 'version', reader: random.between(1, 2) });
    if (random.chance(0.05)) {
      const full = when();
      put(device, { do: 'disk-full', full: true }, full);
      put(device, { do: 'disk-full', full: false }, random.between(full, horizonMs));
    }
    if (random.chance(0.02)) put(device, { do: 'revoke' });
    if (random.chance(0.03)) put(device, { do: 'corrupt', row: random.between(0, PICK_MAX) });
  }
  return acts;
}

function drawHubFaults(random: SeededRandom, horizonMs: number): Act[] {
  const acts: Act[] = [];
  const when = (): number => random.between(0, horizonMs);
  const put = (act: HubAct, at = when()): void => void acts.push({ at, ...act });
  if (random.chance(0.25)) put({ do: 'hub-crash' });
  for (let left = random.chance(0.4) ? random.between(1, 4) : 0; left > 0; left -= 1) put({ do: 'hub-strike', strike: { commits: random.between(1, 15), durable: random.chance(0.5) } });
  if (random.chance(0.25)) {
    const backedUp = when();
    put({ do: 'hub-backup' }, backedUp);
    put({ do: 'hub-restore' }, random.between(backedUp, horizonMs));
  }
  if (random.chance(0.08)) put({ do: 'hub-failover', lag: random.between(1, 6) });
  if (random.chance(0.08)) {
    const busy = when();
    put({ do: 'hub-busy', busy: true }, busy);
    put({ do: 'hub-busy', busy: false }, random.between(busy, horizonMs));
  }
  return acts;
}
