import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyText, chartPopulation, FHIR_BASE, logOf, openTestRecords, testFhir, type TestFhir } from '../../build/fixtures/test-fhir.ts';
import type { FixtureGroup } from '../../build/fixtures/population.ts';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import { RecordId, type EntryId } from '../../shared/base/ids.ts';
import { parseLossless, stringifyLossless, type LosslessObject } from '../../shared/records/lossless-json.ts';

type Entry = { readonly fullUrl?: string; readonly resource: Record<string, unknown>; readonly search?: { readonly mode: string } };
const entriesOf = (bundle: Record<string, unknown>): readonly Entry[] => bundle['entry'] as readonly Entry[];
const idsOf = (bundle: Record<string, unknown>): string[] => entriesOf(bundle).filter(({ search }) => search?.mode === 'match').map(({ resource }) => String(resource['id']));
const nextOf = (bundle: Record<string, unknown>): string | undefined => (bundle['link'] as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url.slice(FHIR_BASE.length);

const PATIENT = RecordId.parse('00000000-0000-4000-8000-000000000001');

/** Sets elements of a record anew, over what it lists as seen; gives the entry. */
function amend({ ledger, grant }: TestLedger, record: RecordId, fields: Readonly<Record<string, string | null>>, parents: readonly EntryId[] = []): EntryId {
  const written = ledger.append(grant, [{ kind: 'amend', record, patient: PATIENT, parents, body: { fields, reason: 'test' } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return written.value[0]!.entry;
}

let workstation: TestLedger;
let fhir: TestFhir;
let groups: readonly FixtureGroup[];
const all = (): LosslessObject[] => groups.flatMap(({ resources }) => resources);
const ofType = (type: string): LosslessObject[] => all().filter((resource) => resource['resourceType'] === type);

beforeAll(async () => {
  workstation = openTestLedger();
  groups = chartPopulation(workstation, 7, 12, 40);
  const records = openTestRecords(logOf(workstation));
  await records.followAll();
  fhir = testFhir(records);
});
afterAll(() => {
  fhir.records.close();
  workstation.close();
});

/** Whatever a server may set is left out; what refers to a record here is compared by that record. */
function bare(text: string): string {
  const resource = parseLossless(text.replaceAll(/"reference":"(?:urn:uuid:|[A-Z][A-Za-z]+\/)([0-9a-f-]{36})"/g, '"reference":"$1"')) as Record<string, never>;
  const { meta: _meta, ...rest } = resource;
  return stringifyLossless(rest);
}

describe('what is given out', () => {
  it('FHR-1 every resource comes back as it was charted, to the digit', async () => {
    for (const resource of all()) {
      const response = await fhir.ask(`/${String(resource['resourceType'])}/${String(resource['id'])}`);
      expect(response.status).toBe(200);
      expect(bare(await bodyText(response))).toBe(bare(stringifyLossless(resource)));
    }
  });

  it('FHR-1 references name the record by type and id, and lead to it', async () => {
    const observation = ofType('Observation')[0];
    const read = await fhir.get(`/Observation/${String(observation?.['id'])}`);
    const reference = (read['subject'] as { reference: string }).reference;
    expect(reference).toMatch(/^Patient\/[0-9a-f-]{36}$/);
    expect((await fhir.get(`/${reference}`))['resourceType']).toBe('Patient');
  });

  it('FHR-2 however the log is sliced, the projection is the same', async () => {
    const log = logOf(workstation);
    const dump = (file: TestFhir['records']['file']): string => JSON.stringify(['resource', 'version', 'search', 'name'].map((table) => file.all(`SELECT * FROM ${table}`).map((row) => JSON.stringify(row)).toSorted()));
    const slow = openTestRecords({ ...log, after: (lsn) => log.after(lsn, 7) });
    await slow.followAll();
    expect(dump(slow.file)).toBe(dump(fhir.records.file));
    slow.close();
  });

  it('FHR-3 a log of another epoch is read anew', async () => {
    const log = logOf(workstation);
    let epoch = '00000000000000e1';
    let held = log.entries().length;
    const records = openTestRecords({ markAt: log.markAt, after: async (lsn, max) => (await log.after(lsn, max)).filter((entry) => entry.lsn <= held), place: async () => ({ epoch, lsn: held, mark: (await log.markAt(held)) ?? '' }) });
    await records.followAll();
    const before = Number(records.file.get('SELECT count(*) AS n FROM resource')?.['n']);
    epoch = '00000000000000e2';
    held = Math.floor(held / 2);
    await records.followAll();
    expect(records.place()).toMatchObject({ epoch, lsn: held });
    expect(Number(records.file.get('SELECT count(*) AS n FROM resource')?.['n'])).toBeLessThan(before);
    records.close();
  });
});

describe('versions', () => {
  it('FHR-12 two values nobody has decided on are tagged, the careful one shown, until somebody decides', async () => {
    const desk = openTestLedger();
    const allergy = RecordId.parse('00000000-0000-4000-8000-0000000000a1');
    const made = desk.ledger.append(desk.grant, [{ kind: 'resource', record: allergy, patient: PATIENT, body: utf8(JSON.stringify({ resourceType: 'AllergyIntolerance', id: allergy, criticality: 'unable-to-assess', patient: { reference: `Patient/${PATIENT}` } })) }]);
    const created = made.ok ? made.value[0]!.entry : null;
    const first = amend(desk, allergy, { criticality: '"high"' }, [created!]);
    const second = amend(desk, allergy, { criticality: '"low"' }, [created!]);
    const own = testFhir(openTestRecords(logOf(desk)));
    await own.records.followAll();
    const open = await own.get(`/AllergyIntolerance/${allergy}`);
    expect(open).toMatchObject({ criticality: 'high', meta: { tag: [{ system: 'urn:outpost:conflict', code: 'criticality' }] } });
    amend(desk, allergy, { criticality: '"low"' }, [first, second]);
    await own.records.followAll();
    const decided = await own.get(`/AllergyIntolerance/${allergy}`);
    expect(decided).toMatchObject({ criticality: 'low' });
    expect((decided['meta'] as Record<string, unknown>)['tag']).toBeUndefined();
    const history = entriesOf(await own.get(`/AllergyIntolerance/${allergy}/_history`));
    expect(history.map(({ resource }) => resource['criticality'])).toEqual(['low', 'high', 'high', 'unable-to-assess']);
    const oldest = (history.at(-1)!.resource['meta'] as { versionId: string }).versionId;
    expect(await own.get(`/AllergyIntolerance/${allergy}/_history/${oldest}`)).toMatchObject({ criticality: 'unable-to-assess' });
    expect((await own.ask(`/AllergyIntolerance/${allergy}`, { headers: { 'if-none-match': `W/"${(decided['meta'] as { versionId: string }).versionId}"` } })).status).toBe(304);
    own.records.close();
    desk.close();
  });

  it('FHR-4 a restricted patient is there only for who may see restricted records', async () => {
    const desk = openTestLedger();
    const body = (resource: object): Uint8Array => utf8(JSON.stringify(resource));
    const seen = RecordId.parse('00000000-0000-4000-8000-0000000000b2');
    const visit = RecordId.parse('00000000-0000-4000-8000-0000000000c3');
    const written = desk.ledger.append(desk.grant, [
      { kind: 'resource', record: PATIENT, patient: PATIENT, body: body({ resourceType: 'Patient', id: PATIENT, meta: { security: [{ code: 'R' }] } }) },
      { kind: 'resource', record: seen, patient: seen, body: body({ resourceType: 'Patient', id: seen }) },
      { kind: 'resource', record: visit, patient: PATIENT, body: body({ resourceType: 'Encounter', id: visit, status: 'finished', class: { code: 'AMB' }, subject: { reference: `Patient/${PATIENT}` } }) },
    ]);
    expect(written.ok).toBe(true);
    const own = testFhir(openTestRecords(logOf(desk)));
    await own.records.followAll();
    const scopes = ['system/*.read', 'restricted'];
    expect(idsOf(await own.get('/Patient'))).toEqual([seen]);
    expect(new Set(idsOf(await own.get('/Patient', { scopes })))).toEqual(new Set([PATIENT, seen]));
    for (const path of [`/Patient/${PATIENT}`, `/Patient/${PATIENT}/$everything`, `/Encounter/${visit}`, `/Encounter/${visit}/_history`]) {
      expect([path, (await own.ask(path)).status, (await own.ask(path, { scopes })).status]).toEqual([path, 404, 200]);
    }
    expect((await own.get(`/Encounter?patient=${PATIENT}`))['total']).toBe(0);
    expect(idsOf(await own.get(`/Patient?_id=${seen}&_revinclude=Encounter:patient`))).toEqual([seen]);
    own.records.close();
    desk.close();
  });
});

describe('who may', () => {
  it('FHR-4 nobody without a token, nothing beyond its scopes', async () => {
    expect((await fhir.ask('/Patient', { scopes: null })).status).toBe(401);
    expect((await fhir.ask('/metadata', { scopes: null })).status).toBe(200);
    expect((await fhir.ask('/Patient', { scopes: ['system/Observation.read'] })).status).toBe(403);
    expect((await fhir.ask('/Observation', { scopes: ['system/Observation.read'] })).status).toBe(200);
    expect((await fhir.ask('/Patient', { scopes: [] })).status).toBe(403);
  });

  it('FHR-5 every access is kept, and one that cannot be kept gives nothing', async () => {
    fhir.accesses.length = 0;
    const patient = String(ofType('Patient')[0]?.['id']);
    await fhir.get(`/Patient/${patient}`);
    await fhir.get(`/Observation?patient=${patient}&_count=3`);
    expect(fhir.accesses).toEqual([
      { client: 'client-1', interaction: 'read', type: 'Patient', parameters: '', patients: [patient], count: 1 },
      { client: 'client-1', interaction: 'search', type: 'Observation', parameters: 'patient _count', patients: [patient], count: 3 },
    ]);
    const failing = fhir.accesses.push;
    fhir.accesses.push = () => {
      throw new Error('disk full');
    };
    await expect(fhir.ask(`/Patient/${patient}`)).rejects.toThrow('disk full');
    fhir.accesses.push = failing;
  });
});

describe('searching', () => {
  it('FHR-6 pages neither repeat nor leave out, whatever the order', async () => {
    const expected = ofType('Observation').map((resource) => String(resource['id'])).toSorted();
    for (const sort of ['_lastUpdated', '-_lastUpdated', '_id', 'date', '-date']) {
      const seen: string[] = [];
      let path: string | undefined = `/Observation?_count=17&_sort=${sort}`;
      while (path !== undefined) {
        const bundle: Record<string, unknown> = await fhir.get(path);
        expect(bundle['total']).toBe(expected.length);
        seen.push(...idsOf(bundle));
        path = nextOf(bundle);
      }
      expect(seen.toSorted()).toEqual(expected);
    }
  });

  it('FHR-6 by patient, code, date and status, as a plain filter of the same resources finds them', async () => {
    const patient = String(ofType('Patient')[2]?.['id']);
    const mine = ofType('Observation').filter((resource) => JSON.stringify(resource['subject']).includes(patient));
    expect(mine.length).toBeGreaterThan(3);
    expect(new Set(idsOf(await fhir.get(`/Observation?patient=${patient}&_count=1000`)))).toEqual(new Set(mine.map(({ id }) => id)));
    expect(new Set(idsOf(await fhir.get(`/Observation?subject=Patient/${patient}&_count=1000`)))).toEqual(new Set(mine.map(({ id }) => id)));
    const code = (mine[0]!['code'] as { coding: { system: string; code: string }[] }).coding[0]!;
    const coded = ofType('Observation').filter((resource) => JSON.stringify(resource['code']).includes(`"code":"${code.code}"`));
    for (const token of [code.code, `${code.system}|${code.code}`]) expect(new Set(idsOf(await fhir.get(`/Observation?code=${encodeURIComponent(token)}&_count=1000`)))).toEqual(new Set(coded.map(({ id }) => id)));
    expect((await fhir.get(`/Observation?code=${encodeURIComponent(`http://elsewhere.example|${code.code}`)}`))['total']).toBe(0);
    const day = String(mine[0]?.['effectiveDateTime']).slice(0, 10);
    const dated = (compare: (other: string) => boolean): Set<unknown> => new Set(ofType('Observation').filter((resource) => compare(new Date(String(resource['effectiveDateTime'])).toISOString().slice(0, 10))).map(({ id }) => id));
    expect(new Set(idsOf(await fhir.get(`/Observation?date=${day}&_count=1000`)))).toEqual(dated((other) => other === day));
    expect(new Set(idsOf(await fhir.get(`/Observation?date=gt${day}&_count=1000`)))).toEqual(dated((other) => other > day));
    expect(new Set(idsOf(await fhir.get(`/Observation?date=le${day}&_count=1000`)))).toEqual(dated((other) => other <= day));
    expect((await fhir.get('/Observation?status=final,amended&_summary=count'))['total']).toBe(ofType('Observation').filter(({ status }) => status === 'final' || status === 'amended').length);
  });

  it('FHR-6 people by name, without case or accent, by birth date and missing phone', async () => {
    const person = ofType('Patient')[4]!;
    const [name] = person['name'] as { family: string; given: string[] }[];
    const found = idsOf(await fhir.get(`/Patient?family=${encodeURIComponent(name!.family.toUpperCase())}&birthdate=${String(person['birthDate'])}`));
    expect(found).toContain(person['id']);
    expect(idsOf(await fhir.get(`/Patient?name:contains=${encodeURIComponent(name!.given[0]!.slice(1))}`))).toContain(person['id']);
    const without = ofType('Patient').filter((each) => !JSON.stringify(each['telecom'] ?? []).includes('value'));
    expect((await fhir.get('/Patient?telecom:missing=true&_summary=count'))['total']).toBe(without.length);
  });

  it('FHR-6 brings along what is referred to, once', async () => {
    const bundle = await fhir.get('/Observation?_include=Observation:patient&_include=Observation:subject&_count=20');
    const included = entriesOf(bundle).filter(({ search }) => search?.mode === 'include').map(({ resource }) => `${String(resource['resourceType'])}/${String(resource['id'])}`);
    expect(new Set(included).size).toBe(included.length);
    const named = new Set(entriesOf(bundle).filter(({ search }) => search?.mode === 'match').map(({ resource }) => (resource['subject'] as { reference: string }).reference));
    expect(new Set(included)).toEqual(named);
    const reverse = await fhir.get(`/Patient?_id=${String(ofType('Patient')[2]?.['id'])}&_revinclude=AllergyIntolerance:patient&_revinclude=Encounter:patient`);
    expect(entriesOf(reverse).some(({ resource }) => resource['resourceType'] === 'Encounter')).toBe(true);
  });

  it('FHR-6 everything of a patient, a page at a time', async () => {
    const patient = String(ofType('Patient')[2]?.['id']);
    const mine = all().filter((resource) => resource['id'] === patient || JSON.stringify([resource['subject'], resource['patient']]).includes(patient));
    const seen: string[] = [];
    for (let path: string | undefined = `/Patient/${patient}/$everything?_count=9`; path !== undefined; ) {
      const bundle: Record<string, unknown> = await fhir.get(path);
      seen.push(...idsOf(bundle));
      path = nextOf(bundle);
    }
    expect(seen[0]).toBe(patient);
    expect(seen.toSorted()).toEqual(mine.map((each) => String(each['id'])).toSorted());
  });

  it('FHR-7 an unknown parameter is left out and said, or refused where the client is strict', async () => {
    const lenient = await fhir.get('/Patient?favourite-colour=blue&_count=2');
    expect(entriesOf(lenient).at(-1)).toMatchObject({ search: { mode: 'outcome' }, resource: { resourceType: 'OperationOutcome', issue: [{ severity: 'warning' }] } });
    expect((await fhir.ask('/Patient?favourite-colour=blue', { headers: { prefer: 'handling=strict' } })).status).toBe(400);
    for (const bad of ['birthdate=yesterday', '_count=many', '_sort=colour', 'family:sounds=x', '_page=%7B%7D', 'telecom:missing=perhaps', 'gender=a%7Cb%7Cc']) {
      const response = await fhir.ask(`/Patient?${bad}`);
      expect([bad, response.status]).toEqual([bad, 400]);
      expect(await bodyText(response)).toContain('OperationOutcome');
    }
  });
});

describe('hostile input', () => {
  it('FHR-8 values are values, whatever they hold', async () => {
    const before = (await fhir.get('/Patient?_summary=count'))['total'];
    for (const value of ["x'; DROP TABLE resource; --", '%', '_', '\\', '\u0000', '💥', '*', 'x" OR 1=1', `${'a'.repeat(9000)}`, '\\,\\|\\$']) {
      for (const parameter of ['name', 'family:exact', 'identifier', 'gender', 'general-practitioner', '_id', 'name:contains', 'gender:not']) {
        const response = await fhir.ask(`/Patient?${parameter}=${encodeURIComponent(value)}`);
        expect([200, 400]).toContain(response.status);
      }
    }
    expect((await fhir.get('/Patient?_summary=count'))['total']).toBe(before);
  });

  it('FHR-8 too much of anything is refused', async () => {
    expect((await fhir.ask(`/Patient?${Array.from({ length: 10_000 }, (_, index) => `p${index}=1`).join('&')}`)).status).toBe(422);
    expect((await fhir.ask(`/Patient?gender=${Array.from({ length: 600 }, (_, index) => `g${index}`).join(',')}`)).status).toBe(422);
    expect((await fhir.ask(`/Patient?${Array.from({ length: 20 }, () => '_revinclude=Observation:patient').join('&')}`)).status).toBe(422);
    expect(idsOf(await fhir.get('/Observation?_count=999999999')).length).toBeLessThanOrEqual(1000);
  });

  it('FHR-8 strange addresses, methods and formats are answered in FHIR', async () => {
    for (const [path, method, status] of [
      ['/', 'GET', 404], ['/patient', 'GET', 404], ['/Patient/../../etc', 'GET', 404], ['/Patient/1', 'GET', 404], ['/Patient/%zz', 'GET', 400], [`/Patient/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`, 'GET', 404],
      ['/Patient', 'POST', 405], ['/Patient/1', 'DELETE', 405], ['/Patient', 'PUT', 405], ['/Unknown', 'GET', 200], ['/Patient?_format=xml', 'GET', 406], ['/$export', 'GET', 400], ['/$export-status/nothing', 'GET', 404],
    ] as const) {
      const response = await fhir.ask(path, { method });
      expect([path, method, response.status]).toEqual([path, method, status]);
      if (status !== 200) expect(JSON.parse(await bodyText(response))).toMatchObject({ resourceType: 'OperationOutcome' });
    }
    expect((await fhir.ask('/Patient', { headers: { accept: 'application/fhir+xml' } })).status).toBe(406);
  });

  it('FHR-8 a search may be posted', async () => {
    const posted = await fhir.ask('/Patient/_search', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'gender=female&_summary=count' });
    expect(JSON.parse(await bodyText(posted))['total']).toBe(ofType('Patient').filter(({ gender }) => gender === 'female').length);
    expect((await fhir.ask('/Patient/_search', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' })).status).toBe(415);
  });
});

describe('bulk export', () => {
  it('FHR-9 gives every resource of one moment, and nothing that came later', async () => {
    const kick = await fhir.ask('/$export', { headers: { prefer: 'respond-async' } });
    expect(kick.status).toBe(202);
    const place = kick.headers['content-location']!.slice(FHIR_BASE.length);
    const patient = RecordId.parse(ofType('Patient')[0]?.['id']);
    amend(workstation, patient, { gender: '"other"' });
    amend(workstation, patient, { gender: JSON.stringify(ofType('Patient')[0]?.['gender']) });
    await fhir.records.followAll();
    const manifest = await fhir.get(place);
    const output = manifest['output'] as { type: string; url: string; count: number }[];
    const lines: string[] = [];
    for (const { type, url, count } of output) {
      const text = await bodyText(await fhir.ask(url.slice(FHIR_BASE.length)));
      const given = text.trimEnd().split('\n');
      expect([type, given.length]).toEqual([type, count]);
      lines.push(...given);
    }
    expect(lines.map(bare).toSorted()).toEqual(all().map((each) => bare(stringifyLossless(each))).toSorted());
    expect((await fhir.ask(place, { method: 'DELETE' })).status).toBe(202);
    expect((await fhir.ask(place)).status).toBe(404);
  });

  it('FHR-9 only the types asked for, only what changed since, only within scope', async () => {
    const begun = await fhir.ask('/Patient/$export?_type=Patient,Observation&_since=2100-01-01T00:00:00Z', { headers: { prefer: 'respond-async' } });
    expect((await fhir.get(begun.headers['content-location']!.slice(FHIR_BASE.length)))['output']).toEqual([]);
    const scoped = await fhir.ask('/$export', { headers: { prefer: 'respond-async' }, scopes: ['system/Patient.read'] });
    const manifest = await fhir.get(scoped.headers['content-location']!.slice(FHIR_BASE.length), { scopes: ['system/Patient.read'] });
    expect((manifest['output'] as { type: string }[]).map(({ type }) => type)).toEqual(['Patient']);
    expect((await fhir.ask('/$export?_type=Spaceship', { headers: { prefer: 'respond-async' } })).status).toBe(400);
  });
});
