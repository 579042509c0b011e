import { describe, expect, it } from 'vitest';
import { toHex } from '../../shared/base/bytes.ts';
import { readDictionary, writeDictionary } from '../../shared/codec/dictionary.ts';
import { sha256 } from '../../main/ledger/ledger.ts';
import { dictionarySamples } from '../fixtures/dictionary-samples.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';
import { dictionaryModule } from './train-dictionary.ts';

const SMALL = { seed: 3, visits: 3, sessions: 1, patients: 12, notes: 'phrases' } as const;

function trained(): Uint8Array {
  const folder = temporaryFolder();
  try {
    return writeDictionary(sha256, dictionarySamples(folder.path, SMALL));
  } finally {
    folder.remove();
  }
}

describe('training a dictionary', () => {
  it('SYN-64 gives the same bytes every time, whatever keys the workstation drew', () => {
    expect(toHex(trained())).toBe(toHex(trained()));
  });

  it('SYN-64 covers every lane, and the module gives back what was trained', () => {
    const bytes = trained();
    expect(readDictionary(sha256, bytes).samples.length).toBeGreaterThanOrEqual(2);
    const lines = [...dictionaryModule(bytes).matchAll(/^ {2}'([A-Za-z0-9+/=]+)',$/gm)].map(([, line]) => line).join('');
    expect(Buffer.from(lines, 'base64').equals(bytes)).toBe(true);
  });
});
