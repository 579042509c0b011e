import { expect, it } from 'vitest';
import { inImportOrder } from './import-order.ts';

it('puts patients first, then encounters, then the rest by name', () => {
  const names = ['Observation.ndjson', 'Encounter.000.ndjson', 'b.json', 'patients-notes.json', 'Patient.ndjson', 'Patient.1.ndjson', 'a.json'];
  expect(inImportOrder(names.map((name) => ({ name }))).map(({ name }) => name)).toEqual(['Patient.1.ndjson', 'Patient.ndjson', 'Encounter.000.ndjson', 'Observation.ndjson', 'a.json', 'b.json', 'patients-notes.json']);
});
