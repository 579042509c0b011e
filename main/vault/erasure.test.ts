import path from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryDisk, powerCuts, seededRandom, type Files } from '../../build/fixtures/memory-disk.ts';
import { testClock } from '../../build/fixtures/test-world.ts';
import { fromUtf8, utf8 } from '../../shared/base/bytes.ts';
import { UserId } from '../../shared/base/ids.ts';
import { refuse } from '../../shared/base/result.ts';
import { createFileKeystore } from './keystore-file.ts';
import { openVault, PASSWORD_COST_FLOOR, Secret, type Keystore, type Vault } from './vault.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FOLDER = '/clinic';
const PASSWORD = 'maple kettle orbit 41';
const NOTICE = { at: 1_790_000_000_000, by: 'Valley Clinics' };
const DATABASE = ['vault.db', 'vault.db-wal', 'anchor.json'];
const file = (name: string): string => path.join(FOLDER, name);
const administrator = () => ({ userId: UserId.parse('00000000000000a1'), login: 'ada.obi', password: PASSWORD, totpSecret: Secret.take(new Uint8Array(20).fill(1)) });

let opened = 0;

async function open(files: Files, keystore?: (own: Keystore) => Keystore): Promise<{ vault: Vault; disk: ReturnType<typeof memoryDisk> }> {
  const disk = memoryDisk(files);
  opened += 1;
  const own = createFileKeystore({ folder: FOLDER, disk });
  const vault = await openVault({ folder: FOLDER, disk, random: seededRandom(`erasure ${opened}`), clock: testClock(), keystore: keystore?.(own) ?? own, cost: PASSWORD_COST_FLOOR, companions: ['anchor.json'] });
  return { vault, disk };
}

let made: Files;
let recoveryCode: string;

beforeAll(async () => {
  const { vault, disk } = await open(new Map());
  const created = await vault.create({ administrator: administrator() });
  if (!created.ok) throw new Error(created.fault.code);
  ({ recoveryCode } = created.value);
  made = new Map([...disk.files, ...DATABASE.map((name): [string, Uint8Array] => [file(name), utf8('ciphertext')])]);
});

/** A vault somebody has signed in to, on a disk that notes what is done from here on. */
async function signedIn() {
  const { vault, disk } = await open(made);
  const unlocked = await vault.unlock('ada.obi', PASSWORD);
  if (!unlocked.ok) throw new Error(unlocked.fault.code);
  disk.steps.length = 0;
  return { vault, disk, keys: unlocked.value.keys };
}

/** Which of the two ways in still open a folder. */
async function waysInto(files: Files, keystore?: (own: Keystore) => Keystore): Promise<{ password: boolean; code: boolean; vault: Vault; files: Files }> {
  const { vault, disk } = await open(files, keystore);
  const [password, code] = [await vault.unlock('ada.obi', PASSWORD), await vault.unlockWithRecoveryCode(recoveryCode)];
  return { password: password.ok, code: code.ok, vault, files: disk.files };
}

