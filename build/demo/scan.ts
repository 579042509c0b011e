import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Looks for names and words of patients in every byte of every file, as UTF-8 and as UTF-16. */
export type Scan = { readonly files: number; readonly bytes: number; readonly needles: number; readonly hits: readonly { readonly file: string; readonly needle: number }[] };

/** Shorter names occur in any large file by chance. */
const NEEDLE_MIN_BYTES = 6;

export function scanFolders(folders: readonly string[], words: readonly string[]): Scan {
  const needles = [...new Set(words)].filter((word) => Buffer.byteLength(word) >= NEEDLE_MIN_BYTES).map((word) => [Buffer.from(word), Buffer.from(word, 'utf16le')]);
  const hits: { file: string; needle: number }[] = [];
  let files = 0;
  let bytes = 0;
  for (const file of folders.flatMap(filesIn)) {
    const content = readFileSync(file);
    files += 1;
    bytes += content.length;
    for (const [index, encodings] of needles.entries()) if (encodings.some((needle) => content.includes(needle))) hits.push({ file, needle: index });
  }
  return { files, bytes, needles: needles.length, hits };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return [];
    return facts.isDirectory() ? filesIn(path) : facts.isFile() ? [path] : [];
  });
}
