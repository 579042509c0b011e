import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { systemRandom } from '../../build/fixtures/test-world.ts';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { fromUtf8, toHex, utf8 } from '../../shared/base/bytes.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { FileReport, JobView } from '../../shared/ipc/rows-system.ts';
import { RESOURCE_MAX_BYTES } from '../../shared/records/resource-events.ts';
import { compareProjection } from '../ledger/ledger.ts';
import { createImports, type Imports, type ImportWorld } from './import.ts';
import { IDLE_MAX_MS, IMPORT_LIMITS, type ImportLimits } from './import-limits.ts';
import { SKIPPED_LISTED_MAX } from './import-report.ts';
import type { FileSource } from './import-source.ts';

/** Limits so low that a dozen resources are staged in several blocks and applied in several slices. */
const TINY: ImportLimits = { smallResources: 2, smallCharacters: 1500, sliceResources: 3, sliceCharacters: 900, feedBytes: 700 };
/** Every file by itself, in memory. */
const MEMORY = IMPORT_LIMITS;

type Files = Readonly<Record<string, string | Uint8Array>>;

function memorySource(files: Files): FileSource {
  const bytesOf = (name: string): Uint8Array => {
    const content = files[name];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return typeof content === 'string' ? utf8(content) : content;
  };
  return {
    list: async (path) => (path === '/' ? Object.keys(files) : [path]).map((name) => ({ path: name, name, bytes: bytesOf(name).length })),
    async *open(path) {
      const bytes = bytesOf(path);
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.slice(at, at + 1000);
    },
  };
}

const open: TestLedger[] = [];
function vault(): TestLedger {
  const test = openTestLedger();
  open.push(test);
  return test;
}
afterEach(() => {
  for (const test of open.splice(0)) test.close();
});

function importsOf(test: TestLedger, files: Files = {}, more: Partial<ImportWorld> = {}): Imports {
  return createImports({
    ledger: test.ledger,
    clock: test.clock,
    random: systemRandom,
    source: memorySource(files),
    yieldNow: () => Promise.resolve(),
    onChange: () => undefined,
    onError: (error) => {
      throw error;
    },
    ...more,
  });
}

function must<Value, Code extends string>(result: Result<Value, Code>): Value {
  if (!result.ok) throw new Error(result.fault.code);
  return result.value;
}

async function importAll(test: TestLedger, files: Files, limits: ImportLimits = MEMORY): Promise<JobView> {
  const imports = importsOf(test, files, { limits });
  const { job } = must(await imports.fromPaths(test.grant, ['/']));
  return imports.finished(job);
}

function differences(test: TestLedger): unknown {
  const steps = compareProjection(test.ledger.read, 100);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

const count = (test: TestLedger, sql: string): number => Number(test.ledger.read.get(`SELECT count(*) AS n FROM ${sql}`)?.['n']);
const leftovers = (test: TestLedger) => [count(test, 'import_job'), count(test, 'import_stage')];
const CHART_TABLES = ['record', 'patient', 'search_key', 'measurement', 'imported_identity', 'head', 'conflict', 'care_team', 'parked'];
const chartOf = (test: TestLedger) => CHART_TABLES.map((table) => [table, test.ledger.read.all(`SELECT * FROM ${table}`).map((row) => JSON.stringify(row)).sort()]);
const kinds = (test: TestLedger, kind: string) =>
  test.ledger.read.all('SELECT header, body FROM ledger WHERE kind = ? ORDER BY position', kind).map((row) => ({ header: JSON.parse(String(row['header'])), body: fromUtf8(row['body'] as Uint8Array) }));

const uuid = (n: number): string => `3b1f8f0e-7c2a-4d52-9a55-${n.toString(16).padStart(12, '0')}`;
const patient = (id: string, family: string) => ({ resourceType: 'Patient', id, name: [{ family, given: ['Made', 'Up'] }], birthDate: '1985-07', gender: 'female' });
const encounter = (id: string, subject: string) => ({ resourceType: 'Encounter', id, status: 'finished', class: { code: 'AMB' }, subject: { reference: subject }, period: { start: '2024-02-01T09:00:00Z' } });
const weight = (id: string | undefined, subject: string, value: number, encounterReference?: string) => ({
  resourceType: 'Observation',
  ...(id === undefined ? {} : { id }),
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference: subject },
  ...(encounterReference === undefined ? {} : { encounter: { reference: encounterReference } }),
  effectiveDateTime: '2024-02-01',
  valueQuantity: { value, unit: 'kg', code: 'kg' },
});
type Entry = { readonly resource: object; readonly fullUrl?: string; readonly request?: object };
const bundleOf = (entries: readonly Entry[]): string => JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: entries });
const bundle = (...resources: readonly object[]): string => bundleOf(resources.map((resource) => ({ resource })));
const ndjson = (...resources: readonly object[]): string => resources.map((resource) => `${JSON.stringify(resource)}\n`).join('');

/** A chart with everything a reference can be, referring forwards: the patient comes last. */
function forwardBundle(family: string): string {
  const weights = Array.from({ length: 12 }, (_, n) => weight(`w${n}`, 'Patient/p1', 60 + n, 'Encounter/e1'));
  return bundle(...weights, encounter('e1', 'Patient/p1'), patient('p1', family));
}

