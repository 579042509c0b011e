import { expect, it } from 'vitest';
import { forgedSegment } from '../../build/fixtures/forged-entries.ts';
import { openTestLedger } from '../../build/fixtures/test-ledger.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import { readTrail, trailLines } from './audit.ts';
import { verifyLedger } from './verify.ts';

const GARBAGE = [utf8('zzz'), Uint8Array.of(0xff, 0xfe)];
const KINDS = ['chart.viewed', 'call.refused', 'import.file', 'sync.refused', 'checkpoint'];

it('AUD-7 content that does not read hides no other entry', () => {
  const test = openTestLedger();
  const { read } = test.ledger;
  expect(test.ledger.receive([{ entries: forgedSegment(...KINDS.flatMap((kind) => GARBAGE.map((raw) => ({ kind, raw })))) }], () => undefined).ok).toBe(true);
  const entries = Number(read.get('SELECT count(*) AS n FROM ledger')?.['n']);
  expect(readTrail(read, { patient: null, userName: null, kinds: [], refusedOnly: false, from: null, to: null, before: null, limit: 500 }).lines).toHaveLength(entries);
  expect([...trailLines(read, null, null)]).toHaveLength(entries);
  const steps = verifyLedger(read, null);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const unsigned = 'the checkpoint\'s signature does not hold';
  expect(step.value.problems.map(({ problem }) => problem)).toEqual([unsigned, unsigned]);
  test.close();
});
