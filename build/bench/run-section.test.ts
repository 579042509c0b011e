import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alone, compared } from './figure.ts';
import { pageWith, Run } from './run-section.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/benchmarks.md'), 'utf8');

function runOf(figures: Run['figures'], notRun: Run['notRun'] = []): Run {
  return Run.parse(JSON.parse(JSON.stringify({ takenAt: '2026-11-22T12:00:00.000Z', sizes: { name: 'full' }, machine: { memory: '8 GiB' }, versions: { Node: '24.21.0' }, figures, notRun })));
}

it('a run takes the place of the one before, each figure once, in its part of the page', () => {
  const first = pageWith(PAGE, runOf([alone({ id: 'sync.entry.view', what: 'a view | seen' }, [3.2], 'bytes', { most: 3.5 }), alone({ id: 'new.figure', what: 'something new' }, [1], 's')])) ?? '';
  expect(first).toContain('1 of 1 targets met');
  expect(first).toContain('| a view \\| seen | 3.2 bytes |  |  |  | <= 3.5 bytes: met |');
  expect(first.split('something new')).toHaveLength(2);
  expect(first.indexOf('### Everything else')).toBeGreaterThan(first.indexOf('### The weak line'));
  const second = pageWith(first, runOf([compared({ id: 'commit.vitals', what: 'commit' }, 'ms', { ours: [2, 4], beside: [1, 2], besideWhat: 'one row' })], [{ what: 'PouchDB', because: 'no network\n  at stack' }])) ?? '';
  expect(second).not.toContain('something new');
  expect(second).toContain('- PouchDB: no network\n');
  expect(second.startsWith(PAGE.slice(0, 500))).toBe(true);
  expect(pageWith('# nothing', runOf([]))).toBeNull();
});
