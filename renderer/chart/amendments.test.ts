import { expect, it } from 'vitest';
import { amendmentsOf, fieldsOf } from './amendments.ts';

it('never offers the state a record is in, nor anything for types that may not be amended here', () => {
  expect(amendmentsOf('Condition', 'active')).toEqual(['resolved', 'remission', 'inactive', 'entered-in-error']);
  expect(amendmentsOf('Observation', 'entered-in-error')).toEqual([]);
  expect(amendmentsOf('Claim', 'active')).toEqual([]);
});

it('takes the clinical status away from what was entered in error', () => {
  expect(fieldsOf('Condition', 'entered-in-error', 'active')).toEqual({
    verificationStatus: '{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]}',
    clinicalStatus: null,
  });
});

it('says that a refuted allergy is no longer active', () => {
  const fields = fieldsOf('AllergyIntolerance', 'refuted', 'active');
  expect(JSON.parse(fields['verificationStatus']!)).toMatchObject({ coding: [{ code: 'refuted' }] });
  expect(JSON.parse(fields['clinicalStatus']!)).toMatchObject({ coding: [{ code: 'inactive' }] });
});

it('vouches again only for what was withdrawn', () => {
  expect(Object.keys(fieldsOf('Condition', 'resolved', 'active'))).toEqual(['clinicalStatus']);
  expect(Object.keys(fieldsOf('Condition', 'active', 'entered-in-error'))).toEqual(['clinicalStatus', 'verificationStatus']);
});

it('sets the plain status of everything else', () => {
  expect(fieldsOf('MedicationRequest', 'stopped', 'active')).toEqual({ status: '"stopped"' });
});
