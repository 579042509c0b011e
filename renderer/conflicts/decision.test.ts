import { describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import type { Conflict, Value } from './conflicts.data.ts';
import { decisionOf, needsReason, optionsOf, seenIn } from './decision.ts';

const value = (json: string | null, entry: string, change: Partial<Value> = {}): Value =>
  ({ text: json ?? '', json, companion: null, used: false, by: [{ entry }], site: '', correctedAt: null, reason: null, knew: [], person: null, ...change }) as Value;
const conflict = (change: Partial<Conflict>): Conflict =>
  ({ kind: 'field', record: 'r' as RecordId, field: 'status', type: 'Condition', title: '', patient: null, patientName: '', severity: 'safety', basis: 'careful', since: 0, asked: null, detail: null, companionField: null, questions: [], people: [], values: [], ...change }) as Conflict;
const offered = (of: Conflict) => optionsOf(of).map(({ key, kind }) => `${key} ${kind}`);

describe('what can be decided', () => {
  it('each value by its number, and none of them; a code is not typed', () => {
    expect(offered(conflict({ values: [value('"active"', 'a'), value('"stopped"', 'b'), value('"completed"', 'c')] }))).toEqual(['1 value', '2 value', '3 value', 'X none']);
  });

  it('lists together, words anew, and what is absent as one of the values', () => {
    expect(offered(conflict({ field: 'telecom', values: [value('[{"value":"1"}]', 'a'), value('[{"value":"2"}]', 'b')] }))).toEqual(['1 value', '2 value', 'B together', 'X none']);
    expect(offered(conflict({ field: 'dosageInstruction', values: [value('[{"text":"1 mg"}]', 'a'), value('[{"text":"2 mg"}]', 'b')] }))).toEqual(['1 value', '2 value', 'O other', 'X none']);
    expect(offered(conflict({ field: 'dosageInstruction', values: [value(null, 'a'), value('[{"text":"2 mg"}]', 'b')] }))).toEqual(['1 value', '2 value', 'O other']);
  });

  it('for what is no field: its own ways out', () => {
    expect(offered(conflict({ kind: 'none-known', values: [value(null, 'a', { used: true }), value(null, 'b')] }))).toEqual(['1 settle', '2 settle']);
    expect(offered(conflict({ kind: 'amended', severity: 'review' }))).toEqual(['1 settle']);
    expect(offered(conflict({ kind: 'same-person', severity: 'review' }))).toEqual(['1 settle', '2 settle']);
    expect(offered(conflict({ kind: 'double-booked', severity: 'review' }))).toEqual(['1 settle', '2 settle', '3 settle']);
  });
});

describe('a decision', () => {
  const dose = conflict({ field: 'dosageInstruction', values: [value('[{"text":"1 mg"}]', 'a.1'), value('[{"text":"2 mg"}]', 'b.2', { by: [{ entry: 'b.2' }, { entry: 'c.3' }] as never })] });
  const option = (kind: string, of = dose) => optionsOf(of).find((each) => each.kind === kind)!;

  it('names every entry that was on the screen', () => {
    expect(seenIn(dose)).toEqual(['a.1', 'b.2', 'c.3']);
    expect(decisionOf(dose, optionsOf(dose)[1]!, '', ' asked her ', seenIn(dose))).toEqual({ call: 'conflicts.resolve', input: { record: 'r', field: 'dosageInstruction', value: '[{"text":"2 mg"}]', seen: ['a.1', 'b.2', 'c.3'], reason: 'asked her' } });
    expect(decisionOf(dose, option('none'), '', 'x', ['d'])).toMatchObject({ input: { value: null, seen: ['d'] } });
  });

  it('takes what was typed only where it fits', () => {
    expect(decisionOf(dose, option('other'), '  ', 'why', [])).toBeNull();
    expect(decisionOf(dose, option('other'), '1.5 mg', 'why', [])).toMatchObject({ input: { value: '[{"text":"1.5 mg"}]' } });
  });

  it('settles what is no field by its choice', () => {
    const none = conflict({ kind: 'none-known', field: '#none-known', values: [value(null, 'a', { used: true }), value(null, 'b')] });
    expect(optionsOf(none).map((each) => decisionOf(none, each, '', 'asked', [])?.input)).toMatchObject([{ choice: 'allergy-stands' }, { choice: 'none-known' }]);
  });

  it('asks for a reason where safety demands it', () => {
    expect(needsReason(dose)).toBe(true);
    expect(needsReason(conflict({ severity: 'review' }))).toBe(false);
    expect(needsReason(conflict({ severity: 'review', kind: 'same-person' }))).toBe(true);
  });
});