describe('importing a file', () => {
  it('makes one entry of each resource, with the text as it came, in the chart of its patient', async () => {
    const test = vault();
    const decimal = `{"resourceType":"Observation","id":"${uuid(2)}","status":"final","subject":{"reference":"Patient/${uuid(1)}"},"valueQuantity":{"value":1.00},"unknownMember":[1E-245]}`;
    const file = `{"resourceType":"Bundle","entry":[{"resource":${JSON.stringify(patient(uuid(1), 'Okoye'))}},{"resource":${decimal}}]}`;
    const view = await importAll(test, { 'one.json': file });
    expect(view).toMatchObject({ state: 'done', fault: null, done: file.length, total: file.length, unit: 'bytes' });
    expect(view.files).toEqual([{ file: 'one.json', bytes: file.length, outcome: 'taken', fault: null, read: { Patient: 1, Observation: 1 }, taken: 2, alreadyPresent: 0, skipped: [], skippedCount: 0 }]);
    const entries = kinds(test, 'resource');
    expect(entries.map(({ body }) => body)).toEqual([JSON.stringify(patient(uuid(1), 'Okoye')), decimal]);
    expect(entries.map(({ header }) => [header.record, header.patient, header.session])).toEqual([[uuid(1), uuid(1), 1], [uuid(2), uuid(1), 1]]);
    expect(test.ledger.read.get('SELECT family, given, birth FROM patient')).toEqual({ family: 'Okoye', given: 'Made Up', birth: '1985-07' });
    expect(differences(test)).toEqual([]);
  });

  it('leaves an entry for the start, for each file with its digest and counts, and for the end', async () => {
    const test = vault();
    const good = ndjson(patient(uuid(1), 'Okoye'));
    const { job } = await importAll(test, { 'a.json': good, 'b.json': '{"resourceType":' });
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    const bodies = ['import.started', 'import.file', 'import.finished'].flatMap((kind) => kinds(test, kind).map(({ body }) => JSON.parse(body)));
    const none = { taken: 0, alreadyPresent: 0, skipped: 0, read: {} };
    expect(bodies).toEqual([
      { job, files: 2 },
      { job, file: 'b.json', sha256: digest('{"resourceType":'), outcome: 'refused', code: 'TRUNCATED', ...none },
      { job, file: 'a.json', sha256: digest(good), outcome: 'taken', code: null, ...none, read: { Patient: 1 }, taken: 1 },
      { job, files: 2, taken: 1, refused: 1 },
    ]);
    expect(leftovers(test)).toEqual([0, 0]);
  });

  it.each([['in memory', MEMORY], ['staged', TINY]])('resolves references to what comes later in the file, %s', async (_, limits) => {
    const test = vault();
    const view = await importAll(test, { 'forward.json': forwardBundle('Nkemelu') }, limits);
    expect(view.files[0]).toMatchObject({ outcome: 'taken', taken: 14, skippedCount: 0 });
    const owner = test.ledger.read.get('SELECT record FROM patient')?.['record'];
    const visit = test.ledger.read.get("SELECT id FROM record WHERE type = 'Encounter'")?.['id'];
    expect(test.ledger.read.all("SELECT DISTINCT patient, encounter FROM record WHERE type = 'Observation'")).toEqual([{ patient: owner, encounter: visit }]);
    expect(count(test, 'measurement')).toBe(12);
    expect(differences(test)).toEqual([]);
    expect(leftovers(test)).toEqual([0, 0]);
  });

  it('makes the same chart whatever the limits, the pieces and the way in', async () => {
    const resources = fc.array(fc.tuple(fc.constantFrom('a', 'b', uuid(7)), fc.nat(40), fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 30 });
    const limits = fc.record({ smallResources: fc.nat(20), smallCharacters: fc.integer({ min: 1, max: 9000 }), sliceResources: fc.integer({ min: 1, max: 9 }), sliceCharacters: fc.integer({ min: 1, max: 5000 }), feedBytes: fc.integer({ min: 1, max: 5000 }) });
    await fc.assert(
      fc.asyncProperty(resources, limits, fc.integer({ min: 1, max: 3000 }), async (list, tight, piece) => {
        const observations = list.map(([owner, n, value]) => weight(`o${owner}${n}`, `Patient/${owner}`, value));
        const file = bundle(...observations, ...['a', 'b', uuid(7)].map((id) => patient(id, `Family ${id.slice(0, 2)}`)));
        const [plain, window] = [openTestLedger(), openTestLedger()];
        const first = await importAll(plain, { 'x.json': file }, MEMORY);
        const imports = importsOf(window, {}, { limits: tight });
        const bytes = utf8(file);
        const { job } = must(imports.begin(window.grant, [{ name: 'x.json', bytes: bytes.length }]));
        for (let at = 0; at < bytes.length; at += piece) must(await imports.chunk(job, 0, bytes.slice(at, at + piece), at + piece >= bytes.length));
        const second = await imports.finished(job);
        const report = ({ taken, alreadyPresent, skippedCount, read }: FileReport) => ({ taken, alreadyPresent, skippedCount, read });
        expect(second.files.map(report)).toEqual(first.files.map(report));
        const charts = [plain, window].map(({ ledger }) =>
          ledger.read.all('SELECT ledger.body, patient.family FROM record JOIN ledger ON ledger.position = record.created JOIN patient ON patient.record = record.patient').map((row) => `${fromUtf8(row['body'] as Uint8Array)} ${String(row['family'])}`).sort());
        expect(charts[1]).toEqual(charts[0]);
        expect([differences(window), leftovers(window)]).toEqual([[], [0, 0]]);
        plain.close();
        window.close();
      }),
      { numRuns: 12 },
    );
  });

  it('takes a file of one resource, a bundle without entries, and a folder without files', async () => {
    const test = vault();
    const view = await importAll(test, { 'one.json': JSON.stringify(patient(uuid(1), 'Okoye')), 'none.json': '{"resourceType":"Bundle","type":"searchset"}' });
    expect(view.files.map(({ outcome, taken }) => [outcome, taken])).toEqual([['taken', 0], ['taken', 1]]);
    expect(await importAll(test, {})).toMatchObject({ state: 'done', files: [], done: 0, total: 0 });
  });
});