describe('an erased vault', () => {
  it('VLT-40 opens by nothing, and nothing of it is left but who ordered it and when', async () => {
    const { vault, disk, keys } = await signedIn();
    expect(await vault.erase(keys, NOTICE)).toMatchObject({ ok: true });
    for (const name of ['keybag.json', 'guard.json', 'device.key']) expect(disk.files.has(file(name))).toBe(false);
    await vault.finishErasure();
    expect([...disk.files.keys()]).toEqual([file('erased.json')]);
    expect(vault.erased()).toEqual(NOTICE);
    expect(vault.state()).toBe('absent');
    const later = await waysInto(disk.files);
    expect(later).toMatchObject({ password: false, code: false });
    expect(later.vault.erased()).toEqual(NOTICE);
  });

  it('VLT-41 a power cut at any point leaves a vault that works whole or one that is dead whole', async () => {
    const { vault, disk, keys } = await signedIn();
    await vault.erase(keys, NOTICE);
    await vault.finishErasure();
    let [living, dead] = [0, 0];
    for (const cut of powerCuts(made, disk.steps)) {
      const ways = await waysInto(cut.files);
      expect([cut.label, ways.password]).toEqual([cut.label, ways.code]);
      if (ways.password) {
        living += 1;
        expect(ways.vault.erased()).toBeNull();
        for (const name of DATABASE) expect(ways.files.has(file(name))).toBe(true);
      } else {
        dead += 1;
        expect([cut.label, [...ways.files.keys()]]).toEqual([cut.label, [file('erased.json')]]);
      }
    }
    expect(living).toBeGreaterThan(1);
    expect(dead).toBeGreaterThan(8);
  });

  it('VLT-41 on a disk that takes nothing it is refused and lives; one that fails later is finished at the next look', async () => {
    for (let changes = 0; changes < 9; changes += 1) {
      const { vault, disk, keys } = await signedIn();
      disk.failAfter = changes;
      const outcome = await vault.erase(keys, NOTICE);
      await vault.finishErasure();
      disk.failAfter = Number.POSITIVE_INFINITY;
      const ways = await waysInto(disk.files);
      expect([changes, ways.password, ways.code]).toEqual([changes, !outcome.ok, !outcome.ok]);
    }
  });

  it('VLT-42 a planted marker, of another vault or under another key, does nothing', async () => {
    const { vault, disk, keys } = await signedIn();
    await vault.erase(keys, NOTICE);
    const genuine = disk.files.get(file('erased.json'))!;
    const other = await open(new Map());
    await other.vault.create({ administrator: administrator() });
    const marker = JSON.parse(fromUtf8(genuine)) as { notice: Record<string, unknown>; mac: string };
    const planted = [
      genuine.subarray(0, genuine.length / 2), utf8(''), utf8('{}'), utf8(JSON.stringify({ ...marker, mac: '00'.repeat(32) })),
      utf8(JSON.stringify({ ...marker, notice: { ...marker.notice, at: 5 } })), new Uint8Array(5000),
    ];
    for (const bytes of planted) {
      const ways = await waysInto(new Map([...made, [file('erased.json'), bytes]]));
      expect(ways).toMatchObject({ password: true, code: true });
      expect(ways.vault.erased()).toBeNull();
    }
    const inAnother = await open(new Map([...other.disk.files, [file('erased.json'), genuine]]));
    expect((await inAnother.vault.unlock('ada.obi', PASSWORD)).ok).toBe(true);
  });

  it('VLT-42 where the device key is lost a marker destroys nothing that the printed code still opens', async () => {
    const { disk, vault, keys } = await signedIn();
    await vault.erase(keys, NOTICE);
    const files = new Map([...made, [file('erased.json'), disk.files.get(file('erased.json'))!]]);
    files.delete(file('device.key'));
    expect(await waysInto(files)).toMatchObject({ password: false, code: true });
  });

  it('VLT-41 while the keystore does not answer, an erasure that was begun opens to nobody', async () => {
    const { vault, disk, keys } = await signedIn();
    await vault.erase(keys, NOTICE);
    const [beforeKeys] = powerCuts(made, disk.steps).filter(({ files }) => files.has(file('erased.json')) && files.has(file('keybag.json'))).slice(-1);
    const files = beforeKeys!.files;
    const silent = (own: Keystore): Keystore => ({ ...own, load: () => Promise.resolve(refuse('KEYSTORE_UNAVAILABLE')) });
    const ways = await waysInto(files, silent);
    expect(ways).toMatchObject({ password: false, code: false });
    expect(ways.files.has(file('vault.db'))).toBe(true);
    expect(await waysInto(ways.files)).toMatchObject({ password: false, code: false });
  });

  it('VLT-43 keys of another vault erase nothing', async () => {
    const { vault } = await signedIn();
    const other = await open(new Map());
    const created = await other.vault.create({ administrator: administrator() });
    if (!created.ok) throw new Error(created.fault.code);
    expect(await vault.erase(created.value.keys, NOTICE)).toMatchObject({ ok: false, fault: { code: 'VAULT_DAMAGED' } });
    expect((await vault.unlock('ada.obi', PASSWORD)).ok).toBe(true);
  });

  it('VLT-40 the machine can be set up anew, and the notice is then gone', async () => {
    const { vault, keys } = await signedIn();
    await vault.erase(keys, NOTICE);
    await vault.finishErasure();
    expect((await vault.create({ administrator: administrator() })).ok).toBe(true);
    expect(vault.erased()).toBeNull();
    expect((await vault.unlock('ada.obi', PASSWORD)).ok).toBe(true);
    expect((await vault.unlockWithRecoveryCode(recoveryCode)).ok).toBe(false);
  });
});
