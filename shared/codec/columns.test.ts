import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyRun, zstd, type TestRun } from '../../build/fixtures/test-entries.ts';
import { newSegment, testChain } from '../../build/fixtures/test-batches.ts';
import { deviceNamed, sha256 } from '../../build/sim/model-world.ts';
import { toHex, utf8 } from '../base/bytes.ts';
import { parseCanonical } from '../base/canonical.ts';
import { bodyCommitment, chainHash, CHAIN_START } from '../ledger/entry.ts';
import { saltsFrom } from '../ledger/salt.ts';
import { BATCH_RAW_MAX_BYTES, BUNDLE_ENTRIES_MAX, BUNDLE_RUNS_MAX, CONTEXT_RAW_MAX_BYTES } from '../sync/limits.ts';
import type { Effort } from '../sync/sealing.ts';
import { MODELLED_BODIES_MAX_BYTES } from './budget.ts';
import { Writer } from './coder.ts';
import { createColumns, type ReadRun } from './columns.ts';
import type { ContextRun } from './context.ts';
import { dictionary1 } from './dictionary-1.ts';
import { headerObject } from './header-text.ts';
import { codeUint, UINT_SLOTS } from './numbers.ts';
import { Probabilities } from './probabilities.ts';

const tools = { sha256, compression: zstd };
const { encode: encodeColumns, decode: decodeColumns, contextOf } = createColumns(dictionary1);
const efforts: readonly Effort[] = ['thorough', 'quick', 'stored'];

/** Everything of an entry that both sides must agree on. */
const plain = ({ headerText, salt, body, hash }: { readonly headerText: string; readonly salt: Uint8Array; readonly body: Uint8Array | null; readonly hash?: Uint8Array }) =>
  [headerText, toHex(salt), body === null ? null : toHex(body), hash === undefined ? null : toHex(hash)];
const back = (runs: readonly TestRun[], effort: Effort): readonly ReadRun[] | null => decodeColumns(tools, runs.map(({ run }) => run), encodeColumns(tools, runs, effort));

function testRun(length: number, seed: Uint8Array | null = null, bodyBytes = 60): TestRun {
  const entries = testChain(deviceNamed(1), newSegment(), length, bodyBytes);
  return { run: { segment: entries[0]!.segment, from: 0, count: length, previous: CHAIN_START, head: entries.at(-1)!.hash }, entries, seed };
}

