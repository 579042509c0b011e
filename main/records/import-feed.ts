import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { StoreFault } from '../store/store.ts';
import type { FileFault } from './import-faults.ts';
import type { ImportRun } from './import-run.ts';
import { importOrder, type FileSource, type SourceFile } from './import-source.ts';

/** Where the bytes of an import come from: the window, piece by piece, or a source that is read. */

/** Bytes that the window sends for one of the files it named. */
export async function feedWindow(run: ImportRun, file: number, bytes: Uint8Array, last: boolean): Promise<Result<null, 'CANCELLED' | 'NOT_FOUND' | StoreFault>> {
  if (run.cancelled) return refuse('CANCELLED');
  if (run.over || file < run.current || file >= run.files) return refuse('NOT_FOUND', { file });
  while (run.current < file) {
    const skipped = await run.endFile();
    if (!skipped.ok) return skipped;
  }
  const fed = await run.feed(bytes);
  if (!fed.ok || !last) return fed;
  return run.endFile();
}

/** The files of all paths in the order of import, each once. */
export async function listAll(source: FileSource, paths: readonly string[]): Promise<Result<readonly SourceFile[], 'FILE_UNREADABLE'>> {
  const files = new Map<string, SourceFile>();
  for (const path of paths) {
    try {
      for (const file of await source.list(path)) files.set(file.path, file);
    } catch (error) {
      return refuse('FILE_UNREADABLE', { code: systemCode(error) });
    }
  }
  return ok([...files.values()].sort(importOrder));
}

/** Reads the files one after the other, to the end of each or to its first fault. */
export async function feedFromSource(run: ImportRun, source: FileSource, files: readonly SourceFile[]): Promise<void> {
  for (const { path } of files) {
    const fault = await feedFile(run, source, path);
    const ended = await run.endFile(fault);
    if (!ended.ok || run.over) return;
  }
  // A folder without files is an import all the same.
  if (files.length === 0) await run.finishEmpty();
}

/** The fault that kept the file from being read to its end; null where nothing did. */
async function feedFile(run: ImportRun, source: FileSource, path: string): Promise<FileFault | null> {
  const chunks = source.open(path)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextChunk(chunks);
      if (!next.ok) return { code: 'FILE_UNREADABLE', where: String(next.fault.detail?.['code'] ?? '') };
      if (next.value === null) return null;
      const fed = await run.feed(next.value);
      if (!fed.ok || run.refused) return null;
    }
  } finally {
    await chunks.return?.();
  }
}

async function nextChunk(chunks: AsyncIterator<Uint8Array>): Promise<Result<Uint8Array | null, 'FILE_UNREADABLE'>> {
  try {
    const next = await chunks.next();
    return ok(next.done === true ? null : next.value);
  } catch (error) {
    return refuse('FILE_UNREADABLE', { code: systemCode(error) });
  }
}
