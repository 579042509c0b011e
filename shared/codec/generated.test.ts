import { describe, expect, it } from 'vitest';
import { newSegment } from '../../build/fixtures/test-batches.ts';
import { zstd } from '../../build/fixtures/test-entries.ts';
import { makePopulation } from '../../build/fixtures/population.ts';
import { sha256 } from '../../build/sim/model-world.ts';
import { toHex, utf8 } from '../base/bytes.ts';
import { RecordId } from '../base/ids.ts';
import { bodyCommitment, chainHash, CHAIN_START, headerText } from '../ledger/entry.ts';
import { saltsFrom } from '../ledger/salt.ts';
import { codecNamed, CODECS_READ, type FilledRun } from '../sync/codec.ts';

const SEED = sha256(utf8('salts'));
const AT = 1_750_000_000_000;

/** The generator's people and their records, each an entry as the ledger writes it. */
function generated(seed: number): FilledRun {
  const segment = newSegment();
  const salts = saltsFrom(sha256, SEED);
  const resources = [...makePopulation({ seed, patients: 12, resources: 15 })].flatMap((household) => household.resources);
  const entries: { headerText: string; salt: Uint8Array; body: Uint8Array; hash: Uint8Array }[] = [];
  for (const [sequence, resource] of resources.entries()) {
    const body = utf8(JSON.stringify(resource));
    const salt = salts(sequence);
    const patient = RecordId.parse(`00000000-0000-8000-8000-${String(sequence % 7).padStart(12, '0')}`);
    const text = headerText({ at: AT + sequence * 700, body: toHex(bodyCommitment(sha256, salt, body)), clock: [AT + sequence * 700, 0], clockState: 'ok', decision: '1/import', kind: 'resource', minReader: 1, monotonic: sequence * 700, offset: 60, parents: [], patient, purpose: 'TREAT', record: null, segment, sequence, session: 0, v: 1, zone: 'Africa/Lagos' });
    entries.push({ headerText: text, salt, body, hash: chainHash(sha256, entries.at(-1)?.hash ?? CHAIN_START, text) });
  }
  return { run: { segment, from: 0, count: entries.length, previous: CHAIN_START, head: entries.at(-1)?.hash ?? CHAIN_START }, entries, seed: SEED };
}

describe('records of the generator', () => {
  it.each([1, 2, 20_261_122])('SYN-62 come out of every codec, alone and in bundles, as they went in (seed %i)', (seed) => {
    const runs = [generated(seed), generated(seed + 100)];
    expect(runs[0]!.entries.length).toBeGreaterThan(100);
    const tools = { sha256, compression: zstd };
    const sizes = CODECS_READ.map((id) => {
      const codec = codecNamed(id)!;
      const content = codec.encodeBatch(tools, runs, 'quick');
      const read = codec.decodeBatch(tools, runs.map(({ run }) => run), content);
      if (!read.ok) throw new Error(read.fault.code);
      expect(read.value.map(({ entries }) => entries.map(({ headerText: text, salt, body, hash }) => [text, toHex(salt), toHex(body!), toHex(hash)])))
        .toEqual(runs.map(({ entries }) => entries.map(({ headerText: text, salt, body, hash }) => [text, toHex(salt), toHex(body!), toHex(hash!)])));
      return content.length;
    });
    expect(sizes[0]).toBeLessThan(sizes[1]!);
  });
});
