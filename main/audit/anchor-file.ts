import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../../shared/base/system-code.ts';
import type { AnchorPlace } from './anchor.ts';

/** The anchor as a file of the vault's folder, replaced whole: written beside, synced, renamed, the folder synced. */
export function fileAnchorPlace(path: string): AnchorPlace {
  return {
    read() {
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        if (systemCodeOf(error) === 'ENOENT') return null;
        throw error;
      }
    },
    write(text) {
      const beside = `${path}.new`;
      const file = openSync(beside, 'w', 0o600);
      try {
        writeSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(beside, path);
      syncFolder(dirname(path));
    },
  };
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder for syncing; NTFS journals the rename itself.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
