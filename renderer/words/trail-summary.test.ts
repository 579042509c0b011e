import { expect, it } from 'vitest';
import { CALL_NAMES } from '../../shared/ipc/contract.ts';
import { summaryWords } from './trail-summary.ts';

it.each([
  ['chart.open (3)', 'the whole chart'],
  ['chart.banner', 'name and allergies'],
  ['patients.recent: DENIED (default)', 'who was seen lately. Your role does not allow this here'],
  ['medication.record: DENIED (nurses-do-not-prescribe)', 'prescribing. Your role does not allow this here (nurses-do-not-prescribe)'],
  ['household-7.json: taken, 12', 'household-7.json: taken, 12'],
  ['ada: CREDENTIALS_REFUSED', 'ada: CREDENTIALS_REFUSED'],
  ['future.call (2)', 'future.call'],
  ['', ''],
])('%s reads %s', (summary, words) => expect(summaryWords(summary)).toBe(words));

it('has words only for calls there are', () => {
  for (const name of CALL_NAMES) expect(summaryWords(name)).not.toBe('');
  expect(CALL_NAMES.filter((name) => summaryWords(name) !== name).length).toBeGreaterThan(20);
});
