import { expect, it } from 'vitest';
import { onEachDatabase } from '../../build/fixtures/each-database.ts';
import { admitTo, headerOf, hubOver, hubSecrets, newSegment, pushed, testChain, testDevice } from '../../build/fixtures/test-batches.ts';
import { testDrivers } from '../../build/fixtures/test-databases.ts';
import { createDice } from '../../build/sim/model-world.ts';
import { seedOrder } from '../../shared/sync/hub-rules.ts';
import { Lane } from '../../shared/ledger/lanes.ts';
import type { LogSlice } from '../../shared/sync/hub-store.ts';
import { HubEpoch, type Cursor } from '../../shared/sync/envelope.ts';
import { epochOf } from './epoch.ts';
import { logEnd } from './log-marks.ts';
import { readSeed } from './log-seeds.ts';
import { createSeedIndexes } from './seed-index.ts';
import type { Reads } from './sql.ts';

const secrets = hubSecrets();
const SEGMENTS = 60;
/** Epoch, mark, sizes and rows. */
const STATEMENTS_A_PAGE = 4;

onEachDatabase(testDrivers('seeds'), ({ fresh }) => {
  it('SYN-212 a page of a seed takes a few statements however many segments there are, and pages of any size add up to the whole in its order', async () => {
    const sql = await fresh().open();
    const [author, reader] = [testDevice(), testDevice()];
    for (const each of [author, reader]) await admitTo(sql, each);
    const dice = createDice(3);
    const hub = hubOver(sql, secrets);
    const chains = Array.from({ length: SEGMENTS }, (_, index) => testChain(index % 10 === 0 ? reader.device : author.device, newSegment(), 2 + dice.below(6)));
    const owner = (index: number) => (index % 10 === 0 ? reader : author);
    const [writing, reading] = [await hub.converse(author), await hub.converse(reader)];
    const push = async (index: number, from: number, to: number): Promise<void> => {
      const by = owner(index);
      expect(await pushed(by === author ? writing : reading, await hub.batch(by, headerOf(by.device, chains[index]!, from, to), chains[index]!.slice(from, to)))).toBe(`receipt ${to}`);
    };
    for (const [index] of chains.entries()) await push(index, 0, 2);
    const at: Cursor = { epoch: HubEpoch.parse(await epochOf(sql)), ...(await logEnd(sql)) };
    const lanes = chains.map(() => Lane.parse(dice.below(4)));
    await sql.write('log', async (tx) => {
      for (const [index, chain] of chains.entries()) await tx.run('UPDATE segment SET lane = ? WHERE id = ?', lanes[index]!, chain[0]!.segment);
    });
    // Behind its place the log goes on.
    for (const [index, chain] of chains.entries()) if (chain.length > 2) await push(index, 2, chain.length);

    const wanted = seedOrder(chains.map((chain, index) => ({ segment: chain[0]!.segment, number: index, lane: lanes[index]!, length: 2 })).filter(({ number }) => owner(number) === author)).flatMap(({ segment }) => [`${segment}.0`, `${segment}.1`]);
    for (const [maxEntries, maxRawBytes] of [[1000, 1e6], [7, 1e6], [1000, 2500], [1, 1]] as const) {
      const indexes = createSeedIndexes();
      const seen: string[] = [];
      for (let after = 0, last = 1; after < last; ) {
        let statements = 0;
        const slice = await sql.snapshot((view) => {
          const counted: Reads = { all: (text, ...values) => ((statements += 1), view.all(text, ...values)), get: (text, ...values) => ((statements += 1), view.get(text, ...values)) };
          return readSeed(counted, sql.cells, indexes, { device: reader.device, stream: { kind: 'seed', at, after }, own: false, maxEntries, maxRawBytes }, { kind: 'seed', at, after });
        });
        const { rows, next, last: all } = slice as LogSlice;
        expect(statements).toBeLessThanOrEqual(STATEMENTS_A_PAGE + (after === 0 ? 1 : 0));
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.length).toBeLessThanOrEqual(maxEntries);
        seen.push(...rows.map(({ segment, sequence }) => `${segment}.${sequence}`));
        [after, last] = [next, all];
      }
      expect(seen).toEqual(wanted);
    }
    const beyond = { kind: 'seed' as const, at, after: wanted.length };
    const end = { device: reader.device, stream: beyond, own: false, maxEntries: 10, maxRawBytes: 1e6 };
    expect(await sql.snapshot((view) => readSeed(view, sql.cells, createSeedIndexes(), end, beyond))).toMatchObject({ rows: [], next: wanted.length, last: wanted.length });
    expect(await sql.snapshot((view) => readSeed(view, sql.cells, createSeedIndexes(), end, { ...beyond, after: wanted.length + 1 }))).toBeNull();
    expect(await sql.snapshot((view) => readSeed(view, sql.cells, createSeedIndexes(), end, { ...beyond, at: { ...at, mark: '00'.repeat(8) } }))).toBeNull();
  });
});
