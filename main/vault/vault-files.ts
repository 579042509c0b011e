import path from 'node:path';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import { diskFault, errnoOf, replaceFile, type Disk, type DiskFault } from './disk.ts';
import { makeErasure, type Erased } from './erasure.ts';
import { parseGuard, renderGuard, type OpenGuard } from './guard-file.ts';
import { deviceKeyId, isVouchedByDevice, parseKeybag, renderKeybag, vouch, withGuardEpoch, type Keybag, type KeybagFile } from './keybag.ts';
import type { Keystore, KeystoreFault } from './keystore.ts';
import type { PasswordCost } from './password-key.ts';
import type { Secret } from './secret.ts';

export const KEYBAG_FILE = 'keybag.json';
export const GUARD_FILE = 'guard.json';
export const DATABASE_FILE = 'vault.db';
const DATABASE_FILES: readonly string[] = [`${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`, `${DATABASE_FILE}-journal`, DATABASE_FILE];
const BESIDE = '.new';

export type VaultState = 'absent' | 'present' | 'damaged';
export type BagFault = 'VAULT_DAMAGED' | 'VAULT_FROM_FUTURE';
export type OpenFault = KeystoreFault | BagFault;

/** A key bag this device vouches for, and the device key. */
export type OpenedBag = { readonly file: KeybagFile; readonly deviceKey: Secret };

export interface VaultFiles {
  state(): VaultState;
  /** What the last reading found, genuine or not. For the lock screen. */
  lastRead(): KeybagFile | null;
  /** What became of this folder's vault; null where it lives or never was. */
  erased(): Erased | null;
  /** The point of no return: key bag and device key are destroyed. The database goes at the next reading. */
  erase(opened: OpenedBag, notice: Erased): Promise<Result<void, DiskFault>>;
  /** Reads the key bag without asking who vouches for it. What an erasure left undone is done first. */
  readBag(): Promise<Result<KeybagFile, BagFault>>;
  /**
   * Reads key bag and device key, checks that they belong together and that neither file was put back, and does the
   * job with them. The device key is destroyed when the job is over.
   */
  withDevice<Value, Code extends string>(job: (opened: OpenedBag) => Promise<Result<Value, Code>>): Promise<Result<Value, Code | OpenFault>>;
  readGuard(opened: OpenedBag): Promise<Result<OpenGuard, 'GUARD_UNTRUSTED'>>;
  /** Writes the guard with a newer epoch, then its mirror in the key bag. Returns once both are on the medium. */
  writeGuard(opened: OpenedBag, payload: unknown): Promise<Result<void, DiskFault>>;
  /** Begins a guard anew where the old one cannot be trusted, ahead of the key bag that will belong to it. */
  restartGuard(bag: Keybag, deviceKey: Secret, payload: unknown): Promise<Result<void, DiskFault>>;
  /** The first guard and the first key bag, in this order: a key bag without its guard counts as attacked. */
  createBag(bag: Keybag, master: Secret, deviceKey: Secret): Promise<Result<void, DiskFault>>;
  /** Puts a changed key bag in the place of the old one. */
  commitBag(bag: Keybag, master: Secret, deviceKey: Secret): Promise<Result<void, DiskFault>>;
}

export type VaultParts = {
  readonly folder: string;
  readonly disk: Disk;
  readonly random: Random;
  readonly clock: Clock;
  readonly keystore: Keystore;
  /** What passwords cost; measured on this machine when the vault is made, unless given. Never below the floor. */
  readonly cost?: PasswordCost;
  /** Names of files in the folder that belong to the vault and go when it is erased, besides its own. */
  readonly companions?: readonly string[];
};

