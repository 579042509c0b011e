import { createPublicKey, verify } from 'node:crypto';
import path from 'node:path';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryDisk, powerCuts, seededRandom, type Files } from '../../build/fixtures/memory-disk.ts';
import { testClock } from '../../build/fixtures/test-world.ts';
import { fromUtf8, toHex, utf8 } from '../../shared/base/bytes.ts';
import { UserId } from '../../shared/base/ids.ts';
import { createFileKeystore } from './keystore-file.ts';
import { parseKeybag, renderKeybag, withGuardEpoch, type Keybag, type KeybagFile } from './keybag.ts';
import { canonicalBytes, sha256 } from './primitives.ts';
import { openVault, PASSWORD_COST_FLOOR, Secret, type Vault, type VaultKeys } from './vault.ts';

// Real argon2id at its floor, dozens of times, on machines that do other things as well.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FOLDER = '/clinic';
const KEYBAG = path.join(FOLDER, 'keybag.json');
const GUARD = path.join(FOLDER, 'guard.json');
const ADA = UserId.parse('00000000000000a1');
const BEN = UserId.parse('00000000000000b2');
const PASSWORD = 'maple kettle orbit 41';
const NEW_PASSWORD = 'copper lantern drift 77';
const totp = (fill: number): Secret => Secret.take(new Uint8Array(20).fill(fill));
const administrator = () => ({ userId: ADA, login: 'ada.obi', password: PASSWORD, totpSecret: totp(1) });

async function open(files: Files, seed = 'later'): Promise<{ vault: Vault; disk: ReturnType<typeof memoryDisk> }> {
  const disk = memoryDisk(files);
  const vault = await openVault({ folder: FOLDER, disk, random: seededRandom(seed), clock: testClock(), keystore: createFileKeystore({ folder: FOLDER, disk }), cost: PASSWORD_COST_FLOOR });
  return { vault, disk };
}

function value<Value>(result: { ok: true; value: Value } | { ok: false; fault: { code: string } }): Value {
  if (!result.ok) throw new Error(`refused: ${result.fault.code}`);
  return result.value;
}

function code(result: { ok: true } | { ok: false; fault: { code: string } }): string {
  return result.ok ? 'ok' : result.fault.code;
}

let made: Files;
let recoveryCode: string;
let databaseKey: string;
let creation: ReturnType<typeof memoryDisk>['steps'];

beforeAll(async () => {
  const { vault, disk } = await open(new Map(), 'first');
  const created = value(await vault.create({ administrator: administrator() }));
  recoveryCode = created.recoveryCode;
  databaseKey = hex(created.keys.database);
  creation = disk.steps;
  made = disk.files;
});

const hex = (secret: Secret): string => secret.use(toHex);

function bagOf(files: Files): KeybagFile {
  return value(parseKeybag(files.get(KEYBAG)!));
}

/** What somebody can do who edits the file and knows how its checksum is made, but holds no key. */
function withEditedBag(files: Files, edit: (bag: Keybag) => void): Files {
  const file = JSON.parse(fromUtf8(files.get(KEYBAG)!));
  edit(file.bag);
  file.digest = toHex(sha256(Buffer.from(file.masterMac, 'hex'), Buffer.from(file.deviceMac, 'hex'), canonicalBytes(file.bag)));
  return new Map([...files, [KEYBAG, canonicalBytes(file)]]);
}

function deviceKeyOf(files: Files): Secret {
  return Secret.take(Buffer.from(fromUtf8(files.get(path.join(FOLDER, 'device.key'))!).trim(), 'hex'));
}

/** What somebody can do who holds the device key as well. */
function withForgedBag(files: Files, edit: (bag: Keybag) => void): Files {
  const edited = bagOf(withEditedBag(files, edit));
  return new Map([...files, [KEYBAG, renderKeybag(withGuardEpoch(edited, edited.bag.guardEpoch, deviceKeyOf(files)))]]);
}

