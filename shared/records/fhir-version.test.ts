import { describe, expect, it } from 'vitest';
import { RELEASES, RULES_OF_TYPE } from './fhir-version-rules.ts';
import { createVersionJudge, releaseEvidence } from './fhir-version.ts';
import type { JsonObject } from './json.ts';

const judged = (...resources: readonly JsonObject[]): ReturnType<ReturnType<typeof createVersionJudge>['verdict']> => {
  const judge = createVersionJudge();
  for (const resource of resources) judge.see(String(resource['resourceType']), resource);
  return judge.verdict();
};

const condition = {
  DSTU2: { resourceType: 'Condition', patient: { reference: 'Patient/a' }, clinicalStatus: 'active', code: {} },
  STU3: { resourceType: 'Condition', subject: { reference: 'Patient/a' }, context: { reference: 'Encounter/e' }, clinicalStatus: 'active' },
  R4: { resourceType: 'Condition', subject: { reference: 'Patient/a' }, encounter: { reference: 'Encounter/e' }, clinicalStatus: { coding: [] }, recorder: { display: 'x' } },
  R5: { resourceType: 'Condition', subject: { reference: 'Patient/a' }, clinicalStatus: { coding: [] }, participant: [{}] },
} as const;

describe('the release of FHIR', () => {
  it.each(RELEASES)('recognises %s by the shape of a condition', (release) => {
    expect(judged(condition[release])).toMatchObject({ release, strays: 0, telling: 1 });
  });

  it.each<[string, JsonObject]>([
    ['DSTU2', { resourceType: 'MedicationOrder', status: 'active' }],
    ['DSTU2', { resourceType: 'Patient', name: [{ family: ['Okafor'], given: ['Ngozi'] }] }],
    ['DSTU2', { resourceType: 'Encounter', class: 'ambulatory' }],
    ['STU3', { resourceType: 'Observation', context: { reference: 'Encounter/e' } }],
    ['STU3', { resourceType: 'Immunization', notGiven: false, date: '2017-01-01' }],
    ['STU3', { resourceType: 'MedicationRequest', category: { text: 'x' } }],
    ['STU3', { resourceType: 'CapabilityStatement', fhirVersion: '3.0.1' }],
    ['STU3', { resourceType: 'Basic', meta: { profile: ['http://hl7.org/fhir/3.0/StructureDefinition/Basic'] } }],
    ['R4', { resourceType: 'ServiceRequest', reasonCode: [{}] }],
    ['R4', { resourceType: 'Encounter', class: { code: 'AMB' }, reasonCode: [{}] }],
    ['R4', { resourceType: 'MedicationAdministration', context: { reference: 'Encounter/e' }, medicationCodeableConcept: {} }],
    ['R4', { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' }],
    ['R5', { resourceType: 'Encounter', class: [{}], actualPeriod: {} }],
    ['R5', { resourceType: 'MedicationRequest', medication: { concept: {} } }],
    ['R5', { resourceType: 'Basic', meta: { profile: ['http://hl7.org/fhir/StructureDefinition/Basic|5.0.0'] } }],
  ])('recognises %s in %j', (release, resource) => {
    expect(judged(resource).release).toBe(release);
  });

  it('takes a file that tells nothing as R4', () => {
    expect(judged({ resourceType: 'Basic' }, { resourceType: 'Unheard' })).toEqual({ release: 'R4', strays: 0, telling: 0, resources: 2, evidence: [] });
  });

  it('judges by the majority and counts the strays', () => {
    expect(judged(condition.R4, condition.R4, condition.STU3)).toMatchObject({ release: 'R4', strays: 1, telling: 3 });
    expect(judged(condition.STU3, condition.STU3, condition.R4)).toMatchObject({ release: 'STU3', strays: 1 });
    const judge = createVersionJudge();
    expect([condition.R4, condition.STU3].map((each) => judge.see('Condition', each))).toEqual([false, true]);
  });

  it('names what decided, most frequent first', () => {
    expect(judged(condition.STU3, { resourceType: 'Condition', assertedDate: '2017' }, condition.STU3).evidence).toEqual([
      { rule: 'Condition.clinicalStatus=text', resources: 2 },
      { rule: 'Condition.context', resources: 2 },
      { rule: 'Condition.assertedDate', resources: 1 },
    ]);
  });

  it('is not misled by hostile shapes', () => {
    for (const odd of [{ name: [null, 1, { family: 7 }], meta: 'x' }, { name: {}, meta: { profile: [null, {}] } }, { meta: null, name: 'x' }]) {
      expect(releaseEvidence('Patient', { resourceType: 'Patient', ...odd }).every(({ releases }) => releases.length > 0)).toBe(true);
    }
    expect(releaseEvidence('__proto__', { resourceType: '__proto__' })).toEqual([]);
  });

  it('has no rule that rules nothing out, or everything', () => {
    for (const rules of RULES_OF_TYPE.values()) {
      for (const { releases } of rules) expect([1, 2, 3]).toContain(releases.length);
    }
  });
});
