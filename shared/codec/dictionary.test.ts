import { describe, expect, it } from 'vitest';
import { makePopulation } from '../../build/fixtures/population.ts';
import { sha256 } from '../../build/sim/model-world.ts';
import { fromUtf8, toHex } from '../base/bytes.ts';
import { Header } from '../ledger/entry.ts';
import { readDictionary, writeDictionary, type SampleRun } from './dictionary.ts';
import { dictionary1 } from './dictionary-1.ts';

const bytes = dictionary1();
const { samples, words } = readDictionary(sha256, bytes);
const entries = samples.flat();
const bodies = entries.flatMap(({ body }) => (body === null ? [] : [fromUtf8(body)]));
/** Everything it says, in words. */
const told = [fromUtf8(words!), ...bodies].join('\n');

/** Every string of every body, with the names it stands under. */
function* strings(value: unknown, path: string): Generator<readonly [path: string, text: string]> {
  if (typeof value === 'string') yield [path, value];
  else if (Array.isArray(value)) for (const item of value) yield* strings(item, path);
  else if (typeof value === 'object' && value !== null) for (const [name, item] of Object.entries(value)) yield* strings(item, `${path}.${name}`);
}

describe('the dictionary', () => {
  it('SYN-64 is the one that was released: both sides of a line hold the same', () => {
    expect(toHex(sha256(bytes))).toBe('6f7c521fb43c8e84a86af89b16db7bdbdb999172bcced7db5b6f5b536246609f');
    expect(bytes.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('SYN-64 holds what it says it holds: writing its entries again gives the same bytes', () => {
    const runs = samples.map((run): SampleRun => {
      const [first] = run;
      if (first === undefined) throw new Error('an empty run');
      return { segment: Header.parse(JSON.parse(first.headerText)).segment, entries: run, seed: seedOf(run) };
    });
    expect(runs.length).toBeGreaterThan(3);
    // The salts are derived from a seed that only the writer needs; any other gives the same entries with their salts beside them.
    const again = readDictionary(sha256, writeDictionary(sha256, runs));
    expect(again.samples.flat().map(({ headerText, body }) => [headerText, body === null ? null : toHex(body)])).toEqual(entries.map(({ headerText, body }) => [headerText, body === null ? null : toHex(body)]));
  });

  it('SYN-64 names nobody: no name, number, address or birth date of its own made-up people or of any others', () => {
    const found = new Set<string>();
    const wordsTold = new Set(told.split(/[^\p{L}'’-]+/u));
    for (const seed of [1, 2, 3, 20_261_122]) {
      for (const { patients, resources } of makePopulation({ seed, patients: 300, resources: 1 })) {
        const identifying = patients.flatMap(({ name, birthText }) => [...name.given.flatMap(({ native, latin }) => [`${native} ${name.family.native}`, `${latin} ${name.family.latin}`]), ...(birthText !== null && birthText.length > 7 ? [birthText] : [])]);
        for (const resource of resources) for (const [path, text] of strings(resource, '')) if (/\.(?:telecom|address|identifier)\b.*\.(?:value|line)$/.test(path)) identifying.push(text);
        for (const text of identifying) if (told.includes(text)) found.add(text);
        for (const { name } of patients) for (const { native, latin } of [name.family, ...name.given]) for (const part of [native, latin]) if (wordsTold.has(part)) found.add(part);
      }
    }
    expect([...found]).toEqual([]);
  });

  it('SYN-64 keeps none of what a person or a machine is known by, wherever it stood', () => {
    const blank = new Map<RegExp, readonly string[]>([
      [/\.(?:family|given|login|deviceName|clinic|city|line|postalCode|phone|number|lotNumber)$/, ['-']], [/\.(?:site|session)?\.?name$/, ['-']], [/\.birthDate$/, ['1900-01-01']], [/\.onset$/, ['1900-01-01']],
      [/\.(?:user|device|signingKey|signature|vault)$/, ['']], [/\.addresses$/, ['0.0.0.0']],
    ]);
    let checked = 0;
    for (const body of bodies) {
      for (const [path, text] of strings(JSON.parse(body), '')) {
        for (const [pattern, allowed] of blank) {
          if (!pattern.test(path)) continue;
          checked += 1;
          expect(allowed[0] === '' ? text.replaceAll('0', '') : text).toBe(allowed[0]);
        }
      }
    }
    expect(checked).toBeGreaterThan(100);
    // No number of four digits and more in any text but codes and the times of made-up visits.
    const texts = bodies.flatMap((body) => [...strings(JSON.parse(body), '')]).filter(([path]) => /\.(?:subjective|objective|assessment|plan|reason|reaction|text)$/.test(path)).map(([, text]) => text);
    expect(texts.filter((text) => /[0-9]{4}/.test(text))).toEqual([]);
    expect(texts.length).toBeGreaterThan(300);
  });
});

function seedOf(run: readonly { readonly salt: Uint8Array }[]): Uint8Array {
  return sha256(run[0]?.salt ?? new Uint8Array());
}
