import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../main/ledger/ledger.ts';
import { toBase64 } from '../../shared/base/base64.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { readDictionary, writeDictionary } from '../../shared/codec/dictionary.ts';
import { dictionarySamples } from '../fixtures/dictionary-samples.ts';

/**
 * Makes the dictionary of sync: `node build/scripts/train-dictionary.ts FILE`. A dictionary that has been released never
 * changes, since both sides of the line must hold the same one: train the next under the next number, as another codec.
 */
const LINE_CHARACTERS = 140;

export function dictionaryModule(bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  return [
    "import { fromBase64 } from '../base/base64.ts';",
    '',
    '/** Dictionary 1 of codec 2, made by build/scripts/train-dictionary.ts and sealed by a test: never changed once released. */',
    'const BASE64 = [',
    ...lines.map((line) => `  '${line}',`),
    '];',
    '',
    'export function dictionary1(): Uint8Array {',
    "  const bytes = fromBase64(BASE64.join(''));",
    "  if (bytes === null) throw new Error('broken assumption: the dictionary is base64');",
    '  return bytes;',
    '}',
    '',
  ].join('\n');
}

export function train(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-dictionary-'));
  try {
    return writeDictionary(sha256, dictionarySamples(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  const bytes = train();
  const { samples, words } = readDictionary(sha256, bytes);
  if (file !== undefined) writeFileSync(file, dictionaryModule(bytes));
  console.log(`${bytes.length} bytes of ${samples.flat().length} entries, ${words?.length ?? 0} bytes of text, SHA-256 ${toHex(sha256(bytes))}`);
}
