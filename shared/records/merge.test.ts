import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oracle, SAFETY_FIELDS, type OracleField, type OracleSet } from '../../build/fixtures/merge-oracle.ts';
import { entryId, SegmentId, type EntryId } from '../base/ids.ts';
import { mergeClass } from './merge-class.ts';
import { mergeHeads, type Head } from './merge.ts';
import { mergeRecord, type Creation, type Setting } from './merge-record.ts';

const SEGMENT = SegmentId.parse('00000000000000a1');
const id = (sequence: number): EntryId => entryId(SEGMENT, sequence);
const head = (sequence: number, value: string | null, at = sequence): Head => ({ entry: id(sequence), clock: [at, 0], value });

/** Up to six entries that each knew some of those before; written by clocks that need not agree. */
const setsOf = (field: OracleField): fc.Arbitrary<readonly OracleSet[]> => {
  const texts = field.values.flatMap((value) => value.texts);
  return fc
    .array(fc.record({ text: fc.constantFrom(...texts), at: fc.nat({ max: 8 }), knew: fc.array(fc.nat({ max: 5 }), { maxLength: 3 }) }), { minLength: 1, maxLength: 6 })
    .map((drawn) => drawn.map(({ text, at, knew }, index) => ({ id: id(index), at, text, knew: knew.filter((other) => other < index).map(id) })));
};

describe.each(SAFETY_FIELDS)('$name', (field) => {
  it('MRG-1 counts the same whatever the order of arrival, as the oracle says', () => {
    fc.assert(
      fc.property(setsOf(field).chain((sets) => fc.tuple(fc.constant(sets), fc.shuffledSubarray([...sets], { minLength: sets.length }))), ([sets, arrived]) => {
        const said = oracle(field, sets);
        const heads = arrived.filter((set) => said.live.includes(set.id)).map((set): Head => ({ entry: set.id as EntryId, clock: [set.at, 0], value: set.text }));
        const merged = mergeHeads(field.type, field.element, heads);
        expect({ counts: merged.used, conflict: merged.conflict !== null }).toEqual({ counts: said.counts, conflict: said.conflict });
        expect(merged.value).toBe(sets.find((set) => set.id === said.counts)?.text);
        if (merged.conflict !== null) expect(merged.conflict).toMatchObject({ severity: 'safety', basis: field.careful ? 'careful' : 'unsettled' });
      }),
    );
  });
});

