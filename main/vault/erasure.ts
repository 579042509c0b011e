import path from 'node:path';
import { z } from 'zod';
import { equalBytes, fromHex, fromUtf8, toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { diskFault, errnoOf, replaceFile, type Disk, type DiskFault } from './disk.ts';
import { VaultId } from './keybag.ts';
import type { Keystore } from './keystore.ts';
import { canonicalBytes, deriveKey, hexBytes, hmacSha256, KEY_BYTES } from './primitives.ts';
import type { Secret } from './secret.ts';

/**
 * Crypto-erase (45 CFR 164.310(d)(2)(i)): key bag and device key are destroyed, then what they opened. `erased.json` is
 * the point of no return: once it is on the medium the vault is dead, and whatever a power cut left undone is done at
 * the next look at the folder, before anything else. It stays afterwards, to tell people what happened here. It is
 * authenticated under the device key, so that a planted one does nothing.
 */
const FILE = 'erased.json';
const FILE_MAX_BYTES = 4096;
const NAME_MAX_CHARACTERS = 200;

const Notice = z.strictObject({
  format: z.literal('outpost-erased/1'),
  vaultId: VaultId,
  /** Epoch milliseconds. */
  at: z.int(),
  /** Who ordered it. */
  by: z.string().max(NAME_MAX_CHARACTERS),
});
const Marker = z.strictObject({ notice: Notice, mac: hexBytes(KEY_BYTES) });
type Marker = z.infer<typeof Marker>;
export type Erased = Pick<z.infer<typeof Notice>, 'at' | 'by'>;

/** `undecided`: there is a marker, and the keystore that could tell whether it is genuine does not answer. */
export type ErasureState = 'none' | 'erased' | 'undecided';

export interface Erasure {
  /** Finishes an erasure that was begun. `vaultIdOf` reads the key bag that is there, if any. */
  settle(keybag: Uint8Array | null, vaultIdOf: (keybag: Uint8Array) => string | null): Promise<ErasureState>;
  /** Destroys the keys. After a refusal nothing has changed; otherwise the vault is dead, whatever else could be done by now. */
  begin(notice: Erased & { readonly vaultId: VaultId }, deviceKey: Secret): Promise<Result<void, DiskFault>>;
  /** What the last reading found. */
  lastRead(): Erased | null;
  /** A new vault was made in the place of the old one. */
  forget(): Promise<void>;
}

type ErasureParts = {
  readonly folder: string;
  readonly disk: Disk;
  readonly keystore: Keystore;
  /** Names of the files that nothing opens without this key bag, in the order in which they go. */
  readonly keyFiles: readonly string[];
  readonly dataFiles: readonly string[];
};

function macOf(notice: Marker['notice'], deviceKey: Secret): Uint8Array {
  return hmacSha256(deviceKey.use((bytes) => deriveKey(bytes, 'outpost/erased/v1', fromHex(notice.vaultId))), canonicalBytes(notice));
}

export function makeErasure({ folder, disk, keystore, keyFiles, dataFiles }: ErasureParts): Erasure {
  const file = path.join(folder, FILE);
  let last: Erased | null = null;

  const readMarker = async (): Promise<Marker | null> => {
    try {
      const bytes = await disk.read(file);
      return bytes === null || bytes.length > FILE_MAX_BYTES ? null : (Marker.safeParse(JSON.parse(fromUtf8(bytes))).data ?? null);
    } catch {
      // What does not read is no marker; the vault decides for itself whether it is whole.
      return null;
    }
  };

  const removeAll = async (names: readonly string[]): Promise<void> => {
    for (const name of names) await disk.remove(path.join(folder, name));
    await disk.syncFolder(folder);
  };

  /** The key bag goes first: without it nothing here opens, by password, by printed code, or with the device key. */
  const destroyKeys = async (): Promise<void> => {
    await removeAll(keyFiles);
    await keystore.destroy();
  };

  const asFarAsPossible = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // A disk that fails now is asked again at the next look; the marker stands.
      errnoOf(error);
    }
  };

  /** Whether the marker was made here: by its authenticator, or because what could have checked it is destroyed already. */
  const judge = async (marker: Marker, keybag: Uint8Array | null, vaultIdOf: (keybag: Uint8Array) => string | null): Promise<ErasureState> => {
    const deviceKey = await keystore.load();
    if (!deviceKey.ok) return deviceKey.fault.code === 'KEYSTORE_UNAVAILABLE' ? 'undecided' : 'none';
    if (deviceKey.value === null) return keybag === null ? 'erased' : 'none';
    const genuine = equalBytes(macOf(marker.notice, deviceKey.value), fromHex(marker.mac)) && (keybag === null || vaultIdOf(keybag) === marker.notice.vaultId);
    deviceKey.value.destroy();
    return genuine ? 'erased' : 'none';
  };

  return {
    lastRead: () => last,
    async settle(keybag, vaultIdOf) {
      last = null;
      const marker = await readMarker();
      if (marker === null) return 'none';
      const state = await judge(marker, keybag, vaultIdOf);
      if (state !== 'erased') return state;
      last = { at: marker.notice.at, by: marker.notice.by };
      await asFarAsPossible(async () => {
        await destroyKeys();
        await removeAll(dataFiles);
      });
      return state;
    },
    async begin({ vaultId, at, by }, deviceKey) {
      const notice = { format: 'outpost-erased/1', vaultId, at, by: by.slice(0, NAME_MAX_CHARACTERS) } as const;
      try {
        await replaceFile(disk, file, canonicalBytes({ notice, mac: toHex(macOf(notice, deviceKey)) }));
      } catch (error) {
        const { fault } = diskFault(error);
        // Written and not known to be durable: it stands at the next look, so it stands now.
        if ((await readMarker()) === null) return refuse(fault.code, fault.detail);
      }
      last = { at, by: notice.by };
      await asFarAsPossible(destroyKeys);
      return ok(undefined);
    },
    async forget() {
      await disk.remove(file);
      last = null;
    },
  };
}
