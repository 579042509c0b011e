import { z } from 'zod';

export type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number };
export const NO_TESTS: Totals = { passed: 0, failed: 0, skipped: 0 };

/** The part of vitest's JSON report that is counted. */
const Report = z.object({ numPassedTests: z.int(), numFailedTests: z.int(), numPendingTests: z.int(), numTodoTests: z.int(), numFailedTestSuites: z.int(), success: z.boolean() });

/** Reads one report. A run that left none, or one that cannot be read, counts as one failure. */
export function totalsOf(path: string, read: (path: string) => Uint8Array): Totals {
  try {
    const report = Report.parse(JSON.parse(new TextDecoder().decode(read(path))));
    // A file that could not be loaded has no tests to fail, and yet it failed.
    const failed = report.numFailedTests > 0 || report.success ? report.numFailedTests : Math.max(1, report.numFailedTestSuites);
    return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
  } catch (error) {
    if (error instanceof Error) return { passed: 0, failed: 1, skipped: 0 };
    throw error;
  }
}

export function addTotals(one: Totals, other: Totals): Totals {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed, skipped: one.skipped + other.skipped };
}

export function summary({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
