import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testChain, newSegment } from '../../build/fixtures/test-batches.ts';
import { createDice, deviceNamed, modelCrypto, modelEntry, modelKey, sha256 } from '../../build/sim/model-world.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { readPage } from './attested-page.ts';
import { createBatchCutter } from './batch.ts';
import { bestCodec, codecNamed, CODECS_READ } from './codec.ts';
import { cutPage } from './cut-page.ts';
import { checkRun, decodeEntries, encodeEntries, type WireEntry } from './entry-codec.ts';
import { encodeBatchHeader, HubEpoch, OrganizationId, type Run } from './envelope.ts';
import type { LogRow } from './hub-store.ts';
import { BATCH_SEALED_TARGET_BYTES, CODEC_PLAIN_ZSTD, ENTRY_MAX_BYTES } from './limits.ts';
import { decodePage, encodePage } from './page.ts';
import { pad, unpad, type Compression } from './sealing.ts';

const device = deviceNamed(1);
const { compression } = modelCrypto(modelKey('any'));
const plain = codecNamed(CODEC_PLAIN_ZSTD)!;
const runOf = (chain: readonly WireEntry[]): Run => ({ segment: chain[0]!.segment, from: chain[0]!.sequence, count: chain.length, previous: CHAIN_START, head: chain.at(-1)!.hash });

describe('entries on the wire', () => {
  it('SYN-4 what arrives is what was written, to the byte, with its hashes', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), fc.nat({ max: 500 }), (seed, length, bodyBytes) => {
      const dice = createDice(seed);
      const segment = newSegment();
      const chain: WireEntry[] = [];
      for (let sequence = 0; sequence < length; sequence += 1) chain.push(modelEntry(device, segment, sequence, chain.at(-1)?.hash ?? CHAIN_START, dice, bodyBytes));
      const parts = decodeEntries(sha256, encodeEntries(sha256, chain), length);
      const checked = checkRun(sha256, runOf(chain), parts!);
      expect(checked.ok && checked.value.map((entry) => JSON.stringify(entry))).toEqual(chain.map((entry) => JSON.stringify(entry)));
    }), { numRuns: 50 });
  });

  it('SYN-4 an erased body, a body that never was, and a header that commits to something else travel as they are', () => {
    const [, entry] = testChain(device, newSegment(), 2);
    const erased = { ...entry!, body: null };
    const bodiless = { ...entry!, body: null, salt: new Uint8Array(), headerText: entry!.headerText.replace(/"body":"[0-9a-f]{64}"/, '"body":null') };
    const lying = { ...entry!, body: Uint8Array.of(1) };
    const back = decodeEntries(sha256, encodeEntries(sha256, [erased, bodiless, lying]), 3)!;
    expect(back.map(({ headerText }) => headerText)).toEqual([erased, bodiless, lying].map(({ headerText }) => headerText));
    expect(back.map(({ body }) => body)).toEqual([null, null, Uint8Array.of(1)]);
  });

  it('SYN-4 a commitment that the receiver can compute does not travel', () => {
    const chain = testChain(device, newSegment(), 10);
    const raw = chain.reduce((total, { headerText, salt, body }) => total + headerText.length + salt.length + (body?.length ?? 0), 0);
    expect(encodeEntries(sha256, chain).length).toBeLessThan(raw - 10 * 50);
  });

  it('SYN-3 what claims more than it holds does not read', () => {
    const encoded = encodeEntries(sha256, testChain(device, newSegment(), 3));
    for (let length = 0; length < encoded.length; length += 1) expect(decodeEntries(sha256, encoded.subarray(0, length), 3)).toBeNull();
    expect(decodeEntries(sha256, encoded, 2)).toBeNull();
    expect(decodeEntries(sha256, encoded, 4)).toBeNull();
    expect(unpad(pad(new Uint8Array(10)).subarray(0, 3))).toBeNull();
    const lies = pad(new Uint8Array(10));
    lies[0] = 0xff;
    expect(unpad(lies)).toBeNull();
  });

  it('SYN-4 a page holds runs of several segments and every chain in it is checked', () => {
    const chains = [testChain(device, newSegment(), 3), testChain(deviceNamed(2), newSegment(), 2)];
    const runs = chains.map((entries) => ({ run: runOf(entries), entries }));
    const page = encodePage(sha256, runs);
    const read = decodePage(sha256, page, 5);
    expect(read.ok && read.value.flatMap(({ entries }) => entries.map(({ hash }) => Buffer.from(hash).toString('hex')))).toEqual(chains.flat().map(({ hash }) => Buffer.from(hash).toString('hex')));
    expect(decodePage(sha256, page, 4)).toEqual({ ok: false, fault: { code: 'MALFORMED' } });
    expect(decodePage(sha256, page, 6)).toEqual({ ok: false, fault: { code: 'MALFORMED' } });
    const wrong = encodePage(sha256, [{ ...runs[0]!, run: { ...runs[0]!.run, head: new Uint8Array(32) } }]);
    expect(decodePage(sha256, wrong, 3)).toMatchObject({ ok: false, fault: { code: 'BAD_HASH' } });
  });
});

