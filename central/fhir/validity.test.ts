import { createRequire } from 'node:module';
import type { Fhir as FhirValidator } from 'fhir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyText, chartPopulation, logOf, openTestRecords, testFhir, type TestFhir } from '../../build/fixtures/test-fhir.ts';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import { SEARCH_PARAMETERS } from '../records/records.ts';

/** The validator of the npm package fhir: structure, cardinality, types, and codes of the value sets it carries. Profiles and invariants it does not know. */
const { Fhir } = createRequire(import.meta.url)('fhir') as { Fhir: typeof FhirValidator };
const validator = new Fhir();
const problemsOf = (resource: object): string[] => validator.validate(resource, { errorOnUnexpected: true }).messages.filter(({ severity }) => severity === 'error' || severity === 'fatal').map(({ location, message }) => `${location}: ${message}`);

let workstation: TestLedger;
let fhir: TestFhir;
const PATIENT = '00000000-0000-4000-8000-000000000001';

beforeAll(async () => {
  workstation = openTestLedger();
  chartPopulation(workstation, 11, 8, 30);
  const at = Date.UTC(2026, 5, 1, 9);
  const charted = workstation.ledger.append(workstation.grant, [
    { kind: 'encounter', body: { patient: PATIENT, class: 'AMB', at, reason: 'Cough' } },
    { kind: 'vitals', body: { patient: PATIENT, at, values: { systolic: 120, diastolic: 80, pulse: 70, temperature: 37.2 } } },
    { kind: 'allergy', body: { patient: PATIENT, at, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high', reaction: 'Rash' } },
    { kind: 'allergy.none', body: { patient: PATIENT, at } },
    { kind: 'problem', body: { patient: PATIENT, at, problem: { text: 'Asthma' } } },
  ]);
  if (!charted.ok) throw new Error(charted.fault.code);
  const records = openTestRecords(logOf(workstation));
  await records.followAll();
  fhir = testFhir(records);
});
afterAll(() => {
  fhir.records.close();
  workstation.close();
});

describe('valid FHIR R4', () => {
  it('the validator finds what is wrong', () => {
    expect(problemsOf({ resourceType: 'Patient', gender: 'femal' })).toHaveLength(1);
    expect(problemsOf({ resourceType: 'Patient', colour: 'blue' })).toHaveLength(1);
    expect(problemsOf({ resourceType: 'Observation' }).length).toBeGreaterThan(1);
  });

  it('FHR-10 the capability statement is valid, and every search parameter it names is answered', async () => {
    const statement = await fhir.get('/metadata');
    expect(problemsOf(statement)).toEqual([]);
    const [rest] = statement['rest'] as { resource: { type: string; searchParam: { name: string; type: string }[]; searchInclude?: string[] }[] }[];
    expect(rest!.resource.map(({ type }) => type)).toEqual(Object.keys(SEARCH_PARAMETERS));
    for (const { type, searchParam, searchInclude = [] } of rest!.resource) {
      for (const { name, type: kind } of searchParam) {
        const response = await fhir.ask(`/${type}?${name}=${kind === 'date' ? '2020' : 'x'}`, { headers: { prefer: 'handling=strict' } });
        expect([type, name, response.status]).toEqual([type, name, 200]);
      }
      for (const include of searchInclude) expect((await fhir.ask(`/${type}?_include=${include}`, { headers: { prefer: 'handling=strict' } })).status).toBe(200);
    }
  });

  it('FHR-10 every resource given out is valid, made-up ones and those charted here', async () => {
    let count = 0;
    for (const type of Object.keys(SEARCH_PARAMETERS)) {
      const bundle = await fhir.get(`/${type}?_count=1000`);
      expect([type, problemsOf({ ...bundle, entry: [] })]).toEqual([type, []]);
      for (const { resource } of bundle['entry'] as { resource: object }[]) {
        expect([type, JSON.stringify(resource).slice(0, 300), problemsOf(resource)]).toEqual([type, JSON.stringify(resource).slice(0, 300), []]);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(200);
  });

  it('FHR-10 outcomes and histories are valid', async () => {
    const outcome = JSON.parse(await bodyText(await fhir.ask('/Patient?birthdate=yesterday'))) as object;
    expect(problemsOf(outcome)).toEqual([]);
    const first = (await fhir.get('/Patient?_count=1'))['entry'] as { resource: { id: string } }[];
    expect(problemsOf({ ...(await fhir.get(`/Patient/${first[0]!.resource.id}/_history`)), entry: [] })).toEqual([]);
  });

  it('FHR-8 a resource with hostile names and depths comes out as it went in', async () => {
    const own = openTestLedger();
    const id = '00000000-0000-4000-8000-0000000000e1';
    const text = `{"resourceType":"Basic","id":"${id}","__proto__":{"polluted":true},"constructor":[1.00,{"reference":"urn:uuid:nothing"}],"toString":"</script>"}`;
    expect(own.ledger.append(own.grant, [{ kind: 'resource', record: id as never, body: utf8(text) }]).ok).toBe(true);
    const records = openTestRecords(logOf(own));
    await records.followAll();
    const given = await bodyText(await testFhir(records).ask(`/Basic/${id}`));
    expect(given).toContain('"constructor":[1.00,{"reference":"urn:uuid:nothing"}]');
    expect(given).toContain('"__proto__":{"polluted":true}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    records.close();
    own.close();
  });
});
