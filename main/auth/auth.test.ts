import path from 'node:path';
import { generateSync } from 'otplib';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryDisk, seededRandom, type Files } from '../../build/fixtures/memory-disk.ts';
import { testClock } from '../../build/fixtures/test-world.ts';
import { UserId } from '../../shared/base/ids.ts';
import { createFileKeystore, openVault, PASSWORD_COST_FLOOR, type Vault } from '../vault/vault.ts';
import { createAuth, type Auth, type AuthAlert } from './auth.ts';
import { readTotpSecret } from './totp.ts';

// Real argon2id at its floor, dozens of times, on machines that do other things as well.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FOLDER = '/clinic';
const GUARD = path.join(FOLDER, 'guard.json');
const ADA = UserId.parse('00000000000000a1');
const BEN = UserId.parse('00000000000000b2');
const PASSWORD = 'maple kettle orbit 41';
const BEN_PASSWORD = 'copper lantern drift 77';
const WRONG = 'maple kettle orbit 42';
const START = Date.UTC(2026, 6, 14, 14, 30);
const MINUTE = 60_000;
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const BEN_SECRET = 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU';

type World = { readonly auth: Auth; readonly vault: Vault; readonly disk: ReturnType<typeof memoryDisk>; readonly clock: ReturnType<typeof testClock>; readonly alerts: AuthAlert[] };

/** One process over a folder. Opening another over the same files is a restart. */
async function start(files: Files, clock = testClock(START), change: (vault: Vault) => Vault = (vault) => vault): Promise<World> {
  const disk = memoryDisk(files);
  const vault = await openVault({ folder: FOLDER, disk, random: seededRandom(`later ${files.size}`), clock, keystore: createFileKeystore({ folder: FOLDER, disk }), cost: PASSWORD_COST_FLOOR });
  const alerts: AuthAlert[] = [];
  const auth = createAuth({ vault: change(vault), clock, random: seededRandom('auth'), alert: (alert) => alerts.push(alert) });
  return { auth, vault, disk, clock, alerts };
}

function value<Value>(result: { ok: true; value: Value } | { ok: false; fault: { code: string } }): Value {
  if (!result.ok) throw new Error(`refused: ${result.fault.code}`);
  return result.value;
}

function code(result: { ok: true } | { ok: false; fault: { code: string } }): string {
  return result.ok ? 'ok' : result.fault.code;
}

const totp = (at: number, secret = SECRET): string => generateSync({ secret, epoch: Math.floor(at / 1000) });
const ada = (world: World, password = PASSWORD, typed: unknown = totp(world.clock.now())) => world.auth.signIn({ login: 'ada.obi', password, code: typed });
const ben = (world: World) => world.auth.signIn({ login: 'ben', password: BEN_PASSWORD, code: totp(world.clock.now(), BEN_SECRET) });

let made: Files;
let recoveryCode: string;

beforeAll(async () => {
  const world = await start(new Map(), testClock(START - 10 * MINUTE));
  const at = world.clock.now();
  const words = ['Cedar Creek Clinic'];
  const setUp = value(await world.auth.setUp({ userId: ADA, login: 'Ada.Obi', password: PASSWORD, totpSecretBase32: SECRET, code: totp(at), words }));
  value(await world.auth.addUser(setUp.keys, { userId: BEN, login: 'ben', password: BEN_PASSWORD, totpSecretBase32: BEN_SECRET, code: totp(at, BEN_SECRET), words }));
  recoveryCode = setUp.recoveryCode;
  await world.auth.lock('person');
  made = world.disk.files;
});

