import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apart, type Apart } from '../../build/fixtures/apart.ts';
import type { TestLedger } from '../../build/fixtures/test-ledger.ts';
import type { RecordId } from '../../shared/base/ids.ts';
import { readAllergies } from './banner.ts';
import { amend } from './charting.ts';
import { readRecord } from './record-detail.ts';

let world: Apart;
let here: TestLedger;
let there: TestLedger;
beforeEach(() => {
  world = apart('Front desk', 'Room 2');
  [here, there] = world.stations as [TestLedger, TestLedger];
});
afterEach(() => world.close());

const change = (station: TestLedger, record: RecordId, fields: Record<string, string | null>) => {
  station.clock.advance(1000);
  const done = amend(station.ledger, station.grant, { record, patient: world.patient, fields, reason: 'told so', seen: null });
  if (!done.ok) throw new Error(done.fault.code);
};
const clinical = (code: string) => `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"${code}"}]}`;
const certainty = (code: string) => `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"${code}"}]}`;
const conflicts = (station: TestLedger) => station.ledger.read.all('SELECT element, severity, basis FROM conflict ORDER BY element');
const status = (station: TestLedger, record: RecordId) => station.ledger.read.get('SELECT status FROM record WHERE id = ?', record)?.['status'];
const penicillin = (): RecordId => {
  const record = world.chart(here, 'allergy', (patient) => ({ patient, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'low', at: here.clock.now() }));
  world.meet();
  return record;
};

describe('amending while apart', () => {
  it('REC-3 an allergy stands while anybody says so: one refutes it, another finds it worse', () => {
    const record = penicillin();
    change(here, record, { clinicalStatus: clinical('inactive'), verificationStatus: certainty('refuted') });
    change(there, record, { criticality: '"high"' });
    world.meet();
    for (const station of world.stations) {
      expect(status(station, record)).toBe('active');
      expect(readAllergies(station.ledger.read, world.patient)).toMatchObject({ state: 'conflict', items: [{ text: 'Penicillin', criticality: 'high', conflict: true }] });
      expect(conflicts(station)).toEqual([{ element: 'clinicalStatus', severity: 'safety', basis: 'careful' }, { element: 'verificationStatus', severity: 'safety', basis: 'careful' }]);
    }
  });

  it('REC-3 also where an entry of version 0.1.0 set only half of what it meant', () => {
    const record = penicillin();
    change(here, record, { clinicalStatus: clinical('inactive'), verificationStatus: certainty('refuted') });
    const seen = there.ledger.read.get('SELECT created FROM record WHERE id = ?', record)?.['created'];
    const creation = there.ledger.read.get('SELECT header FROM ledger WHERE position = ?', Number(seen))?.['header'];
    const { segment, sequence } = JSON.parse(String(creation)) as { segment: string; sequence: number };
    there.clock.advance(1000);
    const old = { kind: 'amend' as const, patient: world.patient, record, parents: [`${segment}.${sequence}` as never], body: { fields: { clinicalStatus: clinical('active') .replace('}]}', ',"display":"Active"}]}') }, reason: 'rash again' } };
    expect(there.ledger.append(there.grant, [old]).ok).toBe(true);
    world.meet();
    for (const station of world.stations) {
      expect(status(station, record)).toBe('active');
      expect(readAllergies(station.ledger.read, world.patient).items).toHaveLength(1);
    }
  });

  it('REC-3 a medicine whose dose one changes and another stops is in conflict about whether it goes on', () => {
    const encounter = world.chart(here, 'encounter', (patient) => ({ patient, class: 'AMB', at: 1 }));
    const record = world.chart(here, 'medication', (patient) => ({ patient, encounter, medication: { text: 'Warfarin' }, dose: '1 mg', frequency: 'daily', at: 1 }));
    world.meet();
    change(here, record, { status: '"stopped"' });
    change(there, record, { dosageInstruction: '[{"text":"2 mg, daily"}]' });
    world.meet();
    for (const station of world.stations) {
      expect(status(station, record)).toBe('active');
      expect(conflicts(station)).toEqual([{ element: 'status', severity: 'safety', basis: 'careful' }]);
    }
  });

  it('REC-4 what was only said again is no change in the history, and settles nothing its author has not seen', () => {
    const record = penicillin();
    change(here, record, { criticality: '"high"' });
    expect(readRecord(here.ledger.read, record)?.history.at(-1)?.changes).toEqual([{ field: 'criticality', before: '"low"', after: '"high"' }]);
    change(there, record, { clinicalStatus: clinical('resolved') });
    world.meet();
    expect(conflicts(here)).toMatchObject([{ element: 'clinicalStatus' }]);
    change(here, record, { reaction: '[{"manifestation":[{"text":"rash"}]}]' });
    world.meet();
    expect(conflicts(there)).toMatchObject([{ element: 'clinicalStatus' }]);
    expect(status(there, record)).toBe('active');
  });

  it('REC-4 a withdrawn entry is not called back by correcting it', () => {
    const record = penicillin();
    change(here, record, { verificationStatus: certainty('entered-in-error'), clinicalStatus: null });
    change(here, record, { criticality: '"high"' });
    world.meet();
    expect(status(there, record)).toBe('entered-in-error');
    expect(conflicts(there)).toEqual([]);
  });
});
