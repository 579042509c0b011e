import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newSegment, testChain } from '../../build/fixtures/test-batches.ts';
import { deviceNamed, modelCrypto, modelKey, sha256 } from '../../build/sim/model-world.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { readPage } from './attested-page.ts';
import { codecNamed } from './codec.ts';
import { cutPage, pageExtent, runsOf } from './cut-page.ts';
import { encodeBatchHeader, HubEpoch, OrganizationId, type Attestation } from './envelope.ts';
import type { LogRow } from './hub-store.ts';
import { BATCH_ENTRIES_MAX, BATCH_RAW_TARGET_BYTES, CODEC_COLUMNS, CODEC_PLAIN_ZSTD, PAGE_ENTRIES_MAX, PAGE_MAX_BYTES, PAGE_MIN_BYTES } from './limits.ts';
import { decodePageHeader, encodePageHeader, type PageHeader } from './page-header.ts';
import { unpad } from './sealing.ts';

const device = deviceNamed(1);
const organization = OrganizationId.parse('00000000000000aa');
const segment = newSegment();
const someHash = new Uint8Array(32);
const { compression } = modelCrypto(modelKey('any'));
const stream = { kind: 'log', after: { epoch: HubEpoch.parse('0000000000000001'), lsn: 0, mark: '0'.repeat(16) }, urgentSeen: 0 } as const;
const someWord: Attestation = { header: new Uint8Array(), sealedHash: someHash, signature: new Uint8Array(64) };

/** Rows of one segment as the batches brought them; the author's word at the end of each is kept or, in old logs, is not. */
const anyBatches = fc.array(fc.record({ count: fc.integer({ min: 1, max: BATCH_ENTRIES_MAX }), bytes: fc.integer({ min: 100, max: 900 }), kept: fc.boolean() }), { minLength: 1, maxLength: 6 });

function rowsOf(batches: readonly { readonly count: number; readonly bytes: number; readonly kept: boolean }[]): LogRow[] {
  const rows: LogRow[] = [];
  for (const { count, bytes, kept } of batches) {
    const size = Math.min(bytes, Math.floor(BATCH_RAW_TARGET_BYTES / count));
    for (let left = count; left > 0; left -= 1) {
      const sequence = rows.length;
      rows.push({ segment, sequence, lsn: sequence + 1, headerText: 'x'.repeat(size), salt: new Uint8Array(), body: null, hash: someHash, previous: someHash, seed: null, mark: '', attestation: kept && left === 1 ? someWord : null });
    }
  }
  return rows;
}

describe('a page of version 2', () => {
  it('SYN-240 its runs leave nothing out, none is longer than a batch, and each ends at a word where one is near enough', () => {
    fc.assert(fc.property(anyBatches, (batches) => {
      const rows = rowsOf(batches);
      const runs = runsOf(rows);
      expect(runs.flatMap(({ entries }) => entries)).toEqual(rows);
      let from = 0;
      for (const { run, entries, attestation } of runs) {
        expect(run).toMatchObject({ segment, from, count: entries.length });
        expect(run.count).toBeLessThanOrEqual(BATCH_ENTRIES_MAX);
        from += run.count;
        const words = rows.slice(run.from, from).flatMap((row, index) => (row.attestation === null ? [] : [index + 1]));
        // Where the rows go on, a run that holds a word ends at its last one.
        if (from < rows.length && words.length > 0) expect(attestation).not.toBeNull();
      }
      if (batches.every(({ kept }) => kept)) {
        for (const { attestation, entries } of runs) {
          expect(attestation).not.toBeNull();
          expect(entries.reduce((sum, entry) => sum + entry.headerText.length, 0)).toBeLessThanOrEqual(BATCH_RAW_TARGET_BYTES);
        }
      }
    }), { numRuns: 60 });
  });

  it('SYN-240 it is read back whole from a long segment, with each of its words', () => {
    const chain = testChain(device, segment, 1600);
    const wordOver = (from: number, to: number): Attestation => ({ ...someWord, header: encodeBatchHeader({ codec: CODEC_PLAIN_ZSTD, organization, device, segment, from, count: to - from, previous: chain[from - 1]?.hash ?? CHAIN_START, head: chain[to - 1]!.hash }) });
    const words = new Map([[400, wordOver(0, 400)], [900, wordOver(400, 900)], [1600, wordOver(900, 1600)]]);
    const rows: LogRow[] = chain.map((entry, index) => ({ ...entry, lsn: index + 1, previous: chain[index - 1]?.hash ?? CHAIN_START, seed: null, mark: '1'.repeat(16), attestation: words.get(index + 1) ?? null }));
    for (const codec of [codecNamed(CODEC_PLAIN_ZSTD)!, codecNamed(CODEC_COLUMNS)!]) {
      const tools = { sha256, compression, codec, version: 2 } as const;
      const { packed, ...place } = cutPage(tools, stream, { rows, next: 1600, mark: '1'.repeat(16), last: 1600 }, MEBIBYTE);
      const header: PageHeader = { version: 2, codec: codec.id, organization, device, stream, last: 1600, ...place };
      expect(decodePageHeader(encodePageHeader(header))).toEqual(header);
      const read = readPage(tools, codec, header, unpad(packed)!);
      expect(read.ok && read.value.map(({ run, attestation }) => [run.from, run.count, attestation])).toEqual([[0, 900, words.get(900)], [900, 700, words.get(1600)]]);
    }
  });

  it('SYN-240 more entries than a page may have are refused, by each version by its own limit', () => {
    const header = { codec: CODEC_COLUMNS, organization, device, stream, next: 5000, mark: '1'.repeat(16), last: 5000 };
    for (const [version, most] of [[1, BATCH_ENTRIES_MAX], [2, PAGE_ENTRIES_MAX]] as const) {
      expect(decodePageHeader(encodePageHeader({ ...header, version, count: most }))).toMatchObject({ version, count: most });
      expect(decodePageHeader(encodePageHeader({ ...header, version, count: most + 1 }))).toBeNull();
    }
  });

  it('SYN-240 a small page is not sought among many entries, and a reader of version 1 gets what it always got', () => {
    expect(pageExtent(2, PAGE_MIN_BYTES)).toEqual({ maxEntries: BATCH_ENTRIES_MAX, maxRawBytes: BATCH_RAW_TARGET_BYTES });
    expect(pageExtent(2, PAGE_MAX_BYTES).maxEntries).toBe(PAGE_ENTRIES_MAX);
    expect(pageExtent(2, 2 * PAGE_MIN_BYTES).maxEntries).toBeLessThan(PAGE_ENTRIES_MAX);
    expect(pageExtent(1, PAGE_MAX_BYTES)).toEqual({ maxEntries: BATCH_ENTRIES_MAX, maxRawBytes: BATCH_RAW_TARGET_BYTES });
  });
});

const MEBIBYTE = 1024 * 1024;