describe('what is there already', () => {
  const sources: readonly (readonly [string, string])[] = [
    ['UUIDs', bundle(patient(uuid(1), 'Okoye'), weight(uuid(2), `urn:uuid:${uuid(1)}`, 60))],
    ['short ids', bundle(patient('1', 'Okoye'), weight('2', 'Patient/1', 60))],
    ['no ids', bundleOf([{ fullUrl: `urn:uuid:${uuid(1)}`, resource: { ...patient('x', 'Okoye'), id: undefined } }, { resource: weight(undefined, `urn:uuid:${uuid(1)}`, 60) }])],
  ];
  it.each(sources)('is not taken twice: %s', async (_, file) => {
    const test = vault();
    expect((await importAll(test, { 'a.json': file })).files[0]).toMatchObject({ taken: 2, alreadyPresent: 0 });
    const before = chartOf(test);
    const entries = count(test, 'ledger');
    for (const limits of [MEMORY, TINY]) {
      expect((await importAll(test, { 'again.json': file }, limits)).files[0]).toMatchObject({ outcome: 'taken', taken: 0, alreadyPresent: 2, skippedCount: 0 });
    }
    expect(chartOf(test)).toEqual(before);
    expect(count(test, 'ledger')).toBe(entries + 6);
  });

  it('is not taken twice from one file either', async () => {
    const test = vault();
    const same = weight(uuid(2), `Patient/${uuid(1)}`, 60);
    const view = await importAll(test, { 'a.json': bundle(patient(uuid(1), 'Okoye'), same, same, { ...same, status: 'amended' }) });
    expect(view.files[0]).toMatchObject({ taken: 2, alreadyPresent: 1, skipped: [{ entry: 'entry[3], line 1', reason: 'differs-from-present' }] });
  });

  it('is not replaced: the same id with other content is skipped and said so', async () => {
    const test = vault();
    await importAll(test, { 'a.json': bundle(patient(uuid(1), 'Okoye')) });
    const before = chartOf(test);
    const view = await importAll(test, { 'b.json': bundle(patient(uuid(1), 'Adeyemi')) });
    expect(view.files[0]).toMatchObject({ outcome: 'taken', taken: 0, skipped: [{ entry: 'entry[0], line 1', reason: 'differs-from-present' }] });
    expect(chartOf(test)).toEqual(before);
  });

  it('counts as the same when it was charted or amended here and comes back', async () => {
    const test = vault();
    const resource = patient(uuid(1), 'Okoye');
    await importAll(test, { 'a.json': bundle(resource) });
    const [first] = test.ledger.read.all("SELECT segment.id || '.' || sequence AS entry FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE record = ?", uuid(1));
    must(test.ledger.append(test.grant, [{ kind: 'amend', record: uuid(1) as never, patient: uuid(1) as never, parents: [String(first!['entry']) as never], body: { fields: { gender: '"male"' }, reason: 'told so' } }]));
    const amended = { ...resource, gender: 'male' };
    const view = await importAll(test, { 'first.json': bundle(resource), 'second.json': bundle(amended) });
    expect(view.files.map(({ alreadyPresent, skippedCount }) => [alreadyPresent, skippedCount])).toEqual([[1, 0], [1, 0]]);
  });

  it('does not give up its id to a record of another type', async () => {
    const test = vault();
    const file = bundle(patient(uuid(1), 'Okoye'), weight(uuid(1), `Patient/${uuid(1)}`, 61));
    expect((await importAll(test, { 'a.json': file })).files[0]).toMatchObject({ taken: 2, skippedCount: 0 });
    expect(test.ledger.read.get("SELECT patient, id <> patient AS own FROM record WHERE type = 'Observation'")).toEqual({ patient: uuid(1), own: 1 });
    expect((await importAll(test, { 'a.json': file })).files[0]).toMatchObject({ taken: 0, alreadyPresent: 2 });
  });
});

