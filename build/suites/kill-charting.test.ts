import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyLedger } from '../../main/audit/verify.ts';
import { recordIdOf, type EntryId } from '../../shared/base/ids.ts';
import { openTestLedger } from '../fixtures/test-ledger.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';
import { testSeedOf } from '../sim/first-seed.ts';

const KILLS = Number(process.env['OUTPOST_KILLS'] ?? 200);
const KILLS_PER_VAULT = 20;
const CHARTING_MAX_MS = 120;
const CHILD = join(import.meta.dirname, 'charting-child.ts');

/** Charts in a process of its own and kills it a random moment after it began; gives back what it had acknowledged. */
function chartAndKill(folder: string, seed: number, afterMs: number): Promise<{ entry: EntryId; records: number }[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, folder, String(seed)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let problem = '';
    child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      if (text === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      text += chunk.toString();
    });
    child.once('close', (_code, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the child ended by itself: ${problem}`));
      const whole = text.split('\n').slice(0, -1).filter((line) => line !== 'ready');
      resolve(whole.map((line) => ({ entry: line.split(' ')[0] as EntryId, records: Number(line.split(' ')[1]) })));
    });
  });
}

describe('kill -9 while charting', () => {
  it(`${KILLS} kills: no acknowledged entry lost, nothing half-written, chain and projection hold`, async () => {
    const seed = testSeedOf(process.env['OUTPOST_SEED']);
    console.log(`kill-charting seed ${seed} (set OUTPOST_SEED to repeat)`);
    let state = seed;
    const random = (below: number) => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below;
    let acknowledged = 0;
    let beyond = 0;
    for (let kill = 0; kill < KILLS; kill += KILLS_PER_VAULT) {
      const folder = temporaryFolder();
      const all: { entry: EntryId; records: number }[] = [];
      for (let round = 0; round < KILLS_PER_VAULT; round += 1) {
        all.push(...(await chartAndKill(folder.path, seed + kill + round, random(CHARTING_MAX_MS))));
        const test = openTestLedger({ folder: folder.path });
        const { read } = test.ledger;
        for (const { entry, records } of all) {
          const [segment = '', sequence] = entry.split('.');
          const row = read.get('SELECT position FROM ledger WHERE sequence = ? AND segment = (SELECT ref FROM segment WHERE id = ?)', Number(sequence), segment);
          expect(row, `acknowledged entry ${entry} after kill ${kill + round}`).toBeDefined();
          expect(read.get('SELECT 1 AS there FROM outbox WHERE position = ?', Number(row?.['position']))).toEqual({ there: 1 });
          for (let part = 0; part < records; part += 1) expect(read.get('SELECT 1 AS there FROM record WHERE id = ?', recordIdOf(entry, part))).toEqual({ there: 1 });
        }
        const total = Number(read.get("SELECT count(*) AS n FROM ledger WHERE kind NOT IN ('segment.open', 'session.open')")?.['n']);
        if (round === KILLS_PER_VAULT - 1) beyond += total - all.length;
        const steps = verifyLedger(read, null);
        let step = steps.next();
        while (step.done !== true) step = steps.next();
        expect(step.value.problems).toEqual([]);
        expect(step.value.projection).toBe('equal');
        test.store.close();
      }
      acknowledged += all.length;
      folder.remove();
    }
    console.log(`kill-charting: ${KILLS} kills, ${acknowledged} acknowledged entries all there; entries committed but not yet acknowledged when killed: ${beyond}`);
    expect(acknowledged).toBeGreaterThan(KILLS);
  });
});