export async function openVaultFiles({ folder, disk, random, keystore, companions = [] }: VaultParts): Promise<VaultFiles> {
  const keybagFile = path.join(folder, KEYBAG_FILE);
  const guardFile = path.join(folder, GUARD_FILE);
  let last: KeybagFile | null = null;
  let state: VaultState = 'absent';
  const erasure = makeErasure({
    folder, disk, keystore,
    keyFiles: [KEYBAG_FILE, `${KEYBAG_FILE}${BESIDE}`, GUARD_FILE, `${GUARD_FILE}${BESIDE}`],
    dataFiles: [...DATABASE_FILES, ...companions],
  });
  const vaultIdOf = (bytes: Uint8Array): string | null => {
    const parsed = parseKeybag(bytes);
    return parsed.ok ? parsed.value.bag.vaultId : null;
  };

  const read = async (file: string): Promise<Result<Uint8Array | null, 'UNREADABLE'>> => {
    try {
      return ok(await disk.read(file));
    } catch (error) {
      // Whatever the reason (rights, a dying disk, a folder of that name), the answer is that there is nothing to trust.
      return refuse('UNREADABLE', { errno: errnoOf(error) });
    }
  };

  const readBag = async (): Promise<Result<KeybagFile, BagFault>> => {
    last = null;
    state = 'damaged';
    const found = await read(keybagFile);
    if (!found.ok) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'unreadable', ...found.fault.detail });
    const erased = await erasure.settle(found.value, vaultIdOf);
    if (erased === 'undecided') return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'being-erased' });
    const bytes = erased === 'erased' ? null : found.value;
    if (bytes === null) {
      // A database without keys is a lost key bag, not a new machine.
      state = (await disk.stat(path.join(folder, DATABASE_FILE))) === null ? 'absent' : 'damaged';
      return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'absent' });
    }
    const parsed = parseKeybag(bytes);
    state = parsed.ok ? 'present' : 'damaged';
    if (parsed.ok) last = parsed.value;
    return parsed;
  };

  const readGuardWith = async (bag: Keybag, deviceKey: Secret): Promise<Result<OpenGuard, 'GUARD_UNTRUSTED'>> => {
    const found = await read(guardFile);
    if (!found.ok) return refuse('GUARD_UNTRUSTED', { rule: 'unreadable', ...found.fault.detail });
    if (found.value === null) return refuse('GUARD_UNTRUSTED', { rule: 'absent' });
    const guard = parseGuard(found.value, bag.vaultId, deviceKey);
    if (guard.ok && guard.value.epoch < bag.guardEpoch) return refuse('GUARD_UNTRUSTED', { rule: 'put-back' });
    return guard;
  };

  const check = async (file: KeybagFile, deviceKey: Secret): Promise<Result<void, OpenFault>> => {
    if (deviceKeyId(deviceKey) !== file.bag.deviceKeyId) return refuse('KEYSTORE_CHANGED', { rule: 'device-key' });
    if (!isVouchedByDevice(file, deviceKey)) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'device-mac' });
    const guard = await readGuardWith(file.bag, deviceKey);
    if (guard.ok && file.bag.epoch < guard.value.bagEpoch) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'put-back' });
    return ok(undefined);
  };

  const withDevice: VaultFiles['withDevice'] = async (job) => {
    const file = await readBag();
    if (!file.ok) return file;
    const deviceKey = await keystore.load();
    if (!deviceKey.ok) return deviceKey;
    if (deviceKey.value === null) return refuse('KEYSTORE_UNAVAILABLE', { rule: 'no-device-key' });
    try {
      const checked = await check(file.value, deviceKey.value);
      return checked.ok ? await job({ file: file.value, deviceKey: deviceKey.value }) : checked;
    } finally {
      deviceKey.value.destroy();
    }
  };

  const attempt = async (write: () => Promise<void>): Promise<Result<void, DiskFault>> => {
    try {
      await write();
      return ok(undefined);
    } catch (error) {
      return diskFault(error);
    }
  };

  const writeBag = async (file: KeybagFile): Promise<void> => {
    await replaceFile(disk, keybagFile, renderKeybag(file));
    last = file;
    state = 'present';
  };

  const nextGuardEpoch = (bag: Keybag, guard: Result<OpenGuard, 'GUARD_UNTRUSTED'>): number => Math.max(bag.guardEpoch, guard.ok ? guard.value.epoch : 0) + 1;

  await readBag();
  return {
    state: () => state,
    lastRead: () => last,
    erased: erasure.lastRead,
    erase: async ({ file, deviceKey }, notice) => {
      const begun = await erasure.begin({ ...notice, vaultId: file.bag.vaultId }, deviceKey);
      if (!begun.ok) return begun;
      last = null;
      state = 'damaged';
      return begun;
    },
    readBag,
    withDevice,
    readGuard: async ({ file, deviceKey }) => readGuardWith(file.bag, deviceKey),
    writeGuard: async ({ file, deviceKey }, payload) => {
      const epoch = nextGuardEpoch(file.bag, await readGuardWith(file.bag, deviceKey));
      const bytes = renderGuard(file.bag.vaultId, { epoch, bagEpoch: file.bag.epoch, payload }, deviceKey, random);
      // The guard first: a cut between the two leaves a guard that is ahead of its mirror, which is no fault.
      return attempt(async () => {
        await replaceFile(disk, guardFile, bytes);
        await writeBag(withGuardEpoch(file, epoch, deviceKey));
      });
    },
    restartGuard: async (bag, deviceKey, payload) => {
      const guard = await readGuardWith(bag, deviceKey);
      if (guard.ok) return ok(undefined);
      const bytes = renderGuard(bag.vaultId, { epoch: bag.guardEpoch + 1, bagEpoch: bag.epoch, payload }, deviceKey, random);
      return attempt(async () => replaceFile(disk, guardFile, bytes));
    },
    createBag: async (bag, master, deviceKey) =>
      attempt(async () => {
        await replaceFile(disk, guardFile, renderGuard(bag.vaultId, { epoch: bag.guardEpoch, bagEpoch: bag.epoch, payload: null }, deviceKey, random));
        await writeBag(vouch(bag, master, deviceKey));
        await erasure.forget();
      }),
    commitBag: async (bag, master, deviceKey) => {
      const next = { ...bag, epoch: bag.epoch + 1 };
      const guard = await readGuardWith(bag, deviceKey);
      const written = await attempt(async () => writeBag(vouch(next, master, deviceKey)));
      if (!written.ok || !guard.ok) return written;
      // From here the change is in force. If the guard cannot note it now (the disk is full), its next writing does.
      const noted = renderGuard(bag.vaultId, { ...guard.value, epoch: guard.value.epoch + 1, bagEpoch: next.epoch }, deviceKey, random);
      await attempt(async () => replaceFile(disk, guardFile, noted));
      return written;
    },
  };
}
