import { describe, expect, it } from 'vitest';
import { FAULT_CODES } from '../../shared/ipc/faults.ts';
import { faultRule, faultSentence, faultWords } from './faults.ts';

describe('sentences for faults', () => {
  it.each(FAULT_CODES)('%s says what happened and what to do, as sentences', (code) => {
    const { what, todo } = faultWords({ code });
    for (const sentence of [what, todo]) expect(sentence).toMatch(/^[A-Z].*[.]$/s);
    expect(faultSentence({ code })).not.toContain(code);
  });

  it('tells a stopped engine from an error that may pass', () => {
    expect(faultWords({ code: 'INTERNAL', detail: { engine: 'stopped' } }).what).not.toBe(faultWords({ code: 'INTERNAL' }).what);
  });

  it('names the rule and the wait where the engine tells them', () => {
    expect(faultRule({ code: 'DENIED', detail: { rule: '1/nurses-do-not-prescribe' } })).toBe('1/nurses-do-not-prescribe');
    expect(faultRule({ code: 'DENIED' })).toBeNull();
    expect(faultWords({ code: 'TRY_LATER', detail: { waitMs: 14_200 } }).todo).toBe('Try again in 15 s.');
    expect(faultWords({ code: 'TRY_LATER', detail: { waitMs: 300_000 } }).todo).toBe('Try again in 5 min.');
  });
});