describe('signing in', () => {
  it('AUT-1 takes password and code together and begins a session at level 2', async () => {
    const world = await start(made);
    expect(world.auth.session()).toBeNull();
    const { keys, ...session } = value(await ada(world));
    expect(session).toEqual({
      sessionId: expect.stringMatching(/^[0-9a-f]{32}$/), userId: ADA, login: 'ada.obi', level: 2, levelUntil: null, startedAt: START, lastActiveAt: START, locksAt: START + 10 * MINUTE,
    });
    expect(world.auth.session()).toEqual(session);
    expect(keys.database.length).toBe(32);
  });

  it('AUT-1 setting up signs in, spends the code of the enrolment, and refuses weak passwords and wrong codes', async () => {
    const world = await start(new Map());
    const account = { userId: ADA, login: 'ada.obi', password: PASSWORD, totpSecretBase32: SECRET, code: totp(START), words: [] };
    expect(code(await world.auth.setUp({ ...account, password: 'cedar creek cedar', words: ['Cedar Creek'] }))).toBe('PASSWORD_TOO_WEAK');
    expect(code(await world.auth.setUp({ ...account, code: '000000' }))).toBe('CODE_REFUSED');
    expect(code(await world.auth.setUp({ ...account, totpSecretBase32: 'not base32!' }))).toBe('MALFORMED');
    expect(world.disk.files.size).toBe(0);
    expect(value(await world.auth.setUp(account)).level).toBe(2);
    await world.auth.lock('person');
    expect(code(await ada(world))).toBe('CREDENTIALS_REFUSED');
    world.clock.advance(30_000);
    expect(code(await ada(world))).toBe('ok');
  });

  it('AUT-2 unknown login, wrong password, wrong code and all of them are one answer (case 4)', async () => {
    const world = await start(made);
    const answers = [await ada(world, WRONG), await ada(world, PASSWORD, '000000'), await world.auth.signIn({ login: 'nobody', password: PASSWORD, code: totp(START) }), await world.auth.signIn({ login: '', password: '', code: '' })];
    expect(answers).toEqual(answers.map(() => ({ ok: false, fault: { code: 'CREDENTIALS_REFUSED' } })));
    expect(world.auth.session()).toBeNull();
  });

  it('AUT-3 malformed codes of any shape are plain refusals, each counted once (case 5)', async () => {
    const world = await start(made);
    const answers = [await ada(world, PASSWORD, null), await ada(world, PASSWORD, ['123456']), await ada(world, PASSWORD, '１２３４５６')];
    expect(answers.map(code)).toEqual(['CREDENTIALS_REFUSED', 'CREDENTIALS_REFUSED', 'CREDENTIALS_REFUSED']);
    expect(await failuresOf(world)).toBe(3);
    expect(world.auth.session()).toBeNull();
  });

  it('AUT-4 a code is accepted once, also after a restart; one of 60 s ago never (case 5)', async () => {
    const world = await start(made);
    const spent = totp(START);
    expect(code(await ada(world, PASSWORD, spent))).toBe('ok');
    const restarted = await start(world.disk.files, testClock(START + 5000));
    expect(code(await ada(restarted, PASSWORD, spent))).toBe('CREDENTIALS_REFUSED');
    restarted.clock.advance(90_000);
    expect(code(await ada(restarted, PASSWORD, totp(restarted.clock.now() - 60_000)))).toBe('CREDENTIALS_REFUSED');
    expect(code(await ada(restarted))).toBe('ok');
  });

  it('AUT-5 with the clock set back the step must still rise (case 15)', async () => {
    const world = await start(made);
    value(await ada(world));
    const back = await start(world.disk.files, testClock(START - 3 * 24 * 60 * MINUTE));
    expect(code(await ada(back))).toBe('CREDENTIALS_REFUSED');
    const forward = await start(back.disk.files, testClock(START + MINUTE));
    expect(code(await ada(forward))).toBe('ok');
  });

  it('AUT-6 an account without a grant or with a lost device key says so, without a try', async () => {
    const world = await start(made);
    const { keys } = value(await ada(world));
    value(await world.vault.setUserEnabled(keys, BEN, false));
    expect(await ben(world)).toEqual({ ok: false, fault: { code: 'ACCOUNT_DISABLED', detail: { rule: 'not-enabled' } } });
    // A session that is open stays open when somebody else fails to sign in.
    expect(world.auth.session()?.userId).toBe(ADA);
  });

  it('AUT-7 keystore and key bag faults are passed on and cost no try', async () => {
    const without = new Map(made);
    without.delete(path.join(FOLDER, 'device.key'));
    expect(code(await ada(await start(without)))).toBe('KEYSTORE_UNAVAILABLE');
    expect(code(await ada(await start(new Map([...made, [path.join(FOLDER, 'keybag.json'), new Uint8Array(9)]]))))).toBe('VAULT_DAMAGED');
    const full = await start(made);
    full.disk.failAfter = 0;
    expect(code(await ada(full))).toBe('DISK_FULL');
    full.disk.failAfter = Number.POSITIVE_INFINITY;
    expect(code(await ada(full))).toBe('ok');
  });

  it('AUT-8 signing in over an open session locks that one first', async () => {
    const world = await start(made);
    const first = value(await ada(world));
    const seen: string[] = [];
    world.auth.onLock((session, reason) => void seen.push(`${session.login} ${reason}`));
    expect(value(await ben(world)).userId).toBe(BEN);
    expect(seen).toEqual(['ada.obi switched']);
    expect(first.keys.destroyed).toBe(true);
  });
});