describe('columns', () => {
  it('SYN-62 entries out are the entries that went in, to the byte, whatever they are', () => {
    fc.assert(fc.property(fc.array(anyRun, { minLength: 1, maxLength: 4 }), fc.constantFrom(...efforts), (runs, effort) => {
      expect(back(runs, effort)?.map(({ entries }) => entries.map(plain))).toEqual(runs.map(({ entries }) => entries.map(plain)));
    }), { numRuns: 100 });
  });

  it('SYN-241 the values handed on beside a header are what its text says, and the text is canonical, also of a content that was changed', () => {
    let compared = 0;
    const compare = (reads: readonly ReadRun[] | null): void => {
      for (const { run, entries } of reads ?? []) {
        for (const [index, { headerText, header }] of entries.entries()) {
          if (header === null) continue;
          expect(headerObject(header, run.segment, run.from + index)).toEqual(parseCanonical(headerText));
          compared += 1;
        }
      }
    };
    fc.assert(fc.property(anyRun, fc.nat(), fc.integer({ min: 1, max: 255 }), (run, place, change) => {
      const content = encodeColumns(tools, [run], 'quick');
      compare(decodeColumns(tools, [run.run], content));
      compare(decodeColumns(tools, [run.run], content.map((byte, at) => (at === place % content.length ? byte ^ change : byte))));
    }), { numRuns: 15 });
    expect(compared).toBeGreaterThan(30);
  });

  it('SYN-62 chain hashes that the writer is not given are computed', () => {
    fc.assert(fc.property(anyRun, ({ run, entries, seed }) => {
      const without = entries.map(({ headerText, salt, body }) => ({ headerText, salt, body }));
      expect(encodeColumns(tools, [{ run, entries: without, seed }], 'quick')).toEqual(encodeColumns(tools, [{ run, entries, seed }], 'quick'));
    }), { numRuns: 20 });
  });

  it('SYN-62 what is written does not depend on what was written before', () => {
    const first = testRun(5);
    const alone = encodeColumns(tools, [first], 'thorough');
    for (let count = 0; count < 3; count += 1) encodeColumns(tools, [testRun(40)], 'thorough');
    expect(encodeColumns(tools, [first], 'thorough')).toEqual(alone);
  });

  it('SYN-62 a body too large to be modelled goes to Zstandard', () => {
    const words = Array.from({ length: 90_000 }, (_, index) => `word${(index * 7919) % 10_007}`).join(' ');
    const run = testRun(1);
    const [first] = run.entries;
    const large = { ...first!, body: utf8(JSON.stringify({ words })) };
    expect(large.body.length).toBeGreaterThan(MODELLED_BODIES_MAX_BYTES.thorough);
    const whole = { ...run, entries: [large] };
    const content = encodeColumns(tools, [whole], 'thorough');
    expect(content.length).toBeLessThan(large.body.length / 2);
    expect(toHex(decodeColumns(tools, [run.run], content)![0]!.entries[0]!.body!)).toBe(toHex(large.body));
  });

  it('SYN-60 salts made from the seed travel as the seed, once for a run, and the first run brings it along', () => {
    const seed = sha256(utf8('seed'));
    const salts = saltsFrom(sha256, seed);
    const chain = testChain(deviceNamed(1), newSegment(), 40);
    const runOf = (entries: TestRun['entries'], from: number): TestRun => ({ run: { segment: chain[0]!.segment, from, count: entries.length, previous: CHAIN_START, head: entries.at(-1)!.hash }, entries, seed });
    let previous: Uint8Array = CHAIN_START;
    const derived = chain.map((entry, sequence) => {
      const salt = salts(sequence);
      const headerText = entry.headerText.replace(/"body":"[0-9a-f]{64}"/, `"body":"${toHex(bodyCommitment(sha256, salt, entry.body!))}"`);
      previous = chainHash(sha256, previous, headerText);
      return { ...entry, headerText, salt, hash: previous };
    });
    const drawn = runOf(chain, 0);
    const size = (run: TestRun): number => encodeColumns(tools, [run], 'thorough').length;
    expect(size(runOf(derived, 0))).toBeLessThan(size(drawn) - 40 * 16 + 32 + 20);
    expect(toHex(back([runOf(derived, 0)], 'thorough')![0]!.seed!)).toBe(toHex(seed));
    expect(toHex(back([runOf(derived.slice(0, 1), 0)], 'thorough')![0]!.seed!)).toBe(toHex(seed));
    // For one entry that is not the first its salt is cheaper.
    expect(back([runOf(derived.slice(7, 8), 7)], 'thorough')![0]!.seed).toBeNull();
    // An erased body's salt is not to be known: the seed is forgotten, and the others travel one by one.
    const kept = back([{ ...runOf(derived, 0), seed: null }], 'thorough')!;
    expect(kept[0]!.seed).toBeNull();
    expect(kept[0]!.entries.map(plain)).toEqual(derived.map(plain));
  });
});

/** As both sides have it. */
const contextFrom = ({ run, entries }: TestRun): ContextRun => {
  let previous = run.previous;
  return { run, entries: entries.map((entry) => ({ ...entry, hash: (previous = chainHash(sha256, previous, entry.headerText)) })) };
};
const told = (words: readonly string[], seed: number): string => Array.from({ length: 120 }, (_, index) => words[(index * index + seed * 7 + index * seed) % words.length]).join(' ');
/** Notes of somebody who has words of their own. */
function notes(seed: number): TestRun {
  const words = Array.from({ length: 60 }, (_, index) => toHex(sha256(utf8(`word ${index}`))).slice(0, 3 + (index % 6)));
  const run = testRun(3);
  let previous: Uint8Array = CHAIN_START;
  const entries = run.entries.map((entry, index) => {
    const body = utf8(JSON.stringify({ words: told(words, seed + index) }));
    const text = entry.headerText.replace(/"body":"[0-9a-f]{64}"/, `"body":"${toHex(bodyCommitment(sha256, entry.salt, body))}"`);
    previous = chainHash(sha256, previous, text);
    return { ...entry, headerText: text, body, hash: previous };
  });
  return { ...run, entries, run: { ...run.run, head: previous } };
}

