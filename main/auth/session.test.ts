import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryDisk, seededRandom } from '../../build/fixtures/memory-disk.ts';
import { testClock } from '../../build/fixtures/test-world.ts';
import { UserId } from '../../shared/base/ids.ts';
import { createFileKeystore, openVault, PASSWORD_COST_FLOOR, Secret, type Unlocked, type Vault } from '../vault/vault.ts';
import { makeSessions, type Sessions } from './session.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FOLDER = '/clinic';
const START = Date.UTC(2026, 6, 14, 14, 30);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ADA = UserId.parse('00000000000000a1');

let vault: Vault;
let recoveryCode: string;

beforeAll(async () => {
  const disk = memoryDisk();
  vault = await openVault({ folder: FOLDER, disk, random: seededRandom('session'), clock: testClock(), keystore: createFileKeystore({ folder: FOLDER, disk }), cost: PASSWORD_COST_FLOOR });
  const created = await vault.create({ administrator: { userId: ADA, login: 'ada', password: 'maple kettle orbit 41', totpSecret: Secret.take(new Uint8Array(20).fill(1)) } });
  if (!created.ok) throw new Error(created.fault.code);
  recoveryCode = created.value.recoveryCode;
});

type World = { readonly sessions: Sessions; readonly clock: ReturnType<typeof testClock>; readonly told: string[]; readonly failed: string[]; unlock(): Promise<Unlocked> };

function world(): World {
  const clock = testClock(START);
  const told: string[] = [];
  const failed: string[] = [];
  const sessions = makeSessions({ clock, random: seededRandom('ids'), listenerFailed: () => failed.push('listener') });
  sessions.onLock((session, reason) => void told.push(`${session.login} ${reason}`));
  const unlock = async (): Promise<Unlocked> => {
    const keys = await vault.unlockWithRecoveryCode(recoveryCode);
    if (!keys.ok) throw new Error(keys.fault.code);
    return { userId: ADA, login: 'ada', keys: keys.value, totpSecret: Secret.take(new Uint8Array(20).fill(1)) };
  };
  return { sessions, clock, told, failed, unlock };
}

describe('a session', () => {
  it('AUT-30 locks after ten idle minutes and not before; being touched keeps it open', async () => {
    const { sessions, clock, told, unlock } = world();
    const open = await unlock();
    sessions.begin(open);
    clock.advance(10 * MINUTE - 1);
    await sessions.tick();
    expect(sessions.touch()).toBe(true);
    expect(sessions.current()?.locksAt).toBe(clock.now() + 10 * MINUTE);
    clock.advance(10 * MINUTE - 1);
    await sessions.tick();
    expect(told).toEqual([]);
    clock.advance(1);
    await sessions.tick();
    expect(told).toEqual(['ada idle']);
    expect([open.keys.destroyed, open.totpSecret.destroyed]).toEqual([true, true]);
    await sessions.tick();
    expect(told).toHaveLength(1);
  });

  it('AUT-30 is over at the limit even where nobody ticks, and cannot be touched back to life', async () => {
    const { sessions, clock, unlock } = world();
    sessions.begin(await unlock());
    clock.advance(10 * MINUTE);
    expect([sessions.current(), sessions.unlocked(), sessions.touch()]).toEqual([null, null, false]);
    await sessions.lock('person');
  });

  it('AUT-30 the idle limit can be set from 2 to 30 minutes, and to nothing else', async () => {
    const { sessions, clock, unlock } = world();
    sessions.begin(await unlock());
    expect([1.9, 31, 0, -5, Number.NaN, Number.POSITIVE_INFINITY].map((minutes) => sessions.setIdleLimit(minutes).ok)).toEqual(Array(6).fill(false));
    expect(sessions.setIdleLimit(2).ok).toBe(true);
    clock.advance(2 * MINUTE);
    expect(sessions.current()).toBeNull();
    await sessions.lock('person');
  });

  it('AUT-31 lasts twelve hours however busy', async () => {
    const { sessions, clock, told, unlock } = world();
    sessions.begin(await unlock());
    for (let minutes = 0; minutes < 12 * 60 - 5; minutes += 5) {
      clock.advance(5 * MINUTE);
      expect(sessions.touch()).toBe(true);
    }
    expect(sessions.current()?.locksAt).toBe(START + 12 * HOUR);
    clock.advance(5 * MINUTE);
    expect(sessions.touch()).toBe(false);
    await sessions.tick();
    expect(told).toEqual(['ada session-limit']);
  });

  it('AUT-32 sleep of the machine counts: the wall clock alone going on is enough', async () => {
    const { sessions, clock, told, unlock } = world();
    sessions.begin(await unlock());
    clock.set(START + 3 * HOUR);
    expect(sessions.current()).toBeNull();
    await sessions.tick();
    expect(told).toEqual(['ada idle']);
  });

  it('AUT-32 a wall clock set back does not make it longer', async () => {
    const { sessions, clock, unlock } = world();
    sessions.begin(await unlock());
    sessions.raiseLevel();
    clock.set(START - 24 * HOUR);
    expect(sessions.current()?.level).toBe(3);
    clock.advance(5 * MINUTE);
    expect(sessions.current()?.level).toBe(2);
    clock.advance(5 * MINUTE);
    expect(sessions.current()).toBeNull();
    await sessions.lock('person');
  });

  it('AUT-33 nobody is signed in while listeners run, the keys live until the last has, and one that fails stops nothing', async () => {
    const { sessions, told, failed, unlock } = world();
    const open = await unlock();
    sessions.begin(open);
    const order: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((settle) => (release = settle));
    sessions.onLock(async () => {
      order.push(`first, session ${sessions.current() === null ? 'over' : 'open'}, keys ${open.keys.destroyed ? 'gone' : 'there'}`);
      await gate;
      order.push(`later, keys ${open.keys.destroyed ? 'gone' : 'there'}`);
    });
    sessions.onLock(() => {
      throw new Error('a listener that fails');
    });
    const unsubscribe = sessions.onLock(() => void order.push('unsubscribed'));
    unsubscribe();
    const locking = sessions.lock('suspend');
    const again = sessions.lock('person');
    expect(open.keys.destroyed).toBe(false);
    release();
    await Promise.all([locking, again]);
    expect(order).toEqual(['first, session over, keys there', 'later, keys there']);
    expect([open.keys.destroyed, open.totpSecret.destroyed]).toEqual([true, true]);
    expect([told, failed]).toEqual([['ada suspend'], ['listener']]);
  });

  it('AUT-33 what a session shows holds no key', async () => {
    const { sessions, unlock } = world();
    const shown = sessions.begin(await unlock());
    expect(Object.keys(shown).toSorted()).toEqual(['lastActiveAt', 'level', 'levelUntil', 'locksAt', 'login', 'sessionId', 'startedAt', 'userId']);
    await sessions.lock('person');
  });
});
