import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementText, resourceWords } from './resource-words.ts';

const read = (resource: unknown) => resourceWords(JSON.stringify(resource), 'America/Chicago')!.map(({ label, value, depth }) => [depth, label, value]);

describe('a record in words', () => {
  it('says a prescription', () => {
    expect(
      read({
        resourceType: 'MedicationRequest', id: 'x', meta: { versionId: '1' }, status: 'active', intent: 'order',
        medicationCodeableConcept: { coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '308182', display: 'Amoxicillin 250 MG Oral Capsule' }] },
        subject: { reference: 'Patient/1' }, encounter: { reference: 'Encounter/9' }, authoredOn: '2026-07-14T09:30:00-05:00', requester: { display: 'Dr Ada Obi' },
        dosageInstruction: [{ text: '1 capsule three times daily', doseAndRate: [{ doseQuantity: { value: 1, unit: 'capsule' } }] }],
      }),
    ).toEqual([
      [0, 'State', 'active'],
      [0, 'Intent', 'order'],
      [0, 'Medicine', 'Amoxicillin 250 MG Oral Capsule'],
      [0, 'Encounter', 'Encounter'],
      [0, 'Written', '14-Jul-2026 09:30'],
      [0, 'Prescribed by', 'Dr Ada Obi'],
      [0, 'How to take it', '1 capsule three times daily'],
    ]);
  });

  it('takes parts apart', () => {
    expect(
      read({
        resourceType: 'Observation', code: { text: 'Blood pressure' },
        component: [
          { code: { coding: [{ code: '8480-6', display: 'Systolic' }] }, valueQuantity: { value: 128, unit: 'mmHg', code: 'mm[Hg]', system: 'http://unitsofmeasure.org' } },
          { code: { coding: [{ code: '8462-4', display: 'Diastolic' }] }, valueQuantity: { value: 82.50, code: 'mm[Hg]' } },
        ],
      }),
    ).toEqual([
      [0, 'What', 'Blood pressure'],
      [0, 'Parts', ''],
      [1, 'What', 'Systolic'],
      [1, 'Value', '128 mmHg'],
      [0, 'Parts', ''],
      [1, 'What', 'Diastolic'],
      [1, 'Value', '82.5 mmHg'],
    ]);
  });

  it('says people, places, numbers, periods, files', () => {
    expect(
      read({
        resourceType: 'Patient', active: true, name: [{ use: 'official', family: 'Okafor', given: ['Chidinma', 'Ada'], prefix: ['Mrs'] }], birthDate: '1985-07',
        telecom: [{ system: 'phone', value: '555 0100' }], address: [{ line: ['12 Main St'], city: 'Ely', country: 'US' }], identifier: [{ system: 'urn:card', value: 'K7-0042-3' }],
        period: { start: '2026-01-01' }, photo: [{ contentType: 'image/png', data: 'AA==', size: 1200 }],
      }),
    ).toEqual([
      [0, 'Active', 'Yes'],
      [0, 'Name', 'OKAFOR, Chidinma Ada (Mrs)'],
      [0, 'Born', 'Jul-1985'],
      [0, 'Phone and mail', '555 0100'],
      [0, 'Address', '12 Main St, Ely, US'],
      [0, 'Numbers', 'K7-0042-3'],
      [0, 'When', 'from 1-Jan-2026'],
      [0, 'Photo', 'File (image/png, 1.2 KB)'],
    ]);
  });

  it('leaves what is no JSON object to be shown as it came', () => {
    expect(resourceWords('{', 'UTC')).toBeNull();
    expect(resourceWords('[]', 'UTC')).toBeNull();
  });

  it('says one element for a history', () => {
    expect(elementText('status', '"stopped"', 'UTC')).toBe('stopped');
    expect(elementText('clinicalStatus', '{"coding":[{"code":"resolved"}]}', 'UTC')).toBe('resolved');
    expect(elementText('period', '{"start":"2026-07-14","end":"2026-07-15"}', 'UTC')).toBe('14-Jul-2026 to 15-Jul-2026');
    expect(elementText('component', '[{"code":{"text":"Systolic"},"valueQuantity":{"value":128,"unit":"mmHg"}}]', 'UTC')).toBe('What Systolic; Value 128 mmHg');
    expect(elementText('status', 'not json', 'UTC')).toBe('not json');
  });

  it('reads any JSON without failing', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 9 }), (text) => void resourceWords(text, 'UTC')));
    fc.assert(fc.property(fc.dictionary(fc.constantFrom('code', 'value', 'period', 'low', 'high', 'coding', 'text', 'system', 'reference', 'name', 'line'), fc.jsonValue({ maxDepth: 4 })), (inner) => {
      for (const line of resourceWords(JSON.stringify({ a: inner, b: [inner, 1] }), 'UTC')!) expect(typeof line.value).toBe('string');
    }));
  });
});