describe('merging', () => {
  it('MRG-2 values that say the same are no conflict, however they are written', () => {
    const active = ['{"coding":[{"system":"s","code":"active"}]}', '{"text":"Active","coding":[{"code":"active","system":"s","display":"Active"}]}'];
    expect(mergeHeads('Condition', 'clinicalStatus', active.map((value, at) => head(at, value))).conflict).toBeNull();
    expect(mergeHeads('Patient', 'name', [head(1, '[{"family":"Obi","given":["Ada"]}]'), head(2, '[{"given":["Ada"],"family":"Obi"}]')]).conflict).toBeNull();
    expect(mergeHeads('AllergyIntolerance', 'criticality', [head(1, null), head(2, '"unable-to-assess"')]).conflict).toBeNull();
  });

  it('MRG-2 digits that were written are part of a value', () => {
    expect(mergeHeads('Observation', 'valueQuantity', [head(1, '{"value":5.0}'), head(2, '{"value":5}')]).conflict).not.toBeNull();
    expect(mergeHeads('Patient', 'identifier', [head(1, '[{"value":90071992547409931}]'), head(2, '[{"value":90071992547409932}]')]).conflict).not.toBeNull();
  });

  it('MRG-3 a value nobody here knows is shown rather than hidden, and settles nothing', () => {
    const resolved = '{"coding":[{"code":"resolved"}]}';
    const unheard = '{"coding":[{"code":"smouldering"}]}';
    expect(mergeHeads('Condition', 'clinicalStatus', [head(1, unheard), head(2, resolved)])).toMatchObject({ used: id(1), conflict: { basis: 'unsettled' } });
    expect(mergeHeads('Condition', 'clinicalStatus', [head(1, unheard), head(2, resolved), head(3, '{"coding":[{"code":"active"}]}')])).toMatchObject({ used: id(3), conflict: { basis: 'unsettled' } });
    expect(mergeHeads('Condition', 'clinicalStatus', [head(1, '{"text":"doing well"}'), head(2, resolved)])).toMatchObject({ used: id(1), conflict: { basis: 'unsettled' } });
  });

  it('MRG-4 of two doses neither wins by its size: the newest is shown, unsettled', () => {
    const [low, high] = ['[{"text":"50 mg"}]', '[{"text":"500 mg"}]'];
    expect(mergeHeads('MedicationRequest', 'dosageInstruction', [head(1, high), head(2, low)])).toMatchObject({ value: low, conflict: { severity: 'safety', basis: 'unsettled' } });
    expect(mergeHeads('MedicationRequest', 'dosageInstruction', [head(2, high), head(1, low)])).toMatchObject({ value: high, conflict: { severity: 'safety', basis: 'unsettled' } });
  });

  it('MRG-5 where a person decides nothing the newest counts, and the conflict is for review', () => {
    expect(mergeClass('Patient', 'telecom')).toBe('review');
    expect(mergeHeads('Patient', 'telecom', [head(1, '[{"value":"1"}]'), head(2, '[{"value":"2"}]')])).toMatchObject({ used: id(2), conflict: { severity: 'review', basis: 'newest' } });
  });

  it('MRG-6 a conflict is as old as the second of its values', () => {
    const [a, b, c] = ['"female"', '"male"', '"unknown"'];
    expect(mergeHeads('Patient', 'gender', [head(1, a, 10), head(2, b, 40), head(3, c, 90), head(4, a, 20)]).conflict?.since).toBe(40);
  });

  it('MRG-7 a chart that somebody restricted stays restricted, and no one is asked about it', () => {
    const labelled = '{"security":[{"code":"R"}]}';
    for (const other of ['{"versionId":"7"}', '{"security":[{"code":"N"}]}', null]) {
      expect(mergeHeads('Patient', 'meta', [head(1, labelled), head(2, other)])).toEqual({ value: labelled, used: id(1), conflict: null });
    }
    expect(mergeHeads('Patient', 'meta', [head(1, '{"versionId":"6"}'), head(2, '{"versionId":"7"}')])).toMatchObject({ used: id(2), conflict: null });
  });

  it('MRG-8 a flag against resuscitation counts only while nobody lifts it; any other flag while anybody keeps it', () => {
    const heads = [head(1, '"active"'), head(2, '"inactive"')];
    expect(mergeHeads('Flag', 'status', heads, '{"coding":[{"code":"304253006"}]}').value).toBe('"inactive"');
    expect(mergeHeads('Flag', 'status', heads, '{"text":"Isolation"}').value).toBe('"active"');
  });

  it('MRG-9 two values of which each has superseded the other are both live, and a person is asked', () => {
    const creation: Creation = { entry: id(0), clock: [0, 0], elements: new Map([['resourceType', '"AllergyIntolerance"'], ['criticality', '"low"']]) };
    const setting = (sequence: number, value: string, superseded: boolean): Setting => ({ element: 'criticality', entry: id(sequence), clock: [sequence, 0], present: true, superseded, value });
    const settled: Setting = { element: 'criticality', entry: id(0), clock: [0, 0], present: false, superseded: true, value: null };
    const merged = mergeRecord('AllergyIntolerance', [creation], [settled, setting(1, '"low"', true), setting(2, '"high"', true)]);
    expect(JSON.parse(merged?.text ?? '')).toMatchObject({ criticality: 'high' });
    expect(merged?.conflicts).toMatchObject([['criticality', { severity: 'safety' }]]);
    // Whoever has seen both settles it, as always.
    expect(mergeRecord('AllergyIntolerance', [creation], [settled, setting(1, '"low"', true), setting(2, '"high"', true), setting(3, '"low"', false)])).toMatchObject({ conflicts: [] });
  });
});
