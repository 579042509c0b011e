import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../shared/base/system-code.ts';
import type { LogSink } from './log.ts';

export const LOG_FILE_MAX_BYTES = 1024 * 1024;
/** The one being written and those before it. */
export const LOG_FILES_KEPT = 4;

/**
 * Writes lines to `outpost.log` in `folder` and moves it aside to `outpost.1.log` and on, so that a log never grows
 * past `LOG_FILES_KEPT * LOG_FILE_MAX_BYTES`. Readable by the user alone. Lines that the disk refuses are counted, and
 * the next line that gets through says how many were lost.
 */
export function logFile(folder: string): LogSink {
  let dropped = 0;
  let open: { readonly descriptor: number; bytes: number } | null = null;

  const append = (text: string): void => {
    if (open !== null && open.bytes + Buffer.byteLength(text) > LOG_FILE_MAX_BYTES) {
      closeSync(open.descriptor);
      open = null;
      rotate(folder);
    }
    if (open === null) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const descriptor = openSync(nameOf(folder, 0), 'a', 0o600);
      open = { descriptor, bytes: fstatSync(descriptor).size };
    }
    open.bytes += writeSync(open.descriptor, text);
  };

  return (line) => {
    const lost = dropped > 0 ? `${JSON.stringify({ level: 'warn', event: 'log.lines-dropped', dropped })}\n` : '';
    try {
      append(`${lost}${line}\n`);
      dropped = 0;
    } catch {
      // A full or vanished disk must not stop clinical work; the loss itself is what gets reported.
      dropped += 1;
    }
  };
}

function nameOf(folder: string, age: number): string {
  return join(folder, age === 0 ? 'outpost.log' : `outpost.${age}.log`);
}

function rotate(folder: string): void {
  rmSync(nameOf(folder, LOG_FILES_KEPT - 1), { force: true });
  for (let age = LOG_FILES_KEPT - 2; age >= 0; age -= 1) {
    try {
      renameSync(nameOf(folder, age), nameOf(folder, age + 1));
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
  }
}