async function failuresOf(world: World, userId = ADA): Promise<number> {
  const payload = value(await world.vault.guard.load()) as { subjects: Record<string, { failures: number }> };
  const { credentialId } = world.vault.users().find((user) => user.userId === userId)!;
  return payload.subjects[credentialId]?.failures ?? 0;
}

describe('failing', () => {
  it('AUT-9 ten wrong passwords: waits as specified, then the right one is refused too (cases 1 and 2)', async () => {
    let world = await start(made);
    const waits = [0, 0, 0, 5, 15, 30, 60, 300, 900].map((seconds) => seconds * 1000);
    for (const waitMs of waits) {
      expect(code(await ada(world, WRONG))).toBe('CREDENTIALS_REFUSED');
      if (waitMs === 0) continue;
      expect(await ada(world)).toEqual({ ok: false, fault: { code: 'TRY_LATER', detail: { waitMs } } });
      world.clock.advance(waitMs - 1);
      expect(await ada(world)).toEqual({ ok: false, fault: { code: 'TRY_LATER', detail: { waitMs: 1 } } });
      world.clock.advance(1);
    }
    // Killed and started again: nothing is forgotten, and the tenth disables.
    world = await start(world.disk.files, world.clock);
    expect(code(await ada(world, WRONG))).toBe('CREDENTIALS_REFUSED');
    expect(await ada(world)).toEqual({ ok: false, fault: { code: 'ACCOUNT_DISABLED', detail: { rule: 'too-many-failures' } } });
    world = await start(world.disk.files, testClock(START + 365 * 24 * 60 * MINUTE));
    expect(code(await ada(world))).toBe('ACCOUNT_DISABLED');
    // Others still sign in, and somebody who may gives the tries back.
    const { keys } = value(await ben(world));
    value(await world.auth.clearFailures(keys, ADA));
    expect(code(await ada(world))).toBe('ok');
  });

  it('AUT-10 the failure is on the medium before the password is tried, and success takes it back', async () => {
    let during: Files = new Map();
    const world = await start(made, testClock(START), (vault) => ({
      ...vault,
      unlock: async (login, password) => {
        during = new Map(world.disk.files);
        return vault.unlock(login, password);
      },
    }));
    value(await ada(world));
    expect(await failuresOf(await start(during))).toBe(1);
    expect(await failuresOf(world)).toBe(0);
  });

  it('AUT-11 failures that cannot be written mean no try; success that cannot be written means no session', async () => {
    const counting = await start(made);
    const before = counting.disk.steps.length;
    await ada(counting, WRONG);
    const perWriting = counting.disk.steps.length - before;
    const world = await start(made);
    world.disk.failAfter = perWriting;
    expect(code(await ada(world))).toBe('DISK_FULL');
    expect(world.auth.session()).toBeNull();
    world.disk.failAfter = Number.POSITIVE_INFINITY;
    expect(await failuresOf(world)).toBe(1);
  });

  it('AUT-12 a guard that is missing, forged or put back leaves nobody a try, and is told (case 3)', async () => {
    const world = await start(made);
    const older = world.disk.files.get(GUARD)!;
    await ada(world, WRONG);
    const missing = new Map(world.disk.files);
    missing.delete(GUARD);
    const forged = new Uint8Array(older);
    forged[forged.length - 20]! ^= 1;
    for (const files of [missing, new Map([...world.disk.files, [GUARD, older]]), new Map([...world.disk.files, [GUARD, forged]])]) {
      const attacked = await start(files);
      expect(await ada(attacked)).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED', detail: { rule: 'guard-untrusted' } } });
      expect(code(await ben(attacked))).toBe('ACCOUNT_DISABLED');
      expect(attacked.alerts).toEqual(['GUARD_UNTRUSTED', 'GUARD_UNTRUSTED']);
    }
  });

  it('AUT-13 a guard payload of another version or shape is not trusted either', async () => {
    const world = await start(made);
    for (const payload of [{ version: 2 }, { version: 1, subjects: {}, deviceFailures: [], events: [], dropped: -1 }, 7, []]) {
      value(await world.vault.guard.save(payload));
      expect(await ada(world)).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED', detail: { rule: 'guard-untrusted' } } });
    }
  });

  it('AUT-14 attempts sent all at once are counted one by one', async () => {
    const world = await start(made);
    const answers = await Promise.all(Array.from({ length: 8 }, async () => ada(world, WRONG)));
    expect(answers.map(code)).toEqual([...Array<string>(4).fill('CREDENTIALS_REFUSED'), ...Array<string>(4).fill('TRY_LATER')]);
  });

  it('AUT-15 events wait, sealed, until they are told to the ledger, and no typed login is among them', async () => {
    const world = await start(made);
    await ada(world, WRONG);
    await world.auth.signIn({ login: 'my secret password', password: 'x', code: '1' });
    const restarted = await start(world.disk.files);
    value(await ada(restarted));
    const told: unknown[] = [];
    await expect(restarted.auth.deliverEvents(async () => Promise.reject(new Error('ledger closed')))).rejects.toThrow(/ledger closed/);
    expect(value(await restarted.auth.deliverEvents(async (report) => void told.push(report)))).toBe(2);
    expect(told).toEqual([
      { events: [{ id: expect.any(String), kind: 'sign-in-failed', at: START, userId: ADA }, { id: expect.any(String), kind: 'sign-in-failed', at: START, userId: null }], dropped: 0 },
    ]);
    expect(value(await restarted.auth.deliverEvents(async (report) => void told.push(report)))).toBe(0);
    expect(told).toHaveLength(1);
  });
});