/** Shrinks everything to a fifth, so that sizes can be told. */
const fifth: Compression = { compress: (bytes) => bytes.subarray(0, Math.ceil(bytes.length / 5)), decompress: () => null };

describe('padding', () => {
  it('SYN-65 steps grow with what is padded, and any padding is taken', () => {
    const sizes = [0, 28, 29, 252, 253, 1020, 1021, 30_000].map((length) => pad(new Uint8Array(length)).length);
    expect(sizes).toEqual([32, 32, 64, 256, 320, 1024, 1280, 30_208]);
    for (const length of [0, 1, 100, 5000]) {
      const content = Uint8Array.from({ length }, (_, index) => index % 251);
      expect(unpad(pad(content))).toEqual(content);
      expect(unpad(Uint8Array.from([...pad(content), ...new Uint8Array(1000)]))).toEqual(content);
    }
  });
});

describe('negotiation', () => {
  it('SYN-61 the best codec both sides read is taken, and the first one with a peer that names none', () => {
    expect(bestCodec(undefined).id).toBe(CODEC_PLAIN_ZSTD);
    expect(bestCodec([]).id).toBe(CODEC_PLAIN_ZSTD);
    expect(bestCodec([99]).id).toBe(CODEC_PLAIN_ZSTD);
    for (const id of CODECS_READ) expect(bestCodec([99, id]).id).toBe(id);
    expect(bestCodec([...CODECS_READ].reverse()).id).toBe(CODECS_READ[0]);
    expect(codecNamed(0)).toBeNull();
    expect(codecNamed(99)).toBeNull();
  });
});

