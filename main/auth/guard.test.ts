import * as fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryDisk, seededRandom, type Files } from '../../build/fixtures/memory-disk.ts';
import { testClock } from '../../build/fixtures/test-world.ts';
import { UserId } from '../../shared/base/ids.ts';
import { ok, refuse } from '../../shared/base/result.ts';
import { createFileKeystore, openVault, PASSWORD_COST_FLOOR, Secret, type Vault } from '../vault/vault.ts';
import { delayAfter, DEVICE_FAILURES_MAX, DEVICE_WINDOW_MS, EMPTY_GUARD, EVENTS_MAX, exhaustedGuard, FAILURES_MAX, Guard, standingOf, subjectOf, withEvent, type SecurityEvent } from './guard.ts';
import { makeGuardStore, type Attempter, type GuardStore } from './guard-store.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FOLDER = '/clinic';
const START = Date.UTC(2026, 6, 14, 14, 30);
const HOUR = 3_600_000;

let made: Files;

beforeAll(async () => {
  const world = await start(new Map(), testClock(START));
  const created = await world.vault.create({ administrator: { userId: UserId.parse('00000000000000a1'), login: 'ada', password: 'maple kettle orbit 41', totpSecret: Secret.take(new Uint8Array(20).fill(1)) } });
  if (!created.ok) throw new Error(created.fault.code);
  made = world.disk.files;
});

type World = { readonly vault: Vault; readonly store: GuardStore; readonly disk: ReturnType<typeof memoryDisk>; readonly clock: ReturnType<typeof testClock> };

async function start(files: Files, clock: ReturnType<typeof testClock>): Promise<World> {
  const disk = memoryDisk(files);
  const vault = await openVault({ folder: FOLDER, disk, random: seededRandom('guard'), clock, keystore: createFileKeystore({ folder: FOLDER, disk }), cost: PASSWORD_COST_FLOOR });
  return { vault, disk, clock, store: makeGuardStore({ vault, clock, random: seededRandom('events'), untrusted: () => undefined }) };
}

const adaOf = ({ vault }: World): Attempter => ({ user: vault.users()[0]! });

/** One try; says what came of it, and whether the proof was looked at. */
async function attempt(world: World, who: Attempter, right: boolean): Promise<string> {
  let looked = false;
  const outcome = await world.store.attempt(
    () => ok(who),
    'sign-in-failed',
    async () => {
      looked = true;
      return right ? ok({ value: null, step: null }) : refuse('WRONG');
    },
    () => undefined,
  );
  return `${looked ? 'looked' : 'shut'} ${outcome.ok ? 'ok' : outcome.fault.code}`;
}

type Step = { readonly kind: 'wrong' | 'right' | 'restart' } | { readonly kind: 'wait' | 'set'; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>({ kind: 'wrong' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'right' }) },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
    { weight: 4, arbitrary: fc.constantFrom(1, 4999, 5000, 15_000, 30_000, 60_000, 300_000, 900_000, HOUR).map((ms): Step => ({ kind: 'wait', ms })) },
    { weight: 1, arbitrary: fc.integer({ min: -48 * HOUR, max: 48 * HOUR }).map((ms): Step => ({ kind: 'set', ms })) },
  ),
  { maxLength: 40 },
);

const wrong = { kind: 'wrong' } as const;
/** A restart in the very millisecond of the last failure is a restart all the same. */
const KEPT_SCRIPTS: [Step[]][] = [[[wrong, wrong, wrong, wrong, { kind: 'set', ms: 5000 }, { kind: 'restart' }, wrong]]];

/** Ten is ten. When a wait ends is certain while the process lives, or while nobody turns the wall clock. */
function allowedOutcomes({ wrongInARow, right, isDue, timeIsCertain }: { wrongInARow: number; right: boolean; isDue: boolean; timeIsCertain: boolean }): string[] {
  if (wrongInARow >= FAILURES_MAX) return ['shut ACCOUNT_DISABLED'];
  const looked = right ? 'looked ok' : 'looked WRONG';
  if (!timeIsCertain) return [looked, 'shut TRY_LATER'];
  return isDue ? [looked] : ['shut TRY_LATER'];
}