describe('a vault from its making on', () => {
  it('VLT-1 is absent, then present, lists its logins without a secret, and opens with login and password', async () => {
    const { vault } = await open(made);
    expect((await open(new Map())).vault.state()).toBe('absent');
    expect(vault.state()).toBe('present');
    expect(vault.users()).toEqual([{ userId: ADA, login: 'ada.obi', enabled: true, needsReset: false, credentialId: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
    const unlocked = value(await vault.unlock(' Ada.Obi', PASSWORD));
    expect(unlocked.userId).toBe(ADA);
    expect(hex(unlocked.keys.database)).toBe(databaseKey);
    expect(unlocked.totpSecret.equals(totp(1))).toBe(true);
  });

  it('VLT-1 gives each device working keys: Ed25519 signs, X25519 and P-256 have their public halves', async () => {
    const { keys } = value(await (await open(made)).vault.unlock('ada.obi', PASSWORD));
    const message = utf8('checkpoint');
    const verifier = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(keys.signing.publicKey).toString('base64url') }, format: 'jwk' });
    expect(verify(null, message, verifier, keys.signing.sign(message))).toBe(true);
    expect(verify(null, utf8('another'), verifier, keys.signing.sign(message))).toBe(false);
    expect(keys.sealing.publicKey).toHaveLength(32);
    const tls = createPublicKey({ key: Buffer.from(keys.tls.publicKey), format: 'der', type: 'spki' });
    expect(tls.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(keys.tls.privateKeyPem.use(fromUtf8)).toContain('BEGIN PRIVATE KEY');
    expect(hex(keys.subkey('drafts'))).not.toBe(hex(keys.subkey('search')));
    expect(keys.subkey('drafts')).toBe(keys.subkey('drafts'));
  });

  it('VLT-2 leaves no key, password, code or one-time-code secret in any file', async () => {
    const { keys } = value(await (await open(made)).vault.unlock('ada.obi', PASSWORD));
    const raw = [keys.database, keys.signing.privateKey, keys.sealing.privateKey, keys.subkey('drafts'), totp(1)];
    const encoded = raw.flatMap((secret) => (['hex', 'base64', 'latin1'] as const).map((form) => secret.use((bytes) => Buffer.from(bytes).toString(form))));
    const forbidden = [...encoded, 'PRIVATE KEY', PASSWORD, recoveryCode];
    const leaks = [...made].flatMap(([file, bytes]) => forbidden.filter((text) => Buffer.from(bytes).toString('latin1').includes(text)).map(() => file));
    expect(forbidden).toHaveLength(18);
    expect(leaks).toEqual([]);
  });

  it('VLT-3 forgets its keys when told to: every use afterwards throws', async () => {
    const { keys } = value(await (await open(made)).vault.unlock('ada.obi', PASSWORD));
    const subkey = keys.subkey('drafts');
    keys.destroy();
    expect(keys.destroyed).toBe(true);
    for (const secret of [keys.database, keys.signing.privateKey, keys.sealing.privateKey, keys.tls.privateKeyPem, subkey]) expect(() => secret.use(() => 0)).toThrow(/destroyed/);
    expect(() => keys.signing.sign(utf8('x'))).toThrow(/destroyed/);
    expect(() => keys.subkey('drafts')).toThrow(/destroyed/);
    await expect((await open(made)).vault.newRecoveryCode(keys)).rejects.toThrow(/live session/);
  });

  it('VLT-3 shows no key to inspection, JSON or structured clones', async () => {
    const { keys } = value(await (await open(made)).vault.unlock('ada.obi', PASSWORD));
    for (const shown of [inspect(keys, { depth: 9, showHidden: true }), JSON.stringify(keys), JSON.stringify(structuredClone({ ...keys.database }))]) {
      expect(shown.includes(databaseKey)).toBe(false);
      expect(shown.includes(hex(keys.signing.privateKey))).toBe(false);
    }
  });

  it('VLT-4 refuses to be made twice, or over a database whose key bag is lost', async () => {
    const { vault } = await open(made);
    expect(code(await vault.create({ administrator: administrator() }))).toBe('ALREADY_SET_UP');
    const orphan = await open(new Map([[path.join(FOLDER, 'vault.db'), utf8('rows')]]));
    expect(orphan.vault.state()).toBe('damaged');
    expect(code(await orphan.vault.create({ administrator: administrator() }))).toBe('VAULT_DAMAGED');
    expect(orphan.disk.steps).toEqual([]);
  });

  it('VLT-4 refuses short and endless passwords, bad logins and weak one-time-code secrets before anything is written', async () => {
    const { vault, disk } = await open(new Map());
    const bad = [
      { ...administrator(), password: 'elevenchars' },
      { ...administrator(), password: 'x'.repeat(257) },
      { ...administrator(), login: '../ada' },
      { ...administrator(), login: '' },
      { ...administrator(), userId: 'a1' as UserId },
      { ...administrator(), totpSecret: Secret.take(new Uint8Array(15)) },
    ];
    expect(await Promise.all(bad.map(async (one) => code(await vault.create({ administrator: one }))))).toEqual([
      'PASSWORD_TOO_WEAK', 'PASSWORD_TOO_WEAK', 'MALFORMED', 'MALFORMED', 'MALFORMED', 'MALFORMED',
    ]);
    expect(disk.steps).toEqual([]);
  });
});

describe('two factors', () => {
  it('VLT-5 a wrong password, an unknown login and a password of absurd length are one answer (case 4)', async () => {
    const { vault } = await open(made);
    for (const [login, password] of [['ada.obi', 'maple kettle orbit 42'], ['nobody', PASSWORD], ['ada.obi', 'x'.repeat(100_000)], ['', '']] as const) {
      expect(await vault.unlock(login, password)).toEqual({ ok: false, fault: { code: 'CREDENTIALS_REFUSED' } });
    }
  });

  it('VLT-5 one password in two Unicode forms is one password', async () => {
    const { vault } = await open(new Map(), 'unicode');
    value(await vault.create({ administrator: { ...administrator(), password: 'café au lait ﬁne 9' } }));
    value(await vault.unlock('ada.obi', 'cafe\u0301 au lait fine 9'));
  });

  it('VLT-6 the right password without the device key, or with another one, opens nothing', async () => {
    const without = new Map(made);
    without.delete(path.join(FOLDER, 'device.key'));
    expect(code(await (await open(without)).vault.unlock('ada.obi', PASSWORD))).toBe('KEYSTORE_UNAVAILABLE');
    const other = new Map([...made, [path.join(FOLDER, 'device.key'), utf8(`${'ab'.repeat(32)}\n`)]]);
    expect(code(await (await open(other)).vault.unlock('ada.obi', PASSWORD))).toBe('KEYSTORE_CHANGED');
    const garbled = new Map([...made, [path.join(FOLDER, 'device.key'), utf8('not a key')]]);
    expect(code(await (await open(garbled)).vault.unlock('ada.obi', PASSWORD))).toBe('KEYSTORE_CHANGED');
    // Nothing was made anew in its place.
    expect(fromUtf8((await open(garbled)).disk.files.get(path.join(FOLDER, 'device.key'))!)).toBe('not a key');
  });

  it('VLT-7 the key bag of another clinic is refused (case 8)', async () => {
    const other = await open(new Map(), 'other clinic');
    value(await other.vault.create({ administrator: administrator() }));
    const swapped = new Map([...made, [KEYBAG, other.disk.files.get(KEYBAG)!]]);
    expect(code(await (await open(swapped)).vault.unlock('ada.obi', PASSWORD))).toBe('KEYSTORE_CHANGED');
    // Even when the thief fixes up the name of the device key and all checksums.
    const own = bagOf(made).bag;
    const forged = withForgedBag(new Map([...made, [KEYBAG, other.disk.files.get(KEYBAG)!], [GUARD, other.disk.files.get(GUARD)!]]), (bag) => {
      Object.assign(bag, { vaultId: own.vaultId, deviceId: own.deviceId, deviceKeyId: own.deviceKeyId });
      bag.users[0]!.deviceKeyId = own.deviceKeyId;
    });
    expect(code(await (await open(forged)).vault.unlock('ada.obi', PASSWORD))).toBe('CREDENTIALS_REFUSED');
  });
});

describe('tampering', () => {
  it('VLT-8 no single flipped bit of the key bag lets it open or brings the program down', async () => {
    const bytes = made.get(KEYBAG)!;
    const outcomes = new Set<string>();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = new Uint8Array(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      outcomes.add(code(parseKeybag(flipped)));
    }
    // A flip in the version digit reads as a file of a later version; every other one is damage.
    expect([...outcomes].sort()).toEqual(['VAULT_DAMAGED', 'VAULT_FROM_FUTURE']);
    const flipped = new Uint8Array(bytes);
    flipped[bytes.length >> 1]! ^= 1;
    const { vault } = await open(new Map([...made, [KEYBAG, flipped]]));
    expect(vault.state()).toBe('damaged');
    expect(vault.users()).toEqual([]);
    expect(code(await vault.unlock('ada.obi', PASSWORD))).toBe('VAULT_DAMAGED');
    expect(code(await vault.unlockWithRecoveryCode(recoveryCode))).toBe('VAULT_DAMAGED');
  });

  it('VLT-8 truncated, empty, foreign and oversized key bags are damage', async () => {
    const bytes = made.get(KEYBAG)!;
    for (const bad of [new Uint8Array(0), bytes.subarray(0, bytes.length - 1), utf8('null'), utf8('{"format":"outpost-keybag/1"}'), utf8(`${fromUtf8(bytes)}\n`), new Uint8Array(5 << 20)]) {
      expect(code(await (await open(new Map([...made, [KEYBAG, bad]]))).vault.unlock('ada.obi', PASSWORD))).toBe('VAULT_DAMAGED');
    }
  });

  it('VLT-9 every field changed by somebody who knows the file but no key is noticed before a password is tried', async () => {
    const fields = leaves(JSON.parse(fromUtf8(made.get(KEYBAG)!)).bag);
    expect(fields.length).toBeGreaterThan(30);
    const outcomes: string[] = [];
    for (const field of fields) {
      const outcome = code(await (await open(withEditedBag(made, (bag) => bend(bag, field)))).vault.unlock('ada.obi', PASSWORD));
      if (outcome !== 'VAULT_DAMAGED') outcomes.push(`${field.join('.')} ${outcome}`);
    }
    expect(outcomes).toEqual(['deviceKeyId KEYSTORE_CHANGED']);
  });

  it('VLT-10 argon2 parameters below the floor do not parse, and lowered ones above it do not open (case 6)', async () => {
    const below = withEditedBag(made, (bag) => (bag.users[0]!.cost.memoryKiB = 1024));
    expect(code(await (await open(below)).vault.unlock('ada.obi', PASSWORD))).toBe('VAULT_DAMAGED');
    for (const change of [{ passes: 4 }, { memoryKiB: 65_537 }]) {
      const forged = withForgedBag(made, (bag) => Object.assign(bag.users[0]!.cost, change));
      expect(code(await (await open(forged)).vault.unlock('ada.obi', PASSWORD))).toBe('CREDENTIALS_REFUSED');
    }
    const disk = memoryDisk();
    const cheap = await openVault({ folder: FOLDER, disk, random: seededRandom('cheap'), clock: testClock(), keystore: createFileKeystore({ folder: FOLDER, disk }), cost: { ...PASSWORD_COST_FLOOR, memoryKiB: 1024 } });
    await expect(cheap.create({ administrator: administrator() })).rejects.toThrow(/memoryKiB/);
    expect(disk.files.has(KEYBAG)).toBe(false);
  });

  it('VLT-11 somebody who holds the device key alone cannot enable, enrol or rename anybody unnoticed', async () => {
    const forgeries: ((bag: Keybag) => void)[] = [
      (bag) => bag.retired.push(BEN),
      (bag) => bag.users.push({ ...bag.users[0]!, userId: BEN, login: 'mallory' }),
      (bag) => (bag.cost.memoryKiB = 131_072),
      (bag) => (bag.recovery.generation = 2),
    ];
    for (const forge of forgeries) {
      const { vault } = await open(withForgedBag(made, forge));
      expect(await vault.unlock('ada.obi', PASSWORD)).toMatchObject({ ok: false, fault: { code: 'VAULT_DAMAGED', detail: { rule: 'master-mac' } } });
    }
  });

  it('VLT-12 a key bag of a later version is left alone and said to be one (case 48)', async () => {
    const later = utf8(fromUtf8(made.get(KEYBAG)!).replace('outpost-keybag/1', 'outpost-keybag/2'));
    const { vault, disk } = await open(new Map([...made, [KEYBAG, later]]));
    expect(code(await vault.unlock('ada.obi', PASSWORD))).toBe('VAULT_FROM_FUTURE');
    expect(code(await vault.create({ administrator: administrator() }))).toBe('VAULT_DAMAGED');
    expect(disk.steps).toEqual([]);
  });
});

describe('the guard', () => {
  it('VLT-13 keeps what it is given, and starts empty', async () => {
    const { vault, disk } = await open(made);
    expect(value(await vault.guard.load())).toBeNull();
    value(await vault.guard.save({ failures: 3 }));
    expect(value(await (await open(disk.files)).vault.guard.load())).toEqual({ failures: 3 });
    expect(Buffer.from(disk.files.get(GUARD)!).includes('failures')).toBe(false);
  });

  it('VLT-14 missing, forged, foreign and put-back guards are not trusted (case 3)', async () => {
    const { vault, disk } = await open(made);
    value(await vault.guard.save({ failures: 1 }));
    const older = disk.files.get(GUARD)!;
    value(await vault.guard.save({ failures: 2 }));
    const missing = new Map(disk.files);
    missing.delete(GUARD);
    const flipped = new Uint8Array(older);
    flipped[flipped.length - 10]! ^= 1;
    const foreign = await open(new Map(), 'foreign');
    value(await foreign.vault.create({ administrator: administrator() }));
    const cases: Files[] = [missing, ...[older, made.get(GUARD)!, flipped, foreign.disk.files.get(GUARD)!, new Uint8Array(0)].map((bytes) => new Map([...disk.files, [GUARD, bytes]]))];
    for (const files of cases) expect(code(await (await open(files)).vault.guard.load())).toBe('GUARD_UNTRUSTED');
    expect(code(await (await open(disk.files)).vault.guard.load())).toBe('ok');
  });

  it('VLT-14 a power cut while the guard is written never makes it untrusted, and loses at most the last writing', async () => {
    const { vault, disk } = await open(made);
    value(await vault.guard.save({ failures: 1 }));
    const before = new Map(disk.files);
    disk.steps.length = 0;
    value(await vault.guard.save({ failures: 2 }));
    for (const cut of powerCuts(before, disk.steps)) {
      const after = await open(cut.files);
      expect([cut.label, { failures: 1 }, { failures: 2 }]).toContainEqual(value(await after.vault.guard.load()));
      // And it can be written again.
      value(await after.vault.guard.save({ failures: cut.label }));
      expect(value(await after.vault.guard.load())).toEqual({ failures: cut.label });
    }
  });
});

describe('changes of the key bag', () => {
  it('VLT-15 a changed password replaces the old one; the keys stay', async () => {
    const { vault, disk } = await open(made);
    expect(code(await vault.changePassword('ada.obi', 'maple kettle orbit 42', NEW_PASSWORD))).toBe('CREDENTIALS_REFUSED');
    expect(code(await vault.changePassword('ada.obi', PASSWORD, 'short'))).toBe('PASSWORD_TOO_WEAK');
    value(await vault.changePassword('ada.obi', PASSWORD, NEW_PASSWORD));
    expect(code(await vault.unlock('ada.obi', PASSWORD))).toBe('CREDENTIALS_REFUSED');
    expect(hex(value(await vault.unlock('ada.obi', NEW_PASSWORD)).keys.database)).toBe(databaseKey);
    // The old key bag put back revives the old password only where the guard is put back with it.
    const putBack = new Map([...disk.files, [KEYBAG, made.get(KEYBAG)!]]);
    expect(await (await open(putBack)).vault.unlock('ada.obi', PASSWORD)).toMatchObject({ ok: false, fault: { code: 'VAULT_DAMAGED', detail: { rule: 'put-back' } } });
    expect(code(await (await open(putBack)).vault.unlockWithRecoveryCode(recoveryCode))).toBe('VAULT_DAMAGED');
  });

  it('VLT-15 an old user bundle spliced into the new key bag does not open it', async () => {
    const { vault, disk } = await open(made);
    value(await vault.changePassword('ada.obi', PASSWORD, NEW_PASSWORD));
    const old = bagOf(made).bag.users[0]!;
    const spliced = withForgedBag(disk.files, (bag) => Object.assign(bag.users[0]!, { bundle: old.bundle, salt: old.salt, kekVersion: old.kekVersion }));
    expect(code(await (await open(spliced)).vault.unlock('ada.obi', PASSWORD))).toBe('VAULT_DAMAGED');
    const kept = withForgedBag(disk.files, (bag) => Object.assign(bag.users[0]!, { bundle: old.bundle, salt: old.salt }));
    expect(code(await (await open(kept)).vault.unlock('ada.obi', PASSWORD))).toBe('CREDENTIALS_REFUSED');
  });

  it('VLT-16 a power cut at any point of making a vault or changing a password leaves the old state or the new (case 38)', async () => {
    for (const cut of powerCuts(new Map(), creation)) {
      const { vault } = await open(cut.files);
      const whole = cut.files.has(KEYBAG);
      const guard = code(await vault.guard.load());
      expect({ cut: cut.label, state: vault.state(), guard, bag: cut.files.get(KEYBAG) }).toEqual(
        whole ? { cut: cut.label, state: 'present', guard: 'ok', bag: made.get(KEYBAG) } : { cut: cut.label, state: 'absent', guard: 'VAULT_DAMAGED', bag: undefined },
      );
    }

    const { vault, disk } = await open(made);
    value(await vault.changePassword('ada.obi', PASSWORD, NEW_PASSWORD));
    const opensWith = new Map<string, string>();
    for (const cut of powerCuts(made, disk.steps)) {
      const after = await open(cut.files);
      expect([cut.label, code(await after.vault.guard.load())]).toEqual([cut.label, 'ok']);
      const user = JSON.stringify(bagOf(cut.files).bag.users);
      // Equal key bags open alike: argon2 runs once for each that differs.
      if (!opensWith.has(user)) opensWith.set(user, code(await after.vault.unlock('ada.obi', PASSWORD)) === 'ok' ? 'old' : code(await after.vault.unlock('ada.obi', NEW_PASSWORD)) === 'ok' ? 'new' : 'neither');
    }
    expect([...opensWith.values()].sort()).toEqual(['new', 'old']);
  });

  it('VLT-16 a set-up cut short can be begun again and completes', async () => {
    for (const cut of powerCuts(new Map(), creation).filter(({ files }) => !files.has(KEYBAG)).slice(-1)) {
      const { vault, disk } = await open(cut.files, 'again');
      expect(disk.files.has(path.join(FOLDER, 'device.key'))).toBe(true);
      value(await vault.create({ administrator: administrator() }));
      value(await vault.unlock('ada.obi', PASSWORD));
    }
  });

  it('VLT-17 a full or read-only disk is a named refusal that changes nothing (case 34)', async () => {
    const counting = await open(made);
    value(await counting.vault.guard.save({}));
    const keys = value(await counting.vault.unlock('ada.obi', PASSWORD)).keys;
    for (const [errno, fault] of [['ENOSPC', 'DISK_FULL'], ['EROFS', 'READ_ONLY']] as const) {
      const { vault, disk } = await open(counting.disk.files);
      disk.errno = errno;
      disk.failAfter = 0;
      expect(code(await vault.guard.save({ failures: 1 }))).toBe(fault);
      expect(code(await vault.newRecoveryCode(keys))).toBe(fault);
      expect(disk.files).toEqual(counting.disk.files);
      disk.failAfter = Number.POSITIVE_INFINITY;
      value(await vault.guard.save({ failures: 1 }));
    }
    const fresh = await open(new Map());
    fresh.disk.failAfter = 0;
    expect(code(await fresh.vault.create({ administrator: administrator() }))).toBe('KEYSTORE_UNAVAILABLE');
  });
});

describe('people', () => {
  let files: Files;
  let keys: VaultKeys;

  beforeAll(async () => {
    const { vault, disk } = await open(made, 'people');
    keys = value(await vault.unlock('ada.obi', PASSWORD)).keys;
    value(await vault.addUser(keys, { userId: BEN, login: 'Ben', password: NEW_PASSWORD, totpSecret: totp(2) }));
    files = disk.files;
  });

  it('VLT-18 a second user opens the same vault with a password of their own', async () => {
    const ben = value(await (await open(files)).vault.unlock('ben', NEW_PASSWORD));
    expect(ben.userId).toBe(BEN);
    expect(hex(ben.keys.database)).toBe(databaseKey);
    expect(hex(ben.keys.subkey('drafts'))).toBe(hex(keys.subkey('drafts')));
  });

  it('VLT-18 refuses a login or an id in use', async () => {
    const { vault } = await open(files);
    const { keys: own } = value(await vault.unlock('ada.obi', PASSWORD));
    const carl = { userId: UserId.parse('00000000000000c3'), login: 'carl', password: NEW_PASSWORD, totpSecret: totp(3) };
    expect(code(await vault.addUser(own, { ...carl, login: 'BEN' }))).toBe('LOGIN_TAKEN');
    expect(code(await vault.addUser(own, { ...carl, userId: BEN }))).toBe('LOGIN_TAKEN');
  });

  it('VLT-19 a disabled account has nothing left to open, its old grant opens nothing, and enabling brings it back', async () => {
    const { vault, disk } = await open(files);
    const { keys: own } = value(await vault.unlock('ada.obi', PASSWORD));
    const oldGrant = bagOf(files).bag.users[1]!.grant;
    value(await vault.setUserEnabled(own, BEN, false));
    expect(vault.users()[1]).toMatchObject({ userId: BEN, enabled: false });
    expect(code(await vault.unlock('ben', NEW_PASSWORD))).toBe('CREDENTIALS_REFUSED');
    const spliced = withForgedBag(disk.files, (bag) => (bag.users[1]!.grant = oldGrant));
    // The grant itself does not open any more: it is not the checksums alone that keep Ben out.
    expect(await (await open(spliced)).vault.unlock('ben', NEW_PASSWORD)).toMatchObject({ ok: false, fault: { code: 'VAULT_DAMAGED', detail: { rule: 'grant' } } });
    expect(code(await vault.setUserEnabled(own, ADA, false))).toBe('LAST_ADMINISTRATOR');
    // The session that rotated the key goes on.
    value(await vault.setUserEnabled(own, BEN, true));
    value(await vault.unlock('ben', NEW_PASSWORD));
    expect(hex(value(await vault.unlock('ada.obi', PASSWORD)).keys.database)).toBe(databaseKey);
    // The printed code survives a rotation it was not part of.
    value(await vault.unlockWithRecoveryCode(recoveryCode));
  });

  it('VLT-20 a removed user is gone, and the id is never given out again', async () => {
    const { vault } = await open(files);
    const { keys: own } = value(await vault.unlock('ada.obi', PASSWORD));
    value(await vault.removeUser(own, BEN));
    expect(vault.users().map(({ userId }) => userId)).toEqual([ADA]);
    expect(code(await vault.addUser(own, { userId: BEN, login: 'ben', password: NEW_PASSWORD, totpSecret: totp(2) }))).toBe('LOGIN_TAKEN');
    expect(code(await vault.removeUser(own, BEN))).toBe('NOT_FOUND');
    expect(code(await vault.removeUser(own, ADA))).toBe('LAST_ADMINISTRATOR');
  });

  it('VLT-21 a reset gives new credentials under a new credential id', async () => {
    const { vault } = await open(files);
    const { keys: own } = value(await vault.unlock('ada.obi', PASSWORD));
    const before = vault.users()[1]!.credentialId;
    value(await vault.resetCredentials(own, BEN, { password: 'pewter meadow signal 5', totpSecret: totp(9) }));
    expect(vault.users()[1]!.credentialId).not.toBe(before);
    expect(code(await vault.unlock('ben', NEW_PASSWORD))).toBe('CREDENTIALS_REFUSED');
    expect(value(await vault.unlock('ben', 'pewter meadow signal 5')).totpSecret.equals(totp(9))).toBe(true);
  });

  it('VLT-22 keys of an earlier master key change nothing', async () => {
    const { vault } = await open(files);
    const stale = value(await vault.unlock('ben', NEW_PASSWORD)).keys;
    const { keys: own } = value(await vault.unlock('ada.obi', PASSWORD));
    value(await vault.newRecoveryCode(own));
    expect(code(await vault.setUserEnabled(stale, ADA, false))).toBe('VAULT_DAMAGED');
  });
});

describe('the printed code', () => {
  const fresh = { login: 'ada.obi', password: NEW_PASSWORD, guardIfLost: { restarted: true } };

  it('VLT-23 opens without password and device key, and refuses slips, other codes and other clinics', async () => {
    const without = new Map(made);
    without.delete(path.join(FOLDER, 'device.key'));
    const { vault, disk } = await open(without);
    expect(hex(value(await vault.unlockWithRecoveryCode(recoveryCode.toLowerCase().replaceAll('-', ' '))).database)).toBe(databaseKey);
    expect(disk.steps).toEqual([]);
    const other = value(await (await open(new Map(), 'elsewhere')).vault.create({ administrator: administrator() })).recoveryCode;
    for (const wrong of [other, '', 'A'.repeat(200), recoveryCode.slice(0, -1), `${recoveryCode}0`, 'ÄÖÜ']) expect(code(await vault.unlockWithRecoveryCode(wrong))).toBe('RECOVERY_CODE_REFUSED');
  });

  it('VLT-24 recovers one account once: the second use of the code is refused, the new code works', async () => {
    const { vault } = await open(made);
    const recovered = value(await vault.recover({ ...fresh, code: recoveryCode, totpSecret: totp(7) }));
    expect(recovered.userId).toBe(ADA);
    expect(hex(recovered.keys.database)).toBe(databaseKey);
    expect(code(await vault.recover({ ...fresh, code: recoveryCode, totpSecret: totp(7) }))).toBe('RECOVERY_CODE_REFUSED');
    expect(code(await vault.unlockWithRecoveryCode(recoveryCode))).toBe('RECOVERY_CODE_REFUSED');
    expect(code(await vault.unlock('ada.obi', PASSWORD))).toBe('CREDENTIALS_REFUSED');
    expect(value(await vault.unlock('ada.obi', NEW_PASSWORD)).totpSecret.equals(totp(7))).toBe(true);
    value(await vault.unlockWithRecoveryCode(recovered.recoveryCode));
    const replaced = value(await vault.newRecoveryCode(recovered.keys));
    expect(code(await vault.unlockWithRecoveryCode(recovered.recoveryCode))).toBe('RECOVERY_CODE_REFUSED');
    value(await vault.unlockWithRecoveryCode(replaced));
  });

  it('VLT-24 a refused recovery leaves the code good', async () => {
    const { vault } = await open(made);
    expect(code(await vault.recover({ ...fresh, login: 'nobody', code: recoveryCode, totpSecret: totp(7) }))).toBe('NOT_FOUND');
    expect(code(await vault.recover({ ...fresh, password: 'short', code: recoveryCode, totpSecret: totp(7) }))).toBe('PASSWORD_TOO_WEAK');
    value(await vault.unlockWithRecoveryCode(recoveryCode));
  });

  it('VLT-25 after a lost device key: a new one is made, and the others need a reset', async () => {
    const start = await open(made);
    const { keys } = value(await start.vault.unlock('ada.obi', PASSWORD));
    value(await start.vault.addUser(keys, { userId: BEN, login: 'ben', password: NEW_PASSWORD, totpSecret: totp(2) }));
    const lost = new Map(start.disk.files);
    lost.delete(path.join(FOLDER, 'device.key'));
    const { vault, disk } = await open(lost, 'recovering');
    value(await vault.recover({ ...fresh, code: recoveryCode, totpSecret: totp(7) }));
    expect(vault.users()).toMatchObject([{ userId: ADA, needsReset: false }, { userId: BEN, needsReset: true }]);
    expect(value(await vault.guard.load())).toEqual({ restarted: true });
    value(await (await open(disk.files)).vault.unlock('ada.obi', NEW_PASSWORD));
    expect(code(await (await open(disk.files)).vault.unlock('ben', NEW_PASSWORD))).toBe('CREDENTIALS_REFUSED');
  });

  it('VLT-26 a power cut at any point of a recovery leaves the old code good, or the new password and a trusted guard', async () => {
    const lost = new Map(made);
    for (const name of ['device.key', 'guard.json']) lost.delete(path.join(FOLDER, name));
    const { vault, disk } = await open(lost, 'cut');
    value(await vault.recover({ ...fresh, code: recoveryCode, totpSecret: totp(7) }));
    const before = JSON.stringify(bagOf(made).bag.users);
    for (const cut of powerCuts(lost, disk.steps)) {
      const after = await open(cut.files);
      const codeWorks = code(await after.vault.unlockWithRecoveryCode(recoveryCode)) === 'ok';
      const passwordChanged = JSON.stringify(bagOf(cut.files).bag.users) !== before;
      const guardTrusted = code(await after.vault.guard.load()) === 'ok';
      expect([cut.label, codeWorks, guardTrusted || codeWorks]).toEqual([cut.label, !passwordChanged, true]);
    }
    value(await (await open(disk.files)).vault.unlock('ada.obi', NEW_PASSWORD));
  });
});

/** Paths to every scalar of a JSON value. */
function leaves(json: unknown, at: readonly (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(json)) return json.flatMap((item, index) => leaves(item, [...at, index]));
  if (typeof json === 'object' && json !== null) return Object.entries(json).flatMap(([name, item]) => leaves(item, [...at, name]));
  return [[...at]];
}

/** Changes one scalar to another that the schema still takes. */
function bend(json: unknown, at: readonly (string | number)[]): void {
  const inner = (holder: unknown, name: string | number): unknown => (holder as Record<string, unknown>)[name];
  const holder = at.slice(0, -1).reduce(inner, json) as Record<string, unknown>;
  const last = at.at(-1)!;
  const old = holder[last];
  holder[last] = typeof old === 'number' ? old + 1 : String(old).startsWith('0') ? `1${String(old).slice(1)}` : `0${String(old).slice(1)}`;
}