describe('stepping up and changing the password', () => {
  it('AUT-16 another code raises the level for five minutes; the code of the sign-in does not', async () => {
    const world = await start(made);
    value(await ada(world));
    expect(code(await world.auth.stepUp(totp(START)))).toBe('CODE_REFUSED');
    world.clock.advance(30_000);
    expect(value(await world.auth.stepUp(totp(world.clock.now())))).toMatchObject({ level: 3, levelUntil: world.clock.now() + 5 * MINUTE });
    world.clock.advance(5 * MINUTE - 1);
    expect(world.auth.session()?.level).toBe(3);
    world.clock.advance(1);
    expect(world.auth.session()).toMatchObject({ level: 2, levelUntil: null });
  });

  it('AUT-17 codes guessed in an open session count, wait, and lock it at the tenth', async () => {
    const world = await start(made);
    const { keys } = value(await ada(world));
    const reasons: string[] = [];
    world.auth.onLock((_, reason) => void reasons.push(reason));
    const answers: string[] = [];
    for (let tries = 1; tries <= 10; tries += 1) {
      answers.push(code(await world.auth.stepUp('000000')), code(await world.auth.stepUp(tries < 4 ? '000000' : totp(world.clock.now()))));
      for (let minutes = 0; minutes < 16; minutes += 8) {
        world.clock.advance(8 * MINUTE);
        world.auth.touch();
      }
    }
    const [refused, wait] = ['CODE_REFUSED', 'TRY_LATER'];
    // Two tries at each turn; from the fourth failure on the second of them is too early, be it ever so right.
    expect(answers).toEqual([refused, refused, refused, refused, ...Array.from({ length: 5 }, () => [refused, wait]).flat(), refused, 'LOCKED', 'LOCKED', 'LOCKED', 'LOCKED', 'LOCKED']);
    expect(reasons).toEqual(['account-disabled']);
    expect(keys.destroyed).toBe(true);
    expect(code(await world.auth.stepUp('000000'))).toBe('LOCKED');
    expect(code(await ada(world))).toBe('ACCOUNT_DISABLED');
  });

  it('AUT-18 a change of password needs the old one, counts failures, and keeps the session', async () => {
    const world = await start(made);
    const change = (oldPassword: string, newPassword = 'violet harbor sketch 9') => world.auth.changePassword({ oldPassword, newPassword, words: [] });
    expect(code(await change(PASSWORD))).toBe('LOCKED');
    value(await ada(world));
    expect(code(await change(PASSWORD, 'ada.obi ada.obi'))).toBe('PASSWORD_TOO_WEAK');
    expect(code(await change(WRONG))).toBe('CREDENTIALS_REFUSED');
    expect(await failuresOf(world)).toBe(1);
    value(await change(PASSWORD));
    expect(await failuresOf(world)).toBe(0);
    expect(world.auth.session()?.userId).toBe(ADA);
    world.clock.advance(MINUTE);
    expect(code(await ada(world))).toBe('CREDENTIALS_REFUSED');
    expect(code(await ada(world, 'violet harbor sketch 9'))).toBe('ok');
  });
});

