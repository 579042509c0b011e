import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summariseResource } from './fhir-resource.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { summarisePatient } from './patient-summary.ts';

const summary = (resource: JsonObject): unknown => {
  const result = summariseResource(resource);
  return result.ok ? result.value : result.fault;
};

describe('a resource as the chart sees it', () => {
  it('reads an observation', () => {
    const resource = {
      resourceType: 'Observation',
      id: 'o1',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' }] },
      subject: { reference: 'Patient/a' },
      encounter: { reference: 'Encounter/e' },
      effectiveDateTime: '2024-02-29T10:00:00+05:00',
      issued: '2024-03-01T00:00:00Z',
    };
    expect(summary(resource)).toEqual({
      type: 'Observation',
      id: 'o1',
      patientReference: 'Patient/a',
      encounterReference: 'Encounter/e',
      eventTime: { ms: Date.UTC(2024, 1, 29, 5), precision: 'time', text: '2024-02-29T10:00:00+05:00' },
      status: 'final',
      code: { system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' },
    });
  });

  it.each<[string, JsonObject, string | null]>([
    ['patient', { resourceType: 'AllergyIntolerance', patient: { reference: 'Patient/a' } }, 'Patient/a'],
    ['beneficiary', { resourceType: 'Coverage', beneficiary: { reference: 'Patient/a' } }, 'Patient/a'],
    ['for', { resourceType: 'Task', for: { reference: 'urn:uuid:x', type: 'Patient' } }, null],
    ['an account with several subjects', { resourceType: 'Account', subject: [{ reference: 'Device/d' }, { reference: 'Patient/a' }] }, 'Patient/a'],
    ['an appointment', { resourceType: 'Appointment', participant: [{ actor: { reference: 'Practitioner/p' } }, { actor: { reference: 'http://x.example/fhir/Patient/a' } }] }, 'http://x.example/fhir/Patient/a'],
    ['a group', { resourceType: 'Observation', subject: { reference: 'Group/g' } }, null],
    ['a urn that may be a patient', { resourceType: 'Observation', subject: { reference: 'urn:uuid:3b1f8f0e-7c2a-4d52-9a55-0f6f8f2f9c11' } }, 'urn:uuid:3b1f8f0e-7c2a-4d52-9a55-0f6f8f2f9c11'],
    ['a urn that is said to be a location', { resourceType: 'Observation', subject: { type: 'Location', reference: 'urn:uuid:3b1f8f0e-7c2a-4d52-9a55-0f6f8f2f9c11' } }, null],
    ['a patient itself', { resourceType: 'Patient', subject: { reference: 'Patient/b' } }, null],
  ])('whom it concerns: %s', (_, resource, expected) => {
    expect(summary(resource)).toMatchObject({ patientReference: expected });
  });

  it.each<[JsonObject, string | null]>([
    [{ resourceType: 'Condition', onsetDateTime: '2012-06', recordedDate: '2020-01-01' }, '2012-06'],
    [{ resourceType: 'Condition', onsetString: 'childhood', recordedDate: '2020-01-01' }, '2020-01-01'],
    [{ resourceType: 'Encounter', period: { start: '2020-01-02T03:04:05Z' } }, '2020-01-02T03:04:05Z'],
    [{ resourceType: 'Procedure', performedPeriod: { start: '1999' } }, '1999'],
    [{ resourceType: 'MedicationRequest', authoredOn: '2020-02-30' }, null],
    [{ resourceType: 'Patient', birthDate: '1970-01-01', date: '2020' }, null],
  ])('when it happened: %j', (resource, text) => {
    expect(summary(resource)).toMatchObject({ eventTime: text === null ? null : { text } });
  });

  it.each<[JsonObject, string | null]>([
    [{ resourceType: 'Immunization', vaccineCode: { coding: [{ code: '140' }] } }, '140'],
    [{ resourceType: 'MedicationRequest', medicationReference: { reference: '#m', display: 'Amoxicillin' } }, 'Amoxicillin'],
    [{ resourceType: 'Encounter', type: [{ text: 'Check-up' }] }, 'Check-up'],
    [{ resourceType: 'Goal', description: { text: 'HbA1c below 7 %' } }, 'HbA1c below 7 %'],
    [{ resourceType: 'Organization', name: 'Clinic' }, 'Clinic'],
    [{ resourceType: 'Patient', name: [{ text: 'Secret' }] }, null],
    [{ resourceType: 'Observation', code: 'not a concept' }, null],
  ])('what it says: %j', (resource, display) => {
    expect(summary(resource)).toMatchObject({ code: display === null ? null : { display } });
  });

  it('finds the encounter where each type has it', () => {
    expect(summary({ resourceType: 'MedicationAdministration', context: { reference: 'Encounter/e' } })).toMatchObject({ encounterReference: 'Encounter/e' });
    expect(summary({ resourceType: 'DocumentReference', context: { encounter: [{ reference: 'Encounter/e' }] } })).toMatchObject({ encounterReference: 'Encounter/e' });
    expect(summary({ resourceType: 'Encounter', encounter: { reference: 'Encounter/e' } })).toMatchObject({ encounterReference: null });
  });

  it.each<[string, JsonObject]>([
    ['resourceType', { resourceType: 'patient' }],
    ['resourceType', {}],
    ['id', { resourceType: 'Patient', id: 'a/b' }],
    ['id', { resourceType: 'Patient', id: 7 }],
    ['subject', { resourceType: 'Observation', subject: 'Patient/a' }],
    ['subject', { resourceType: 'Observation', subject: { reference: 7 } }],
  ])('refuses what cannot be charted, naming %s', (path, resource) => {
    expect(summary(resource)).toEqual({ code: 'malformed-resource', detail: { path } });
  });

  it('never throws, whatever a resource holds, and says nothing of its content in a fault', () => {
    const names = fc.constantFrom('subject', 'patient', 'encounter', 'context', 'participant', 'status', 'code', 'type', 'name', 'identifier', 'address', 'telecom', 'birthDate', 'period', 'onsetDateTime', 'link', 'id');
    fc.assert(
      fc.property(fc.constantFrom('Patient', 'Observation', 'Encounter', 'Condition'), fc.dictionary(names, fc.jsonValue()), (type, members) => {
        const resource: JsonValue = JSON.parse(JSON.stringify({ ...members, resourceType: type }));
        if (!isJsonObject(resource)) throw new Error('expected an object');
        for (const result of [summariseResource(resource), summarisePatient(resource)]) {
          expect(result.ok ? ['path'] : Object.keys(result.fault.detail ?? {})).toEqual(['path']);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a patient', () => {
  it('shows the official name first, with every script, and what tells people apart', () => {
    const result = summarisePatient({
      resourceType: 'Patient',
      id: 'a',
      name: [
        { use: 'old', family: 'Nguyen' },
        { use: 'usual', text: 'Lan' },
        { use: 'official', family: 'Trần', given: ['Thị', null, 'Lan'], prefix: ['Mrs'] },
        {},
      ],
      birthDate: '1963',
      gender: 'female',
      multipleBirthInteger: 2,
      deceasedDateTime: '2020',
      identifier: [{ system: 'urn:x', value: '7', type: { coding: [{ code: 'MR' }] } }, { system: 'urn:y' }],
      telecom: [{ system: 'phone', value: ' 555 ' }, { system: 'email', value: 'a@example.org' }],
      address: [{ line: ['Road 1'], city: 'Chinle', postalCode: '86503' }],
      link: [{ type: 'seealso', other: { reference: 'Patient/x' } }, { type: 'replaced-by', other: { reference: 'Patient/b' } }],
    });
    expect(result).toEqual({
      ok: true,
      value: {
        id: 'a',
        active: true,
        names: [
          { use: 'official', family: 'Trần', given: ['Thị', 'Lan'], text: 'Mrs Thị Lan Trần' },
          { use: 'usual', family: '', given: [], text: 'Lan' },
          { use: 'old', family: 'Nguyen', given: [], text: 'Nguyen' },
        ],
        birthDate: { ms: Date.UTC(1963, 0, 1), precision: 'year', text: '1963' },
        gender: 'female',
        deceased: true,
        identifiers: [{ system: 'urn:x', value: '7', type: 'MR' }],
        phones: ['555'],
        addresses: [{ lines: ['Road 1'], city: 'Chinle', postalCode: '86503', text: 'Road 1, Chinle, 86503' }],
        multipleBirth: true,
        replacedBy: 'Patient/b',
      },
    });
  });

  it('reads a patient of whom nothing is known', () => {
    expect(summarisePatient({ resourceType: 'Patient' })).toMatchObject({ ok: true, value: { names: [], birthDate: null, gender: null, deceased: false } });
  });

  it('refuses demographics of another shape, naming the member', () => {
    expect(summarisePatient({ resourceType: 'Patient', name: [{ family: ['Okafor'] }] })).toEqual({ ok: false, fault: { code: 'malformed-resource', detail: { path: 'name.0.family' } } });
    expect(summarisePatient({ resourceType: 'Patient', gender: 'F' })).toMatchObject({ ok: false });
    expect(summarisePatient({ resourceType: 'Practitioner' })).toMatchObject({ ok: false });
  });
});