describe('the guard of attempts', () => {
  it('AUT-25 never looks at more than ten wrong proofs in a row, nor before its time, whatever is waited, restarted or set', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const clock = testClock(START);
        let world = await start(made, clock);
        let wrongInARow = 0;
        let failedAt = Number.NEGATIVE_INFINITY;
        let failedInThisProcess = false;
        let clockWasSet = false;
        const broken: string[] = [];
        for (const step of script) {
          if (step.kind === 'wait') clock.advance(step.ms);
          else if (step.kind === 'set') {
            clock.set(clock.now() + step.ms);
            clockWasSet = true;
          } else if (step.kind === 'restart') {
            world = await start(world.disk.files, clock);
            failedInThisProcess = false;
          } else {
            const right = step.kind === 'right';
            const allowed = allowedOutcomes({ wrongInARow, right, isDue: clock.monotonic() >= failedAt + delayAfter(wrongInARow), timeIsCertain: failedInThisProcess || !clockWasSet });
            const outcome = await attempt(world, adaOf(world), right);
            if (!allowed.includes(outcome)) broken.push(`${outcome} instead of ${allowed.join(' or ')}`);
            if (outcome === 'looked ok') wrongInARow = 0;
            if (outcome === 'looked WRONG') {
              wrongInARow += 1;
              failedAt = clock.monotonic();
              failedInThisProcess = true;
            }
          }
        }
        expect(broken).toEqual([]);
      }),
      { numRuns: 60, examples: KEPT_SCRIPTS },
    );
  });

  it('AUT-26 the whole device takes thirty failures an hour, then nobody gets a try until the oldest is an hour old', async () => {
    const world = await start(made, testClock(START));
    const seen: string[] = [];
    for (let stranger = 0; stranger < DEVICE_FAILURES_MAX; stranger += 1) {
      seen.push(await attempt(world, { login: `stranger ${stranger}` }, false));
      world.clock.advance(1000);
    }
    expect(new Set(seen)).toEqual(new Set(['looked WRONG']));
    expect(await attempt(world, adaOf(world), true)).toBe('shut TRY_LATER');
    const restarted = await start(world.disk.files, world.clock);
    expect(await attempt(restarted, adaOf(restarted), true)).toBe('shut TRY_LATER');
    world.clock.advance(DEVICE_WINDOW_MS - 30_000);
    expect(await attempt(restarted, adaOf(restarted), true)).toBe('looked ok');
    expect(await attempt(restarted, adaOf(restarted), false)).toBe('looked WRONG');
    expect(await attempt(restarted, { login: 'one more' }, false)).toBe('shut TRY_LATER');
  });

  it('AUT-27 an unknown login waits and ends as a known one does, and is never written down', async () => {
    const known = await start(made, testClock(START));
    const unknown = await start(made, testClock(START));
    const trace = async (world: World, who: Attempter): Promise<string[]> => {
      const seen: string[] = [];
      for (let tries = 0; tries < 12; tries += 1) {
        seen.push(await attempt(world, who, false), await attempt(world, who, false));
        world.clock.advance(15 * 60_000);
      }
      return seen;
    };
    const ofKnown = await trace(known, adaOf(known));
    expect(ofKnown).toContain('shut ACCOUNT_DISABLED');
    expect(await trace(unknown, { login: 'my secret password' })).toEqual(ofKnown);
    const payload = await unknown.vault.guard.load();
    expect(JSON.stringify(payload)).not.toContain('my secret password');
  });

  it('AUT-28 a wait is counted by the monotonic clock, so turning the wall clock forward does not shorten it', async () => {
    const world = await start(made, testClock(START));
    for (let tries = 0; tries < 4; tries += 1) await attempt(world, adaOf(world), false);
    world.clock.set(START + 365 * 24 * HOUR);
    expect(await attempt(world, adaOf(world), true)).toBe('shut TRY_LATER');
    world.clock.set(START - 365 * 24 * HOUR);
    world.clock.advance(4999);
    expect(await attempt(world, adaOf(world), true)).toBe('shut TRY_LATER');
    world.clock.advance(1);
    expect(await attempt(world, adaOf(world), true)).toBe('looked ok');
  });

  it('AUT-28 across a restart a wall clock that went back cannot prolong a wait beyond its length', async () => {
    const world = await start(made, testClock(START));
    for (let tries = 0; tries < 9; tries += 1) {
      await attempt(world, adaOf(world), false);
      world.clock.advance(tries < 8 ? 15 * 60_000 : 0);
    }
    const back = await start(world.disk.files, testClock(START - 365 * 24 * HOUR));
    expect(await attempt(back, adaOf(back), true)).toBe('shut TRY_LATER');
    back.clock.advance(15 * 60_000);
    expect(await attempt(back, adaOf(back), true)).toBe('looked ok');
  });

  it('AUT-29 keeps the newest two hundred events and counts the rest', () => {
    const event = (index: number): SecurityEvent => ({ id: index.toString(16).padStart(16, '0'), kind: 'sign-in-failed', at: index, userId: null });
    const full = Array.from({ length: EVENTS_MAX + 7 }, (_, index) => event(index)).reduce(withEvent, EMPTY_GUARD);
    expect([full.events.length, full.events[0]?.at, full.dropped]).toEqual([EVENTS_MAX, 7, 7]);
    expect(Guard.safeParse(full).success).toBe(true);
  });

  it('AUT-29 a subject is never found on a prototype, and an exhausted guard leaves nobody a try', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) expect(subjectOf(EMPTY_GUARD, key)).toEqual({ failures: 0, failedAt: null, lastStep: null });
    const exhausted = exhaustedGuard(['aa', 'bb'], { id: '00'.repeat(8), kind: 'guard-restarted', at: START, userId: null });
    expect(['aa', 'bb'].map((key) => standingOf(exhausted, subjectOf(exhausted, key), () => Number.POSITIVE_INFINITY).state)).toEqual(['disabled', 'disabled']);
    expect(Guard.safeParse(exhausted).success).toBe(true);
  });
});