describe('whose chart it is', () => {
  it('keeps patients of two sources apart that bear the same name, and files nothing between them', async () => {
    const test = vault();
    await importAll(test, { 'a.json': bundle(patient('1', 'Okoye'), weight('w', 'Patient/1', 60)) });
    await importAll(test, { 'b.json': bundle(weight('w', 'Patient/1', 90), patient('1', 'Adeyemi'), encounter('e', 'Patient/1'), weight('v', 'Patient/1', 91, 'Encounter/e')) });
    const rows = () => test.ledger.read.all('SELECT patient.family, measurement.value FROM measurement JOIN patient ON patient.record = measurement.patient ORDER BY value');
    const filed = [{ family: 'Okoye', value: 60 }, { family: 'Adeyemi', value: 90 }, { family: 'Adeyemi', value: 91 }];
    expect(rows()).toEqual(filed);
    expect(test.ledger.read.all("SELECT visit.patient = record.patient AS own FROM record JOIN record AS visit ON visit.id = record.encounter")).toEqual([{ own: 1 }]);
    const view = await importAll(test, { 'c.json': ndjson(weight('x', 'Patient/1', 99)) });
    expect(view.files[0]!.skipped).toEqual([{ entry: 'entry[0], line 1', reason: 'patient-ambiguous' }]);
    expect(rows()).toEqual(filed);
  });

  it('uses the names of an earlier import as long as they mean one patient', async () => {
    const test = vault();
    await importAll(test, { 'a.json': bundle(patient('1', 'Okoye')) });
    const view = await importAll(test, { 'b.json': ndjson(weight('x', 'Patient/1', 70), weight('y', 'https://ehr.example/fhir/Patient/1', 71), weight('z', 'Patient/2', 72)) });
    expect(view.files[0]).toMatchObject({ taken: 2, skipped: [{ entry: 'entry[2], line 3', reason: 'patient-not-found' }] });
    expect(count(test, 'measurement JOIN patient ON patient.record = measurement.patient')).toBe(2);
  });

  it('lets a file wait for patients of a file that the window sends later', async () => {
    const test = vault();
    const files: readonly (readonly [string, string])[] = [
      ['Condition.ndjson', ndjson({ resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/1' }, encounter: { reference: 'Encounter/e' } })],
      ['Encounter.ndjson', ndjson(encounter('e', 'Patient/1'))],
      ['Patient.ndjson', ndjson(patient('1', 'Okoye'))],
    ];
    const imports = importsOf(test);
    const { job } = must(imports.begin(test.grant, files.map(([name, text]) => ({ name, bytes: text.length }))));
    const outcomes: string[] = [];
    for (const [index, [, text]] of files.entries()) {
      const view = must(await imports.chunk(job, index, utf8(text), true));
      outcomes.push(view.files.map(({ outcome }) => outcome).join(' '));
    }
    expect(outcomes).toEqual(['waiting waiting waiting', 'waiting waiting waiting', 'taken taken taken']);
    const owner = test.ledger.read.get('SELECT record FROM patient')?.['record'];
    expect(test.ledger.read.all("SELECT record.type, record.patient, visit.type AS visit FROM record LEFT JOIN record AS visit ON visit.id = record.encounter WHERE record.type <> 'Patient' ORDER BY 1")).toEqual([
      { type: 'Condition', patient: owner, visit: 'Encounter' },
      { type: 'Encounter', patient: owner, visit: null },
    ]);
    expect([leftovers(test), differences(test)]).toEqual([[0, 0], []]);
  });

  it('reads a folder of one file per type in the order of what refers to what', async () => {
    const test = vault();
    const view = await importAll(test, { 'Encounter.000.ndjson': ndjson(encounter('e', 'Patient/1')), 'Patient.000.ndjson': ndjson(patient('1', 'Okoye')), 'Observation.000.ndjson': ndjson(weight('w', 'Patient/1', 60, 'Encounter/e')) });
    expect(view.files.map(({ taken, skippedCount }) => [taken, skippedCount])).toEqual([[1, 0], [1, 0], [1, 0]]);
    expect(count(test, 'record JOIN record AS visit ON visit.id = record.encounter')).toBe(1);
  });

  it('leaves what is about a group, a place or nobody without a patient, and gives a Provenance to the one it tells of', async () => {
    const test = vault();
    const provenance = { resourceType: 'Provenance', id: uuid(9), target: [{ reference: `urn:uuid:${uuid(5)}` }, { reference: `Patient/${uuid(1)}` }] };
    await importAll(test, { 'a.json': bundle(provenance, weight(uuid(5), `urn:uuid:${uuid(4)}`, 1), { resourceType: 'Group', id: uuid(4) }, { resourceType: 'Organization', id: uuid(3) }, patient(uuid(1), 'Okoye')) });
    expect(test.ledger.read.all('SELECT type, patient FROM record ORDER BY type')).toEqual([
      { type: 'Group', patient: null }, { type: 'Observation', patient: null }, { type: 'Organization', patient: null }, { type: 'Patient', patient: uuid(1) }, { type: 'Provenance', patient: uuid(1) },
    ]);
  });

  it('takes what names its patient by UUID before the patient is there', async () => {
    const test = vault();
    await importAll(test, { 'b.json': ndjson(weight(uuid(2), `Patient/${uuid(1)}`, 60)) });
    await importAll(test, { 'a.json': ndjson(patient(uuid(1), 'Okoye')) });
    expect(count(test, 'record JOIN patient ON patient.record = record.patient')).toBe(2);
  });

  it('does not guess where two patients of one file bear one name', async () => {
    const test = vault();
    const view = await importAll(test, { 'a.json': bundle(patient('1', 'Okoye'), patient('1', 'Adeyemi'), weight('w', 'Patient/1', 60)) });
    expect(view.files[0]).toMatchObject({ taken: 2, skipped: [{ reason: 'patient-ambiguous' }] });
    expect(count(test, 'measurement')).toBe(0);
  });
});

describe('what is refused or skipped', () => {
  const good = bundle(patient(uuid(1), 'Okoye'));
  const utf16 = Uint8Array.from(Buffer.from(`\ufeff${good}`, 'utf16le'));
  const latin1 = Uint8Array.from(Buffer.from(good.replace('Okoye', 'Oköye'), 'latin1'));
  const rows: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['nothing', '', 'EMPTY'],
    ['whitespace', ' \r\n', 'EMPTY'],
    ['prose', 'Dear colleague', 'NOT_JSON'],
    ['XML', '<Bundle xmlns="http://hl7.org/fhir"/>', 'NOT_JSON'],
    ['a list', '[1]', 'NOT_FHIR'],
    ['JSON that is no resource', '{"eventId":"kickoff"}\n{"eventId":"done"}\n', 'NOT_FHIR'],
    ['UTF-16', utf16, 'WRONG_ENCODING'],
    ['Latin-1', latin1, 'WRONG_ENCODING'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0), 'WRONG_ENCODING'],
    ['a cut file', good.slice(0, -3), 'TRUNCATED'],
    ['two files in one', `${good} ${good}`, 'NOT_JSON'],
    ['a bundle whose entries are named twice', good.replace(/}$/, ',"entry":[]}'), 'NOT_JSON'],
    ['a depth that no resource has', bundle(patient(uuid(1), 'Okoye'), JSON.parse(`${'{"a":'.repeat(80)}1${'}'.repeat(80)}`)), 'TOO_LARGE'],
    ['STU3', bundle({ ...encounter(uuid(2), `Patient/${uuid(1)}`), class: { code: 'AMB' } }, { resourceType: 'Condition', context: { reference: 'x' }, assertedDate: '2019' }), 'UNSUPPORTED_FHIR_VERSION'],
    ['DSTU2', bundle({ resourceType: 'MedicationOrder', id: 'm' }), 'UNSUPPORTED_FHIR_VERSION'],
    ['R5', bundle({ resourceType: 'Encounter', class: [{}], actualPeriod: {} }), 'UNSUPPORTED_FHIR_VERSION'],
  ];
  it.each(rows)('%s is refused with a name and changes nothing', async (what, content, code) => {
    for (const limits of [MEMORY, TINY]) {
      const test = vault();
      await importAll(test, { 'first.json': bundle(patient(uuid(8), 'Here Before')) });
      const before = chartOf(test);
      const view = await importAll(test, { 'bad.json': content }, limits);
      expect(view.files.map(({ outcome, fault }) => [outcome, fault?.code])).toEqual([['refused', code]]);
      if (code === 'UNSUPPORTED_FHIR_VERSION') expect(view.files[0]!.fault!.where).toMatch(new RegExp(`^${what}: `));
      expect(JSON.stringify(view.files)).not.toContain('Okoye');
      expect([chartOf(test), leftovers(test)]).toEqual([before, [0, 0]]);
      const besides = await importAll(test, { 'bad.json': content, 'good.json': bundle(patient(uuid(9), 'After')) }, limits);
      expect(besides.files.map(({ outcome }) => outcome)).toEqual(['refused', 'taken']);
      expect(count(test, 'record')).toBe(2);
    }
  });

  it('a resource beyond the limit of the stream refuses its file', async () => {
    const test = vault();
    const view = await importAll(test, { 'a.json': bundle(patient(uuid(1), 'Okoye'), { resourceType: 'Binary', data: 'A'.repeat(RESOURCE_MAX_BYTES) }) });
    expect(view.files[0]).toMatchObject({ outcome: 'refused', taken: 0, fault: { code: 'TOO_LARGE', where: expect.stringMatching(/^resource-too-large at entry\[1\], line 1, byte \d+$/) } });
    expect(count(test, 'record')).toBe(0);
  });

  it('every cut of a file leaves nothing of it', async () => {
    const seed = testSeedOf(process.env['OUTPOST_SEED']);
    const file = utf8(forwardBundle('Nkemelu'));
    const test = vault();
    const before = chartOf(test);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.constantFrom(MEMORY, TINY), async (length, limits) => {
        const view = await importAll(test, { 'cut.json': file.slice(0, length) }, limits);
        expect(view.files[0]).toMatchObject({ outcome: 'refused', taken: 0 });
        expect(chartOf(test)).toEqual(before);
        expect(leftovers(test)).toEqual([0, 0]);
      }),
      { seed, numRuns: 60 },
    );
  });

  it('single entries that cannot be used are listed with their reason, and the rest is taken', async () => {
    const test = vault();
    const file = bundleOf([
      { resource: patient(uuid(1), 'Okoye') },
      { request: { method: 'DELETE', url: 'Patient/9' } } as unknown as Entry,
      { resource: { resourceType: 'bundle' } },
      { resource: { resourceType: 'Observation', id: 'not an id', subject: { reference: `Patient/${uuid(1)}` } } },
      { resource: { resourceType: 'Observation', subject: 'Patient/1' } },
      { resource: { resourceType: 'Bundle', entry: [{ resource: patient('9', 'Hidden') }] } },
      { resource: { resourceType: 'OperationOutcome', issue: [] } },
      { resource: weight('a', 'Patient/absent', 1) },
      { resource: weight('b', '#me', 1) },
      { resource: weight('c', 'Patient?identifier=1', 1) },
      { resource: patient(uuid(2), 'Gone'), request: { method: 'DELETE', url: 'Patient/9' } },
    ]);
    const [report] = (await importAll(test, { 'a.json': file })).files;
    expect(report!.skipped.map(({ reason }) => reason).sort()).toEqual([
      'deletion', 'entry-without-resource', 'malformed-resource', 'malformed-resource', 'nested-bundle', 'no-record', 'no-resource-type', 'patient-not-found', 'patient-not-found', 'patient-not-found',
    ]);
    expect(report).toMatchObject({ outcome: 'taken', taken: 1, skippedCount: 10 });
    expect(report!.skipped).toContainEqual({ entry: 'entry[2], line 1', reason: 'no-resource-type' });
  });

  it('the list of what was skipped is bounded, its count is not', async () => {
    const test = vault();
    const many = Array.from({ length: SKIPPED_LISTED_MAX + 50 }, (_, n) => weight(`${n}`, 'Patient/absent', n));
    const [report] = (await importAll(test, { 'a.json': bundle(patient(uuid(1), 'Okoye'), ...many) })).files;
    expect([report!.skipped.length, report!.skippedCount]).toEqual([SKIPPED_LISTED_MAX, SKIPPED_LISTED_MAX + 50]);
  });

  it('a file that cannot be read any more is refused, and one that is not there refuses the call', async () => {
    const test = vault();
    const source: FileSource = {
      list: async (path) => [{ path, name: 'a.json', bytes: 100 }],
      // oxlint-disable-next-line require-yield
      async *open() {
        throw Object.assign(new Error('unplugged'), { code: 'EIO' });
      },
    };
    const imports = importsOf(test, {}, { source });
    const { job } = must(await imports.fromPaths(test.grant, ['a.json']));
    expect((await imports.finished(job)).files[0]).toMatchObject({ outcome: 'refused', fault: { code: 'FILE_UNREADABLE', where: 'EIO' } });
    const absent = await importsOf(test).fromPaths(test.grant, ['/absent']);
    expect(absent).toEqual({ ok: false, fault: { code: 'FILE_UNREADABLE', detail: { code: 'ENOENT' } } });
  });
});