describe('contexts', () => {
  it('SYN-255 a content that goes on from entries both sides hold comes out to the byte, whatever they are', () => {
    fc.assert(fc.property(fc.array(anyRun, { minLength: 1, maxLength: 2 }), fc.array(anyRun, { minLength: 1, maxLength: 2 }), (behind, runs) => {
      const context = behind.map(contextFrom);
      const content = encodeColumns(tools, runs, 'thorough', context);
      expect(contextOf(content)?.runs).toEqual(context.map(({ run: { segment, from, count } }) => ({ segment, from, count })));
      expect(decodeColumns(tools, runs.map(({ run }) => run), content, context)?.map(({ entries }) => entries.map(plain))).toEqual(runs.map(({ entries }) => entries.map(plain)));
    }), { numRuns: 15 });
  });

  it('SYN-255 what was said before costs less the second time, and nothing of it is left for the next content', () => {
    const [before, run] = [notes(1), notes(2)];
    const alone = encodeColumns(tools, [run], 'thorough');
    const going = encodeColumns(tools, [run], 'thorough', [contextFrom(before)]);
    expect(going.length).toBeLessThan(0.75 * alone.length);
    expect(encodeColumns(tools, [run], 'thorough')).toEqual(alone);
    expect(decodeColumns(tools, [run.run], going, [contextFrom(before)])![0]!.entries.map(plain)).toEqual(run.entries.map(plain));
    expect(contextOf(alone)).toBeNull();
    expect(decodeColumns(tools, [run.run], alone)![0]!.entries.map(plain)).toEqual(run.entries.map(plain));
  });

  it('SYN-255 without its context, with another, with less, with more or with an erased body, nothing comes out', () => {
    const [before, other, run] = [notes(1), notes(3), notes(2)];
    const context = contextFrom(before);
    const content = encodeColumns(tools, [run], 'thorough', [context]);
    const erased = { ...context, entries: context.entries.map((entry, index) => (index === 1 ? { ...entry, body: null } : entry)) };
    const shorter = { run: { ...context.run, count: 2 }, entries: context.entries.slice(0, 2) };
    const elsewhere = { ...contextFrom(other), run: context.run };
    for (const held of [[], [contextFrom(other)], [elsewhere], [erased], [shorter], [context, contextFrom(other)], [{ ...context, entries: shorter.entries }]]) expect(decodeColumns(tools, [run.run], content, held)).toBeNull();
    expect(decodeColumns(tools, [run.run], encodeColumns(tools, [run], 'thorough'), [context])).toBeNull();
    // An erased body both sides lack teaches nothing, and is no hindrance.
    const without = encodeColumns(tools, [run], 'thorough', [erased]);
    expect(decodeColumns(tools, [run.run], without, [erased])![0]!.entries.map(plain)).toEqual(run.entries.map(plain));
  });

  it('SYN-255 a context beyond its limits is none', () => {
    const run = testRun(1);
    const named = (...numbers: readonly number[]): Uint8Array => Uint8Array.from([2, ...numbers]);
    const segment = Array.from({ length: 8 }, () => 7);
    const mark = [0, 0, 0, 0];
    expect(contextOf(named(1, ...segment, 0, 1, ...mark))?.runs).toHaveLength(1);
    const runs = (count: number, entries: readonly number[]): number[] => [count, ...Array.from({ length: count }, () => [...segment, 0, ...entries]).flat(), ...mark];
    for (const content of [named(), named(0, ...mark), named(...runs(1, [0])), named(...runs(BUNDLE_RUNS_MAX + 1, [1])), named(...runs(1, [0xe9, 0x07])), named(...runs(BUNDLE_ENTRIES_MAX / 1000 + 1, [0xe8, 0x07])), named(...runs(2, [1])).subarray(0, 20)]) {
      expect(contextOf(content)).toBeNull();
      expect(decodeColumns(tools, [run.run], content)).toBeNull();
    }
    const large = testRun(2);
    const [entry] = large.entries;
    const body = utf8(JSON.stringify('x'.repeat(CONTEXT_RAW_MAX_BYTES)));
    const context = contextFrom({ ...large, run: { ...large.run, count: 1 }, entries: [{ ...entry!, body }] });
    expect(decodeColumns(tools, [run.run], encodeColumns(tools, [run], 'thorough', [context]), [context])).toBeNull();
  });

  it('SYN-255 changed, cut or arbitrary contents behind a context are refused or read as another chain, and never throw', () => {
    const context = contextFrom(notes(1));
    const run = notes(2);
    const content = encodeColumns(tools, [run], 'thorough', [context]);
    const { length } = content;
    fc.assert(fc.property(fc.nat(length - 1), fc.constantFrom('cut', 'flip'), (at, how) => {
      const changed = how === 'cut' ? content.slice(0, at) : content.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
      const read = decodeColumns(tools, [run.run], changed, [context]);
      const head = read?.[0]?.entries.at(-1)?.hash;
      if (head !== undefined && toHex(head) === toHex(run.run.head)) expect(read![0]!.entries.map(({ headerText }) => headerText)).toEqual(run.entries.map(({ headerText }) => headerText));
    }), { numRuns: 25 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const named = Uint8Array.from([...content.subarray(0, 16), ...bytes]);
      expect([null, 3]).toContain(decodeColumns(tools, [run.run], named, [context])?.[0]?.entries.length ?? null);
      contextOf(Uint8Array.from([2, ...bytes]));
    }), { numRuns: 25 });
  });
});

