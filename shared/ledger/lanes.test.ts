import fc from 'fast-check';
import { expect, it } from 'vitest';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { ENTRY_KINDS } from './kinds.ts';
import { LANE, Lane, laneOf, LANES, LARGE_BODY_BYTES } from './lanes.ts';

const kindsOf = (lane: Lane): readonly string[] => ENTRY_KINDS.filter((kind) => laneOf(kind) === lane);

it('LED-16 every kind this version writes has the lane that is promised for it', () => {
  expect(kindsOf(LANE.urgent)).toEqual(['ledger.forked', 'breakglass.open', 'history.contradicted', 'patient.register', 'allergy', 'allergy.none']);
  expect(kindsOf(LANE.reads)).toEqual([
    'session.open', 'session.close', 'session.refused', 'session.level', 'call.refused', 'vault.recovered', 'device.enrolled', 'neighbours.changed', 'order.applied', 'order.refused', 'lease.over',
    'patient.searched', 'chart.viewed', 'record.viewed', 'audit.viewed', 'staff.viewed', 'sync.viewed', 'export.made', 'audit.exported', 'audit.verified', 'sync.done', 'sync.refused', 'scope.evicted', 'scope.admitted',
  ]);
  expect(kindsOf(LANE.bulk)).toEqual(['import.started', 'import.file', 'import.finished']);
});

const coded = (code: string) => ({ coding: [{ system: 'x', code }] });
const urgent: readonly (readonly [string, unknown])[] = [
  ['an allergy', { resourceType: 'AllergyIntolerance' }],
  ['a flag', { resourceType: 'Flag' }],
  ['an urgent referral', { resourceType: 'ServiceRequest', priority: 'urgent' }],
  ['a medication to be given at once', { resourceType: 'MedicationRequest', priority: 'stat' }],
  ['a critical result', { resourceType: 'Observation', interpretation: [coded('HH')] }],
  ['a critical result with one interpretation in no list', { resourceType: 'Observation', interpretation: coded('LL') }],
  ['an order not to resuscitate', { resourceType: 'Consent', category: [coded('dnr')] }],
  ['a resuscitation status', { resourceType: 'Observation', code: coded('304251008') }],
];
it.each(urgent)('LED-16 %s as a resource is urgent', (_what, body) => {
  expect(laneOf('resource', { body })).toBe(LANE.urgent);
});

const clinical: readonly (readonly [string, unknown])[] = [
  ['a routine referral', { resourceType: 'ServiceRequest', priority: 'routine' }],
  ['a high result', { resourceType: 'Observation', interpretation: [coded('H')] }],
  ['a consent to share', { resourceType: 'Consent', category: [coded('idscl')] }],
  ['no resource', null],
];
it.each(clinical)('LED-16 %s as a resource is clinical', (_what, body) => {
  expect(laneOf('resource', { body })).toBe(LANE.clinical);
});

it('LED-16 an amendment goes as what it amends, and an order made urgent goes at once', () => {
  expect(laneOf('amend', { recordType: 'AllergyIntolerance', body: { fields: { criticality: '"high"' } } })).toBe(LANE.urgent);
  expect(laneOf('amend', { recordType: 'ServiceRequest', body: { fields: { priority: '"stat"' } } })).toBe(LANE.urgent);
  expect(laneOf('amend', { recordType: 'ServiceRequest', body: { fields: { priority: '"routine"' } } })).toBe(LANE.clinical);
  expect(laneOf('amend', { recordType: 'Patient', body: { fields: { telecom: null } } })).toBe(LANE.clinical);
});

it('LED-16 what is large goes last, but a sign-in stays where the trail looks for it', () => {
  expect(laneOf('note', { bytes: LARGE_BODY_BYTES })).toBe(LANE.bulk);
  expect(laneOf('note', { bytes: LARGE_BODY_BYTES - 1 })).toBe(LANE.clinical);
  expect(laneOf('resource', { bytes: LARGE_BODY_BYTES, body: { resourceType: 'Flag' } })).toBe(LANE.bulk);
  expect(laneOf('session.open', { bytes: LARGE_BODY_BYTES })).toBe(LANE.reads);
});

it('LED-16 any kind with any body whatever has a lane', () => {
  const seed = testSeedOf(process.env['OUTPOST_SEED']);
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...ENTRY_KINDS), fc.string()), fc.jsonValue(), fc.option(fc.string()), (kind, body, recordType) => {
      expect(LANES).toContain(laneOf(kind, { body, recordType }));
    }),
    { seed },
  );
});

it('LED-16 a lane nobody here knows, or none, counts as clinical', () => {
  for (const lane of [undefined, null, 4, -1, '0', 1.5]) expect(Lane.parse(lane)).toBe(LANE.clinical);
  for (const lane of LANES) expect(Lane.parse(lane)).toBe(lane);
});