describe('recovery', () => {
  const NEW_SECRET = 'MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK';
  const request = (at: number) => ({ login: 'ada.obi', password: 'violet harbor sketch 9', totpSecretBase32: NEW_SECRET, code: totp(at, NEW_SECRET), words: [], recoveryCode });

  it('AUT-19 the printed code gives a disabled account a new start, once', async () => {
    const world = await start(made);
    value(await world.vault.guard.save(exhausted(world)));
    expect(code(await ada(world))).toBe('ACCOUNT_DISABLED');
    const recovered = value(await world.auth.recover(request(START)));
    expect(recovered).toMatchObject({ userId: ADA, level: 2 });
    await world.auth.lock('person');
    world.clock.advance(MINUTE);
    expect(code(await world.auth.recover(request(world.clock.now())))).toBe('RECOVERY_CODE_REFUSED');
    expect(code(await world.auth.signIn({ login: 'ada.obi', password: 'violet harbor sketch 9', code: totp(world.clock.now(), NEW_SECRET) }))).toBe('ok');
    // Somebody else's lockout is not undone by it.
    expect(code(await ben(world))).toBe('ACCOUNT_DISABLED');
  });

  it('AUT-20 after a lost guard the recovered account works and everybody else needs a reset', async () => {
    const lost = new Map(made);
    lost.delete(GUARD);
    const world = await start(lost);
    const { keys } = value(await world.auth.recover(request(START)));
    expect(code(await ben(world))).toBe('ACCOUNT_DISABLED');
    world.clock.advance(MINUTE);
    const at = world.clock.now();
    value(await world.auth.resetCredentials(keys, BEN, { password: BEN_PASSWORD, totpSecretBase32: BEN_SECRET, code: totp(at, BEN_SECRET), words: [] }));
    world.clock.advance(MINUTE);
    expect(code(await ben(world))).toBe('ok');
    const kinds: string[] = [];
    value(await world.auth.deliverEvents(async ({ events }) => void kinds.push(...events.map(({ kind }) => kind))));
    expect(kinds).toEqual(['guard-restarted', 'recovered']);
  });

  it('AUT-21 a wrong code or a weak password changes nothing', async () => {
    const world = await start(made);
    expect(code(await world.auth.recover({ ...request(START), password: 'password1234' }))).toBe('PASSWORD_TOO_WEAK');
    expect(code(await world.auth.recover({ ...request(START), code: '000000' }))).toBe('CODE_REFUSED');
    expect(code(await world.auth.recover({ ...request(START), recoveryCode: `Z${recoveryCode.slice(1)}` }))).toBe('RECOVERY_CODE_REFUSED');
    expect(world.disk.files).toEqual(made);
  });

  function exhausted(world: World): unknown {
    const subjects = Object.fromEntries(world.vault.users().map(({ credentialId }) => [credentialId, { failures: 10, failedAt: START, lastStep: null }]));
    return { version: 1, subjects, deviceFailures: [], events: [], dropped: 0 };
  }
});

describe('enrolment', () => {
  it('AUT-22 gives 160 random bits as base32 and as an otpauth URI that an authenticator reads', async () => {
    const { auth } = await start(made);
    const first = auth.totpEnrolment('ada.obi', 'Cedar Creek');
    expect(first.secretBase32).toMatch(/^[A-Z2-7]{32}$/);
    expect(value(readTotpSecret(first.secretBase32)).length).toBe(20);
    const uri = new URL(first.otpauthUri);
    expect([uri.protocol, uri.hostname, decodeURIComponent(uri.pathname), uri.searchParams.get('secret'), uri.searchParams.get('issuer')]).toEqual([
      'otpauth:', 'totp', '/Cedar Creek:ada.obi', first.secretBase32, 'Cedar Creek',
    ]);
    expect(auth.totpEnrolment('ada.obi', 'Cedar Creek').secretBase32).not.toBe(first.secretBase32);
  });
});