describe('hostile contents', () => {
  const seconds = 30;

  it('SYN-63 arbitrary bytes are refused or read as something bounded, and never throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 1000 }), (content, count) => {
      const read = decodeColumns(tools, [{ segment: newSegment(), from: 0, count, previous: CHAIN_START }], content);
      for (const { entries } of read ?? []) expect(entries.length).toBe(count);
    }), { numRuns: 300, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: true });
  });

  it('SYN-63 a content that is cut, changed or longer gives another chain or nothing', () => {
    fc.assert(fc.property(anyRun, fc.nat(), fc.constantFrom('cut', 'flip', 'append'), (run, at, how) => {
      const content = encodeColumns(tools, [run], 'thorough');
      const place = at % content.length;
      const changed = how === 'cut' ? content.slice(0, place) : how === 'append' ? Uint8Array.from([...content, at & 0xff]) : content.map((byte, index) => (index === place ? byte ^ (1 << (at % 8)) : byte));
      const read = decodeColumns(tools, [run.run], changed);
      const head = read?.[0]?.entries.at(-1)?.hash;
      // What is left of the last number's digits may differ, and a salt without a body is no part of a chain; everything else is.
      if (head !== undefined && toHex(head) === toHex(run.run.head)) expect(read![0]!.entries.map(({ headerText }) => headerText)).toEqual(run.entries.map(({ headerText }) => headerText));
    }), { numRuns: 100 });
  });

  it('SYN-63 more or fewer entries than were written do not come out', () => {
    const run = testRun(20);
    const content = encodeColumns(tools, [run], 'thorough');
    expect(decodeColumns(tools, [{ ...run.run, count: 19 }], content)).toBeNull();
    expect(decodeColumns(tools, [{ ...run.run, count: 40 }], content)).toBeNull();
    expect(decodeColumns(tools, [], content)).toBeNull();
    expect(decodeColumns(tools, [run.run], new Uint8Array())).toBeNull();
    expect(decodeColumns(tools, [run.run], Uint8Array.of(2))).toBeNull();
  });

  it('SYN-63 a bomb is not unpacked: neither behind the columns nor in them', () => {
    const run = testRun(2);
    const bomb = zstd.compress(new Uint8Array(BATCH_RAW_MAX_BYTES + 1), 'thorough');
    expect(decodeColumns(tools, [run.run], Uint8Array.from([1, 1, 0, ...bomb]))).toBeNull();
    // The same long body over and over costs next to nothing in columns and seventeen megabytes outside.
    const body = utf8(JSON.stringify(Array.from({ length: 2000 }, () => 'x'.repeat(199))));
    const entries = Array.from({ length: 60 }, () => ({ ...run.entries[1]!, body }));
    const many: TestRun = { ...run, run: { ...run.run, count: entries.length }, entries };
    const content = encodeColumns(tools, [many], 'thorough');
    expect(content.length).toBeLessThan(100_000);
    expect(decodeColumns(tools, [many.run], content)).toBeNull();
  });

  it('SYN-63 numbers beyond their limits are refused', () => {
    const probabilities = new Probabilities();
    const slots = probabilities.reserve(UINT_SLOTS);
    const writer = new Writer(probabilities);
    for (let count = 0; count < 200; count += 1) codeUint(writer, slots, 2 ** 53 - 2);
    expect(decodeColumns(tools, [testRun(50).run], Uint8Array.from([0, ...writer.done()]))).toBeNull();
  });
});
