import { describe, expect, it } from 'vitest';
import { addTotals, NO_TESTS, summary, totalsOf } from './test-totals.ts';

const report = (numbers: Readonly<Record<string, number | boolean>>) => (): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numFailedTestSuites: 0, success: true, ...numbers, testResults: [] }));

describe('totals', () => {
  it('are read from each report and added', () => {
    const one = totalsOf('a', report({ numPassedTests: 5, numPendingTests: 1, numTodoTests: 1 }));
    const other = totalsOf('b', report({ numPassedTests: 2, numFailedTests: 3, numFailedTestSuites: 1, success: false }));
    expect(summary([one, other].reduce(addTotals, NO_TESTS))).toBe('7 passed, 3 failed, 2 skipped');
  });

  it('count a test file that could not be loaded as failed', () => {
    expect(totalsOf('a', report({ numPassedTests: 4, numFailedTestSuites: 2, success: false }))).toEqual({ passed: 4, failed: 2, skipped: 0 });
    expect(totalsOf('a', report({ success: false }))).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('count a run that left no report, or half of one, as failed', () => {
    const absent = (): Uint8Array => { throw new Error('ENOENT'); };
    expect(totalsOf('a', absent)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(totalsOf('a', () => new TextEncoder().encode('{"numPassedTests": 3'))).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});
