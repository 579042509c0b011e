import { equalBytes } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { KEEPALIVE_MS, NO_PROGRESS_MS } from '../../shared/sync/limits.ts';
import { createModelHub, type SeedHub } from './model-hub.ts';
import { createDice, deviceNamed, type Dice } from './model-world.ts';
import { createSyncWorld, NO_FAULTS, type SyncWorld } from './sync-world.ts';

const HEALED_LIMIT_MS = 60 * 60_000;
const STEP_MS = 5000;

export type SeedReport = { readonly seed: number; readonly problems: readonly string[]; readonly trace: string; readonly entries: number; readonly bytes: number; readonly virtualMs: number };

export type MakeHub = (devices: readonly DeviceId[], dice: Dice) => SeedHub;

/**
 * One world from one number: workstations write while lines are cut, messages replayed, power fails and backups are
 * restored; then everything heals, and hub and workstations must come to hold the same entries, each once.
 */
export async function runSeed(seed: number, makeHub: MakeHub = createModelHub): Promise<SeedReport> {
  const dice = createDice(seed);
  const count = 2 + dice.below(3);
  const devices = Array.from({ length: count }, (_, index) => deviceNamed(index + 1));
  const fate = dice.chance(0.5) ? 'none' : dice.chance(0.5) ? 'hub' : 'device';
  const hub = makeHub(devices, dice);
  const restore = fate === 'hub' && hub.backup === null ? 'none' : fate;
  const problems: string[] = [];
  const world = createSyncWorld({
    seed, workstations: count, hub, dice, recoverOwn: true,
    onAcknowledged(disk) {
      if (restore === 'hub') return;
      for (const { segment, length, head } of disk.receipts.values()) {
        if (!hub.holds(segment, length, head)) problems.push(`acknowledged ${segment} to ${length} without being held`);
      }
    },
  });
  world.faults = { cut: dice.next() * 0.1, blackHole: dice.next(), replay: dice.chance(0.5) ? dice.next() * 0.2 : 0, devicePower: dice.next() * 0.05, hubPower: dice.next() * 0.03 };

  const rounds = 20 + dice.below(30);
  const restoreAt = Math.floor(rounds / 2);
  const restored = dice.below(count);
  let goBack: (() => void) | null = null;
  for (let round = 0; round < rounds; round += 1) {
    for (const workstation of world.workstations) {
      if (!dice.chance(0.6)) continue;
      for (let left = 1 + dice.below(dice.chance(0.1) ? 120 : 6); left > 0; left -= 1) workstation.write(dice.chance(0.004) ? 60_000 : dice.below(900));
    }
    if (round === Math.floor(restoreAt / 2)) goBack = restore === 'hub' ? (hub.backup?.() ?? null) : (world.workstations[restored]?.disk.backup() ?? null);
    if (round === restoreAt && goBack !== null && restore !== 'none') {
      goBack();
      if (restore === 'hub') world.restartHub();
      else world.workstations[restored]?.restart();
    }
    await world.run(200 + dice.below(6000));
  }

  world.faults = NO_FAULTS;
  const healedAt = world.now();
  // A dead line on which nothing is due is found by the next sign of life.
  await world.run(KEEPALIVE_MS + NO_PROGRESS_MS + STEP_MS);
  let still = 0;
  // At rest twice in a row: a word of news may have been under way the first time.
  while (still < 2 && world.now() - healedAt < HEALED_LIMIT_MS) {
    await world.run(STEP_MS);
    still = quiet(world) ? still + 1 : 0;
  }
  if (!quiet(world)) problems.push('did not come to rest');
  problems.push(...compare(world, hub, restore));
  const entries = hub.log.length;
  await hub.close?.();
  return { seed, problems, trace: world.trace(), entries, bytes: world.bytes(), virtualMs: world.now() };
}

function quiet(world: SyncWorld): boolean {
  return world.workstations.every(({ disk, connected, core }) => connected() && disk.unsent() === 0 && core()?.view().settled === true);
}

function compare(world: SyncWorld, hub: SeedHub, restore: string): string[] {
  const problems: string[] = [];
  const { log } = hub;
  const ids = new Set(log.map(({ segment, sequence }) => `${segment}.${sequence}`));
  if (ids.size !== log.length) problems.push('the hub holds an entry twice');
  if (log.some(({ lsn }, index) => lsn !== index + 1)) problems.push('the hub numbers with gaps');
  for (const { disk, events } of world.workstations) {
    let held = 0;
    for (const entries of disk.segments.values()) held += entries.length;
    if (held !== log.length) problems.push(`${disk.device} holds ${held} entries, the hub ${log.length}`);
    for (const { segment, sequence, hash } of log) {
      const entry = disk.segments.get(segment)?.[sequence];
      if (entry === undefined || !equalBytes(entry.hash, hash)) problems.push(`${disk.device} lacks ${segment}.${sequence}`);
    }
    for (const { segment, length, head } of disk.receipts.values()) if (!hub.holds(segment, length, head)) problems.push(`receipt of ${segment} to ${length} is no longer true`);
    const refused = events.filter((event) => event.do === 'refused' && !(restore === 'device' && event.code === 'ROLLED_BACK'));
    if (refused.length > 0) problems.push(`${disk.device} was refused: ${JSON.stringify(refused[0])}`);
  }
  const alarms = hub.events.filter(({ code }) => !['REPLAY', 'GAP', 'CURSOR'].includes(code));
  if (alarms.length > 0) problems.push(`the hub was alarmed: ${JSON.stringify(alarms[0])}`);
  return problems.slice(0, 5);
}
