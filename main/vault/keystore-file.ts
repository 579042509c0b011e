import path from 'node:path';
import { fromHex, fromUtf8, toHex, utf8 } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { errnoOf, FILE_MODE, replaceFile, type Disk } from './disk.ts';
import type { Keystore, KeystoreFault } from './keystore.ts';
import { KEY_BYTES } from './primitives.ts';
import { Secret } from './secret.ts';

export const DEVICE_KEY_FILE = 'device.key';
const WINDOWS = process.platform === 'win32';
const GROUP_AND_OTHERS = 0o077;
const LINE = new RegExp(`^[0-9a-f]{${KEY_BYTES * 2}}\\n$`);

function readLine(bytes: Uint8Array): Secret | null {
  if (bytes.length !== KEY_BYTES * 2 + 1) return null;
  try {
    const line = fromUtf8(bytes);
    return LINE.test(line) ? Secret.take(fromHex(line.slice(0, -1))) : null;
  } catch {
    // Not UTF-8, so not a key; the caller says so.
    return null;
  }
}

/**
 * Development level: the device key as a hexadecimal line in a file with mode 0600. It keeps other users of the machine
 * out and nobody who has the disk. A file that others may read counts as no keystore (its key may be known).
 */
export function createFileKeystore({ folder, disk }: { readonly folder: string; readonly disk: Disk }): Keystore {
  const file = path.join(folder, DEVICE_KEY_FILE);

  const load = async (): Promise<Result<Secret | null, KeystoreFault>> => {
    const found = await disk.stat(file);
    if (found === null) return ok(null);
    if (!found.regular) return refuse('KEYSTORE_UNAVAILABLE', { rule: 'not-a-file' });
    if (!WINDOWS && (found.mode & GROUP_AND_OTHERS) !== 0) return refuse('KEYSTORE_UNAVAILABLE', { rule: 'mode', mode: found.mode.toString(8), wanted: FILE_MODE.toString(8) });
    const bytes = await disk.read(file);
    if (bytes === null) return ok(null);
    const key = readLine(bytes);
    bytes.fill(0);
    return key === null ? refuse('KEYSTORE_CHANGED', { rule: 'format' }) : ok(key);
  };

  return {
    level: 'development',
    backend: 'file',
    load: async () => {
      try {
        return await load();
      } catch (error) {
        return refuse('KEYSTORE_UNAVAILABLE', { rule: errnoOf(error) });
      }
    },
    store: async (deviceKey) => {
      const line = deviceKey.use((bytes) => utf8(`${toHex(bytes)}\n`));
      try {
        await replaceFile(disk, file, line);
        return ok(undefined);
      } catch (error) {
        return refuse('KEYSTORE_UNAVAILABLE', { rule: errnoOf(error) });
      } finally {
        line.fill(0);
      }
    },
    destroy: async () => {
      // No overwriting first: journals and flash keep the old block anyway, and the claim would be false.
      await disk.remove(file);
      await disk.syncFolder(folder);
    },
  };
}
