import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { groupCounts, groupOf, timelineRows, typesOf } from './timeline-rows.ts';

const at = (day: number, hour = 9) => Date.UTC(2026, 6, day, hour);
const item = (record: string, type: string, time: number | null, encounter: string | null = null): ChartItem => ({
  record: record as RecordId, type, at: time, precision: time === null ? null : 'time', title: record, detail: null, status: null, encounter: encounter as RecordId | null, conflict: false, contested: [], amended: false,
});

describe('the timeline', () => {
  it('puts each encounter above what was charted in it', () => {
    const rows = timelineRows([item('note', 'DocumentReference', at(14, 10), 'visit'), item('bp', 'Observation', at(14, 9), 'visit'), item('visit', 'Encounter', at(14, 8)), item('old', 'Condition', at(1))], 'UTC');
    expect(rows.map((row) => [row.item.record, row.nested])).toEqual([['visit', false], ['note', true], ['bp', true], ['old', false]]);
  });

  it('says the minute of an encounter once', () => {
    const rows = timelineRows([item('late', 'DocumentReference', at(14, 10), 'visit'), item('bp', 'Observation', at(14, 8), 'visit'), item('visit', 'Encounter', at(14, 8)), item('other', 'Condition', at(14, 8))], 'UTC');
    expect(rows.map((row) => [row.item.record, row.sameTime])).toEqual([['visit', false], ['late', false], ['bp', false], ['other', false]]);
    expect(timelineRows([item('bp', 'Observation', at(14, 8), 'visit'), item('visit', 'Encounter', at(14, 8))], 'UTC').map((row) => row.sameTime)).toEqual([false, true]);
  });

  it('does not nest under an encounter that is not loaded', () => {
    const rows = timelineRows([item('note', 'DocumentReference', at(14), 'elsewhere')], 'UTC');
    expect(rows).toEqual([{ item: expect.objectContaining({ record: 'note' }), nested: false, year: 2026, sameTime: false }]);
  });

  it('marks the first row of each year, and none of what has no date', () => {
    const rows = timelineRows([item('a', 'Condition', Date.UTC(2026, 1, 1)), item('b', 'Condition', Date.UTC(2026, 0, 1, 12)), item('c', 'Condition', Date.UTC(2024, 5, 1)), item('d', 'Condition', null)], 'UTC');
    expect(rows.map(({ year }) => year)).toEqual([2026, null, 2024, null]);
  });

  it('shows every item once', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 30 });
    fc.assert(
      fc.property(ids, fc.infiniteStream(fc.nat({ max: 5 })), (records, picks) => {
        const items = records.map((record) => item(record, (picks.next().value ?? 0) < 2 ? 'Encounter' : 'Observation', at(1 + (picks.next().value ?? 0)), records[picks.next().value ?? 0] ?? null));
        expect(timelineRows(items, 'UTC').map((row) => row.item.record).sort()).toEqual([...records].sort());
      }),
    );
  });
});

describe('filters', () => {
  const counts = { Observation: 20, Encounter: 3, Claim: 7, MedicationRequest: 2 };
  it('stand for the types of the chart', () => {
    expect(typesOf('all', counts)).toEqual([]);
    expect(typesOf('other', counts)).toEqual(['Claim']);
    expect(typesOf('problem', counts)).toContain('Condition');
  });

  it('show what there is, each type under one group', () => {
    expect(groupCounts(counts)).toEqual([{ group: 'encounter', count: 3 }, { group: 'measurement', count: 20 }, { group: 'medication', count: 2 }, { group: 'other', count: 7 }]);
    expect(groupOf('Condition')).toBe('problem');
    expect(groupOf('Claim')).toBe('other');
  });
});
