import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A file to be imported: where it is, the name it is reported by, and its size in bytes as far as it is known. */
export type SourceFile = { readonly path: string; readonly name: string; readonly bytes: number };

/** Where an import by path gets its files from. Both methods reject when the disk refuses. */
export interface FileSource {
  /** The file at the path, or every file of the folder and the folders below it, in the order of `importOrder`. */
  list(path: string): Promise<readonly SourceFile[]>;
  /** The bytes of the file in order. A piece may be overwritten once the next is asked for. */
  open(path: string): AsyncIterable<Uint8Array>;
}

const READ_CHUNK_BYTES = 256 * 1024;

/** Folders of bulk exports name a file by the type it holds: whom and when first, then what refers to them. */
const RANK_BY_NAME: readonly RegExp[] = [/^Patient\b/i, /^Encounter\b/i];

/** Patients first, then encounters, then everything else; within each by name, so that a run can be repeated. */
export function importOrder(left: { readonly name: string; readonly path: string }, right: { readonly name: string; readonly path: string }): number {
  return rankOf(left.name) - rankOf(right.name) || compareText(left.path, right.path);
}

function rankOf(name: string): number {
  const rank = RANK_BY_NAME.findIndex((pattern) => pattern.test(name));
  return rank < 0 ? RANK_BY_NAME.length : rank;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Files of this machine. Of a folder, hidden files and whatever is no regular file (links too, which could lead round
 * in circles) are left aside; a path that is named itself is followed.
 */
export function createDiskSource(): FileSource {
  return {
    async list(path) {
      const facts = await stat(path);
      if (facts.isFile()) return [{ path, name: basename(path), bytes: facts.size }];
      // A pipe or a device may never end.
      if (!facts.isDirectory()) throw Object.assign(new Error('neither a file nor a folder'), { code: 'NOT_A_FILE' });
      return (await filesBelow(path)).sort(importOrder);
    },
    open: (path) => createReadStream(path, { highWaterMark: READ_CHUNK_BYTES }),
  };
}

async function filesBelow(folder: string): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile()) found.push({ path, name: entry.name, bytes: (await stat(path)).size });
  }
  return found;
}