describe('cutting', () => {
  const cutter = (chain: readonly WireEntry[]) =>
    createBatchCutter({ organization: OrganizationId.parse('00000000000000aa'), device, sha256, compression: fifth, codec: () => plain, batchTargetBytes: BATCH_SEALED_TARGET_BYTES }, {
      ownEntries(_, from, maxEntries, maxBytes) {
        const entries: WireEntry[] = [];
        let bytes = 0;
        for (const entry of chain.slice(from, from + maxEntries)) {
          bytes += entry.headerText.length + (entry.body?.length ?? 0);
          if (entries.length > 0 && bytes > maxBytes) break;
          entries.push(entry);
        }
        return { previous: chain[from - 1]?.hash ?? CHAIN_START, entries, seed: null };
      },
    });

  it('SYN-7 batches cover a segment without gap or overlap, none above the target, and come to fill it', () => {
    const chain = testChain(device, newSegment(), 3000);
    const cut = cutter(chain);
    const sizes: number[] = [];
    for (let from = 0; from < chain.length; ) {
      const batch = cut([{ segment: chain[0]!.segment, from }])!;
      const [run] = batch.runs;
      expect(batch.runs).toEqual([expect.objectContaining({ from, previous: chain[from - 1]?.hash ?? CHAIN_START, head: chain[from + run!.count - 1]!.hash })]);
      expect(batch.packed.length + 48).toBeLessThanOrEqual(BATCH_SEALED_TARGET_BYTES);
      sizes.push(batch.packed.length);
      from += run!.count;
    }
    expect(Math.min(...sizes.slice(1, -1))).toBeGreaterThan(BATCH_SEALED_TARGET_BYTES / 2);
    expect(cut([{ segment: chain[0]!.segment, from: chain.length }])).toBeNull();
  });

  it('SYN-7 an entry larger than the target travels alone', () => {
    const segment = newSegment();
    const small = testChain(device, segment, 2);
    const large = modelEntry(device, segment, 2, small[1]!.hash, createDice(1), 1_000_000);
    const chain = [...small, large, modelEntry(device, segment, 3, large.hash, createDice(2), 10)];
    const cut = cutter(chain);
    expect(cut([{ segment, from: 0 }])!.runs.map(({ count }) => count)).toEqual([2]);
    expect(cut([{ segment, from: 2 }])!.runs.map(({ count }) => count)).toEqual([1]);
    expect(cut([{ segment, from: 3 }])!.runs.map(({ count }) => count)).toEqual([1]);
    expect(ENTRY_MAX_BYTES).toBeGreaterThan(1_000_000);
  });

  it('SYN-17 a page that is cut goes on where its last entry stands, and one that is whole behind all it passed over', () => {
    const chain = testChain(device, newSegment(), 50);
    const rows: LogRow[] = chain.map((entry, index) => ({ ...entry, lsn: index * 3 + 1, previous: chain[index - 1]?.hash ?? CHAIN_START, seed: null, attestation: null, mark: index.toString(16).padStart(16, '0') }));
    const log = { kind: 'log', after: { epoch: HubEpoch.parse('0000000000000001'), lsn: 0, mark: '0'.repeat(16) }, urgentSeen: 0 } as const;
    const whole = { rows, next: 400, mark: 'f'.repeat(16), last: 400 };
    const tools = { sha256, compression, codec: plain, version: 2 } as const;
    expect(cutPage(tools, log, whole, 1_000_000)).toMatchObject({ next: 400, mark: 'f'.repeat(16), count: 50 });
    const part = cutPage(tools, log, whole, 4000);
    expect(part.count).toBeGreaterThan(1);
    expect(part.count).toBeLessThan(50);
    expect(part).toMatchObject({ next: rows[part.count - 1]!.lsn, mark: rows[part.count - 1]!.mark });
    expect(cutPage(tools, log, { ...whole, rows: [] }, 4000)).toMatchObject({ next: 400, count: 0 });
    expect(cutPage(tools, log, whole, 1)).toMatchObject({ count: 1 });
    const segment = { kind: 'segment', segment: chain[0]!.segment, from: 0 } as const;
    expect(cutPage(tools, segment, { ...whole, mark: null, next: 50, last: 50 }, 1)).toMatchObject({ count: 1, next: 1, mark: null });
  });

  it('SYN-80 a page ends where an author signed, be it larger than asked for, and carries that word', () => {
    const chain = testChain(device, newSegment(), 50);
    const header = { codec: 1, organization: OrganizationId.parse('00000000000000aa'), device, segment: chain[0]!.segment };
    const wordOver = (from: number, to: number) => ({
      header: encodeBatchHeader({ ...header, from, count: to - from, previous: chain[from - 1]?.hash ?? CHAIN_START, head: chain[to - 1]!.hash }), sealedHash: new Uint8Array(32), signature: new Uint8Array(64),
    });
    const words = new Map([[20, wordOver(0, 20)], [35, wordOver(20, 35)], [50, wordOver(35, 50)]]);
    const rows: LogRow[] = chain.map((entry, index) => ({ ...entry, lsn: index + 1, previous: chain[index - 1]?.hash ?? CHAIN_START, seed: null, mark: '1'.repeat(16), attestation: words.get(index + 1) ?? null }));
    const log = { kind: 'log', after: { epoch: HubEpoch.parse('0000000000000001'), lsn: 0, mark: '0'.repeat(16) }, urgentSeen: 0 } as const;
    const tools = { sha256, compression, codec: plain, version: 2 } as const;
    const sizes = [1, 4000, 8000, 16_000, 1_000_000].map((bytes) => cutPage(tools, log, { rows, next: 50, mark: '1'.repeat(16), last: 50 }, bytes).count);
    expect(sizes[0]).toBe(20);
    expect(sizes.at(-1)).toBe(50);
    expect(sizes.every((count) => words.has(count))).toBe(true);
    const { packed, count } = cutPage(tools, log, { rows, next: 50, mark: '1'.repeat(16), last: 50 }, 1);
    const read = readPage(tools, plain, { version: 2, codec: 1, organization: header.organization, device, stream: log, next: 20, mark: '1'.repeat(16), last: 50, count }, unpad(packed)!);
    expect(read).toMatchObject({ ok: true, value: [{ author: device, attestation: words.get(20) }] });
  });
});