describe('an import under way', () => {
  const big = bundle(patient('1', 'Okoye'), ...Array.from({ length: 40 }, (_, n) => weight(`w${n}`, 'Patient/1', n)));

  it('is one at a time, knows its files, and gives way when the window has gone', async () => {
    const test = vault();
    const imports = importsOf(test);
    const { job } = must(imports.begin(test.grant, [{ name: 'a', bytes: 10 }]));
    expect(imports.begin(test.grant, [{ name: 'b', bytes: 10 }])).toMatchObject({ ok: false, fault: { code: 'BUSY' } });
    expect(await imports.fromPaths(test.grant, [])).toMatchObject({ ok: false, fault: { code: 'BUSY' } });
    expect(await imports.chunk('other', 0, utf8('{'), false)).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
    expect(await imports.chunk(job, 1, utf8('{'), false)).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
    expect([imports.view('other'), imports.cancel('other')]).toEqual([undefined, undefined]);
    test.clock.advance(IDLE_MAX_MS + 1);
    expect(imports.begin(test.grant, [{ name: 'b', bytes: 10 }])).toMatchObject({ ok: false, fault: { code: 'BUSY' } });
    expect((await imports.finished(job)).state).toBe('cancelled');
    expect(imports.begin(test.grant, [{ name: 'b', bytes: 10 }]).ok).toBe(true);
  });

  it('lets the window pass over the rest of a refused file, and counts a file it leaves off as cut', async () => {
    const test = vault();
    const imports = importsOf(test);
    const { job } = must(imports.begin(test.grant, ['a', 'b', 'c'].map((name) => ({ name, bytes: 100 }))));
    must(await imports.chunk(job, 0, utf8('no JSON at all'), false));
    must(await imports.chunk(job, 1, utf8('{"resourceType"'), false));
    const view = must(await imports.chunk(job, 2, utf8(ndjson(patient(uuid(1), 'Okoye'))), true));
    expect(view.files.map(({ outcome, fault }) => [outcome, fault?.code])).toEqual([['refused', 'NOT_JSON'], ['refused', 'TRUNCATED'], ['taken', undefined]]);
    expect(await imports.chunk(job, 2, utf8('x'), true)).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
  });

  it('shows progress that never goes back and ends at the whole', async () => {
    const test = vault();
    const seen: number[] = [];
    const imports: Imports = importsOf(test, { 'a.json': big, 'b.json': '{', 'c.json': big }, { limits: TINY, onChange: (job) => void seen.push(imports.view(job)!.done) });
    const { job } = must(await imports.fromPaths(test.grant, ['/']));
    const { total } = await imports.finished(job);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(seen.at(-1)).toBe(total);
  });

  it.each([['in memory', MEMORY], ['staged', TINY]])('leaves nothing of a file that is cancelled while it is read, %s', async (_, limits) => {
    const test = vault();
    const imports = importsOf(test, {}, { limits });
    const { job } = must(imports.begin(test.grant, [{ name: 'a', bytes: big.length }, { name: 'b', bytes: 1 }]));
    must(await imports.chunk(job, 0, utf8(big.slice(0, -10)), false));
    imports.cancel(job);
    const view = await imports.finished(job);
    expect(view).toMatchObject({ state: 'cancelled', files: [{ outcome: 'cancelled', taken: 0 }, { outcome: 'cancelled', taken: 0 }] });
    expect(await imports.chunk(job, 0, utf8(big.slice(-10)), true)).toMatchObject({ ok: false, fault: { code: 'CANCELLED' } });
    expect([count(test, 'record'), leftovers(test)]).toEqual([0, [0, 0]]);
    expect(kinds(test, 'import.file').map(({ body }) => JSON.parse(body))).toMatchObject([{ file: 'a', outcome: 'cancelled', sha256: null }]);
    expect(kinds(test, 'import.finished')).toHaveLength(1);
  });

  it('finishes a file that is being applied when it is cancelled', async () => {
    const test = vault();
    const world = { turns: 0, job: '' };
    const imports: Imports = importsOf(test, { 'a.json': big, 'b.json': big.replaceAll('Patient/1', 'Patient/2') }, {
      limits: TINY,
      async yieldNow() {
        if (count(test, 'record') > 0) imports.cancel(world.job);
      },
    });
    world.job = must(await imports.fromPaths(test.grant, ['/'])).job;
    const view = await imports.finished(world.job);
    expect(view).toMatchObject({ state: 'cancelled', files: [{ outcome: 'taken', taken: 41 }, { outcome: 'cancelled', taken: 0 }] });
    expect([count(test, 'record'), leftovers(test), differences(test)]).toEqual([41, [0, 0], []]);
  });

  it('is stopped by a lock between any two slices, and what was begun is whole after the next start', async () => {
    let stopped = 0;
    for (let at = 1; at <= 60; at += 3) {
      const test = openTestLedger();
      const world = { turns: 0, closing: Promise.resolve() };
      const imports: Imports = importsOf(test, { 'a.json': big, 'b.json': big.replaceAll('"1"', '"2"').replaceAll('Patient/1', 'Patient/2').replaceAll('"w', '"v') }, {
        limits: TINY,
        async yieldNow() {
          world.turns += 1;
          if (world.turns === at) world.closing = imports.close();
        },
      });
      const { job } = must(await imports.fromPaths(test.grant, ['/']));
      const view = await imports.finished(job);
      await world.closing;
      if (view.state !== 'done') stopped += 1;
      expect(imports.begin(test.grant, [])).toMatchObject({ ok: false, fault: { code: 'BUSY' } });
      const after = test.reopen();
      must(await importsOf(after, {}, { limits: TINY }).resume(after.grant));
      expect([0, 41, 82]).toContain(count(after, 'record'));
      expect([leftovers(after), differences(after)]).toEqual([[0, 0], []]);
      const files = kinds(after, 'import.file').map(({ body }) => JSON.parse(body).taken);
      expect(files).toEqual(count(after, 'record') === 82 ? [41, 41] : count(after, 'record') === 41 ? [41] : []);
      expect(kinds(after, 'import.finished')).toHaveLength(1);
      after.close();
      test.close();
    }
    expect(stopped).toBeGreaterThan(7);
  });

  it('takes up what was cut short before it begins with something new', async () => {
    const test = vault();
    const stopping: Imports = importsOf(test, { 'a.json': big }, {
      limits: TINY,
      async yieldNow() {
        if (count(test, 'record') > 10) void stopping.close();
      },
    });
    await stopping.finished(must(await stopping.fromPaths(test.grant, ['/'])).job);
    expect(count(test, 'record')).toBeGreaterThan(10);
    expect(count(test, 'record')).toBeLessThan(41);
    const imports = importsOf(test, { 'b.json': bundle(patient(uuid(1), 'Next')) }, { limits: TINY });
    const resumed = imports.resume(test.grant);
    const { job } = must(imports.begin(test.grant, [{ name: 'b.json', bytes: 10 }]));
    must(await imports.chunk(job, 0, utf8(bundle(patient(uuid(1), 'Next'))), true));
    must(await resumed);
    expect([count(test, 'record'), leftovers(test), differences(test)]).toEqual([42, [0, 0], []]);
    expect(kinds(test, 'import.file').map(({ body }) => JSON.parse(body).file)).toEqual(['a.json', 'b.json']);
    expect(kinds(test, 'import.finished')).toHaveLength(2);
  });

  it('lets a nurse write between two slices', async () => {
    const test = vault();
    let nurse = 0;
    const imports = importsOf(test, { 'a.json': big }, {
      limits: TINY,
      async yieldNow() {
        if (count(test, 'record') === 0) return;
        must(test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Walk-in', given: `${nurse}`, birthDate: '1990', sex: 'male' }, number: `K7-${nurse}` } }]));
        nurse += 1;
      },
    });
    const { job } = must(await imports.fromPaths(test.grant, ['/']));
    expect((await imports.finished(job)).files[0]).toMatchObject({ outcome: 'taken', taken: 41 });
    expect(nurse).toBeGreaterThan(5);
    expect(count(test, "patient WHERE family = 'Walk-in'")).toBe(nurse);
    expect(differences(test)).toEqual([]);
  });

  it('rolls a file back whole when the disk is full, and takes it when there is room again', async () => {
    const test = vault();
    const setPages = (pages: number) => test.ledger.keep((write) => ok(write.run(`PRAGMA max_page_count = ${pages}`)));
    const pages = (): number => Number(test.ledger.read.get('PRAGMA page_count')?.['page_count']);
    const file = bundle(patient('1', 'Okoye'), ...Array.from({ length: 1500 }, (_, n) => weight(`w${n}`, 'Patient/1', n)));
    const before = chartOf(test);
    setPages(pages() + 40);
    const view = await importAll(test, { 'a.json': file, 'b.json': big });
    expect(view).toMatchObject({ state: 'failed', fault: 'DISK_FULL', files: [{ outcome: 'refused', taken: 0, fault: { code: 'DISK_FULL' } }, { outcome: 'refused', taken: 0 }] });
    expect(chartOf(test)).toEqual(before);
    setPages(1_000_000);
    must(await importsOf(test).resume(test.grant));
    expect((await importAll(test, { 'a.json': file })).files[0]).toMatchObject({ outcome: 'taken', taken: 1501 });
    expect(differences(test)).toEqual([]);
  });

  it('goes on after a full disk where a large file was being applied', async () => {
    const test = vault();
    const setPages = (pages: number) => test.ledger.keep((write) => ok(write.run(`PRAGMA max_page_count = ${pages}`)));
    const pages = (): number => Number(test.ledger.read.get('PRAGMA page_count')?.['page_count']);
    const file = bundle(patient('1', 'Okoye'), ...Array.from({ length: 400 }, (_, n) => weight(`w${n}`, 'Patient/1', n)));
    const imports = importsOf(test, { 'a.json': file }, {
      limits: { ...TINY, sliceResources: 50, sliceCharacters: 20_000 },
      async yieldNow() {
        if (count(test, 'record') > 0) setPages(pages() + 10);
      },
    });
    const { job } = must(await imports.fromPaths(test.grant, ['/']));
    const view = await imports.finished(job);
    expect(view).toMatchObject({ state: 'failed', fault: 'DISK_FULL', files: [{ outcome: 'waiting', fault: { code: 'DISK_FULL' } }] });
    setPages(1_000_000);
    must(await importsOf(test).resume(test.grant));
    expect([count(test, 'record'), leftovers(test), differences(test)]).toEqual([401, [0, 0], []]);
    expect(kinds(test, 'import.file').map(({ body }) => JSON.parse(body).taken)).toEqual([401]);
  });

  it('refuses a large file that the disk has no room for before anything of it is visible', async () => {
    const test = vault();
    const imports = importsOf(test, { 'a.json': big }, { limits: TINY, freeBytes: () => 1000 });
    const { job } = must(await imports.fromPaths(test.grant, ['/']));
    expect(await imports.finished(job)).toMatchObject({ state: 'failed', fault: 'DISK_FULL', files: [{ outcome: 'refused' }] });
    must(await importsOf(test).resume(test.grant));
    expect([count(test, 'record'), leftovers(test)]).toEqual([0, [0, 0]]);
  });

  it('ends in a report, not in silence, when an assumption breaks', async () => {
    const test = vault();
    const errors: unknown[] = [];
    const imports = importsOf(test, { 'a.json': big }, { yieldNow: () => Promise.reject(new Error('broken assumption: made up')), onError: (error) => void errors.push(error) });
    const { job } = must(await imports.fromPaths(test.grant, ['/']));
    expect(await imports.finished(job)).toMatchObject({ state: 'failed', fault: 'INTERNAL' });
    await imports.close();
    expect(errors).toMatchObject([{ message: 'broken assumption: made up' }]);
    expect(count(test, 'record')).toBe(0);
  });

  it('names the digest of the bytes it was given', async () => {
    const test = vault();
    const bytes = utf8(big);
    await importAll(test, { 'a.json': bytes }, TINY);
    expect(JSON.parse(kinds(test, 'import.file')[0]!.body).sha256).toBe(toHex(createHash('sha256').update(bytes).digest()));
  });
});
