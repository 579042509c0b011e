import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { refuse, type Fault } from '../../shared/base/result.ts';
import { systemCodeOf } from '../../shared/base/system-code.ts';

export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;
const MODE_BITS = 0o777;
const TEMPORARY_SUFFIX = '.new';

/**
 * The few things the vault does to a disk, so that full disks, torn writes and power cuts can be rehearsed.
 * Every method rejects with an error whose `code` is the operating system's (`ENOSPC`, `EACCES`, …).
 */
export interface Disk {
  /** The whole file, or null where there is none. */
  read(file: string): Promise<Uint8Array | null>;
  /** Makes the file anew with mode 0600 and returns once its bytes are on the medium. Fails where it exists. */
  writeNew(file: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Returns once renames and removals within the folder are on the medium. */
  syncFolder(folder: string): Promise<void>;
  /** Does nothing where there is no such file. */
  remove(file: string): Promise<void>;
  /** Makes the folder, and those above it, with mode 0700; tightens it where it exists. */
  makeFolder(folder: string): Promise<void>;
  /** Permission bits and kind; null where there is nothing. */
  stat(file: string): Promise<{ readonly mode: number; readonly regular: boolean } | null>;
}

const WINDOWS = process.platform === 'win32';

async function nullWhereAbsent<Value>(work: Promise<Value>): Promise<Value | null> {
  try {
    return await work;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The disk of this machine. */
export const nodeDisk: Disk = {
  read: async (file) => nullWhereAbsent(readFile(file)),
  writeNew: async (file, bytes) => {
    const handle = await open(file, 'wx', FILE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  syncFolder: async (folder) => {
    // Windows cannot open a folder for syncing; NTFS journals the rename itself.
    if (WINDOWS) return;
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  remove: async (file) => rm(file, { force: true }),
  makeFolder: async (folder) => {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await chmod(folder, FOLDER_MODE);
  },
  stat: async (file) => {
    const found = await nullWhereAbsent(stat(file));
    return found === null ? null : { mode: found.mode & MODE_BITS, regular: found.isFile() };
  },
};

/**
 * Puts new content in the place of a file so that a power cut leaves the old content or the new, never a mixture:
 * a new file beside it, synced, renamed over it, the folder synced. A leftover of an earlier cut is replaced unread.
 */
export async function replaceFile(disk: Disk, file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}${TEMPORARY_SUFFIX}`;
  await disk.remove(temporary);
  await disk.writeNew(temporary, bytes);
  await disk.rename(temporary, file);
  await disk.syncFolder(path.dirname(file));
}

export type DiskFault = 'DISK_FULL' | 'READ_ONLY';

const DISK_FAULTS: Readonly<Record<string, DiskFault>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EROFS: 'READ_ONLY',
  EACCES: 'READ_ONLY',
  EPERM: 'READ_ONLY',
};

/** The operating system's name of what went wrong, such as `ENOSPC`; throws on what is no error of the system. */
export function errnoOf(error: unknown): string {
  const code = systemCodeOf(error);
  if (code === null) throw error;
  return code;
}

/** Turns what a user can act on (a full or read-only disk) into a fault; anything else is thrown on. */
export function diskFault(error: unknown): { readonly ok: false; readonly fault: Fault<DiskFault> } {
  const errno = errnoOf(error);
  const fault = DISK_FAULTS[errno];
  if (fault === undefined) throw error;
  return refuse(fault, { errno });
}
