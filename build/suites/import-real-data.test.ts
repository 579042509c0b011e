import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareProjection } from '../../main/ledger/ledger.ts';
import { createDiskSource, createImports, exportRecords, type FileSource } from '../../main/records/records.ts';
import { concatBytes, fromUtf8 } from '../../shared/base/bytes.ts';
import { RecordId } from '../../shared/base/ids.ts';
import type { FileReport, JobView } from '../../shared/ipc/rows-system.ts';
import type { JsonObject } from '../../shared/records/json.ts';
import { parseLossless, stringifyLossless, type LosslessObject } from '../../shared/records/lossless-json.ts';
import { openTestLedger, type TestLedger } from '../fixtures/test-ledger.ts';
import { systemRandom } from '../fixtures/test-world.ts';

/** Synthea patients and published FHIR examples that lie beside the repository and are no part of it. */
const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const present = existsSync(DATA);
if (!present) console.warn('import of real data SKIPPED: there is no ../shared/data beside the repository');

const yieldNow = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(DATA, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

async function importPaths(test: TestLedger, paths: readonly string[], source: FileSource = createDiskSource()): Promise<JobView> {
  const imports = createImports({
    ledger: test.ledger, clock: test.clock, random: systemRandom, source, yieldNow, onChange: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  const begun = await imports.fromPaths(test.grant, paths);
  if (!begun.ok) throw new Error(begun.fault.code);
  return imports.finished(begun.value.job);
}

async function exported(test: TestLedger, patient: RecordId | null, format: 'bundle' | 'ndjson'): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const { bytes } = await exportRecords({ read: test.ledger.read, patient, format, maySee: () => true, yieldNow, write: async (chunk) => void parts.push(chunk) });
  const whole = concatBytes(...parts);
  expect(whole.length).toBe(bytes);
  return whole;
}

const differences = (test: TestLedger): unknown => {
  const steps = compareProjection(test.ledger.read, 2000);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
};
const rows = (test: TestLedger, sql: string) => test.ledger.read.all(sql);
const sum = (files: readonly FileReport[], of: (file: FileReport) => number): number => files.reduce((total, file) => total + of(file), 0);

/** The resources of a file as a plain JSON reader sees them, digits of decimals kept; undefined where it sees no JSON. */
function plainResources(file: string): readonly LosslessObject[] | undefined {
  const text = readFileSync(file, 'utf8');
  try {
    const roots = file.endsWith('.ndjson') ? text.split('\n').filter((line) => line !== '').map(parseLossless) : [parseLossless(text)];
    return (roots as readonly LosslessObject[]).flatMap((root): readonly LosslessObject[] => {
      if (root['resourceType'] !== 'Bundle') return [root];
      return ((root['entry'] ?? []) as readonly { readonly resource?: LosslessObject }[]).flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
    });
  } catch {
    return undefined;
  }
}

const CHART = ['record', 'patient', 'search_key', 'measurement', 'imported_identity', 'head', 'conflict', 'parked', 'import_job', 'import_stage'];
const chartSizes = (test: TestLedger) => CHART.map((table) => `${table} ${String(test.ledger.read.get(`SELECT count(*) AS n FROM ${table}`)?.['n'])}`);

describe.skipIf(!present)('real data', () => {
  let test: TestLedger;
  let view: JobView;
  const sources = present ? filesBelow('synthea') : [];
  const known = new Map<string, Set<string>>();

  beforeAll(async () => {
    test = openTestLedger();
    view = await importPaths(test, [join(DATA, 'synthea')]);
    for (const file of sources) {
      for (const resource of plainResources(file) ?? []) {
        const key = `${String(resource['resourceType'])}/${String(resource['id']).toLowerCase()}`;
        known.set(key, (known.get(key) ?? new Set<string>()).add(stringifyLossless(resource)));
      }
    }
  });
  afterAll(() => test?.close());

  it('every Synthea file is taken or named with its reason, and the counts of each type agree before and after', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(view).toMatchObject({ state: 'done', fault: null });
    expect(view.files.length).toBe(sources.length);
    expect(view.files.filter(({ outcome }) => outcome !== 'taken').map(({ file, fault }) => [file, fault?.code])).toEqual([['log.ndjson', 'NOT_FHIR']]);
    for (const report of view.files.filter(({ outcome }) => outcome === 'taken')) {
      const plain = plainResources(sources.find((file) => basename(file) === report.file) ?? '') ?? [];
      expect({ file: report.file, read: sum([report], ({ read }) => Object.values(read).reduce((total, each) => total + each, 0)) }).toEqual({ file: report.file, read: plain.length });
      expect(report.taken + report.alreadyPresent + report.skippedCount).toBe(plain.length);
      expect(new Set(report.skipped.map(({ reason }) => reason)).size <= 1 && report.skipped.every(({ reason }) => reason === 'differs-from-present')).toBe(true);
    }
    const expected = new Map<string, number>();
    for (const key of known.keys()) if (!key.startsWith('undefined/')) expected.set(key.split('/')[0] ?? '', (expected.get(key.split('/')[0] ?? '') ?? 0) + 1);
    const held = rows(test, 'SELECT type, count(*) AS n FROM record GROUP BY type').map((row) => [row['type'], row['n']]);
    expect(Object.fromEntries(held)).toEqual(Object.fromEntries(expected));
    console.log(`real data: ${sources.length} files, ${sum(view.files, ({ taken }) => taken)} resources taken, ${sum(view.files, ({ alreadyPresent }) => alreadyPresent)} there already, ${sum(view.files, ({ skippedCount }) => skippedCount)} skipped`);
  });

  it('everything about a patient stands in that patient\'s chart', () => {
    expect(rows(test, 'SELECT type FROM record WHERE patient IS NOT NULL AND patient NOT IN (SELECT record FROM patient)')).toEqual([]);
    const nobodys = rows(test, 'SELECT DISTINCT type FROM record WHERE patient IS NULL ORDER BY type').map(({ type }) => type);
    expect(nobodys).toEqual(['Location', 'Medication', 'Organization', 'Practitioner', 'PractitionerRole']);
    expect(rows(test, "SELECT id FROM record WHERE encounter IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record AS visit WHERE visit.id = record.encounter AND visit.patient = record.patient AND visit.type = 'Encounter')")).toEqual([]);
  });

  it('the export of each patient gives back every resource as it came, with what it refers to', async () => {
    const patients = rows(test, 'SELECT record FROM patient').map(({ record }) => RecordId.parse(record));
    expect(patients.length).toBe(108);
    let out = 0;
    const seen = new Set<string>();
    for (const patient of patients) {
      const bundle = parseLossless(fromUtf8(await exported(test, patient, 'bundle'))) as { readonly type: string; readonly entry: readonly { readonly fullUrl: string; readonly resource: LosslessObject }[] };
      expect(bundle.type).toBe('collection');
      const ids = new Set(bundle.entry.map(({ fullUrl }) => fullUrl.replace('urn:uuid:', '')));
      expect(ids.size).toBe(bundle.entry.length);
      for (const { resource } of bundle.entry) {
        const key = `${String(resource['resourceType'])}/${String(resource['id']).toLowerCase()}`;
        expect(known.get(key)?.has(stringifyLossless(resource)), key).toBe(true);
        seen.add(key);
      }
      const mine = rows(test, `SELECT id FROM record WHERE patient = '${patient}'`);
      for (const { id } of mine) expect(ids.has(String(id))).toBe(true);
      out += mine.length;
    }
    expect(out).toBe(Number(rows(test, 'SELECT count(*) AS n FROM record WHERE patient IS NOT NULL')[0]?.['n']));
    console.log(`real data: ${patients.length} patients exported, ${seen.size} different resources, each equal to its source`);
  });

  it('a second import takes nothing', async () => {
    const before = chartSizes(test);
    const again = await importPaths(test, [join(DATA, 'synthea')]);
    expect(sum(again.files, ({ taken }) => taken)).toBe(0);
    expect(sum(again.files, ({ alreadyPresent }) => alreadyPresent)).toBe(sum(view.files, ({ taken, alreadyPresent }) => taken + alreadyPresent));
    expect(chartSizes(test)).toEqual(before);
  });

  it.each(['bundle', 'ndjson'] as const)('the whole vault goes out as one %s and into another vault, byte for byte', async (format) => {
    const bytes = await exported(test, null, format);
    const source: FileSource = {
      list: async (path) => [{ path, name: path, bytes: bytes.length }],
      async *open() {
        for (let at = 0; at < bytes.length; at += 262_144) yield bytes.subarray(at, at + 262_144);
      },
    };
    const other = openTestLedger();
    const moved = await importPaths(other, [`all.${format}`], source);
    expect(moved.files).toMatchObject([{ outcome: 'taken', skippedCount: 0, alreadyPresent: 0 }]);
    const texts = (vault: TestLedger) => rows(vault, "SELECT record.id, record.type, record.patient, record.encounter, record.at, record.title, CAST(ledger.body AS TEXT) AS text FROM record JOIN ledger ON ledger.position = record.created ORDER BY record.id").map((row) => JSON.stringify(row));
    const [here, there] = [texts(test), texts(other)];
    expect(there.length).toBe(here.length);
    expect(there.findIndex((text, index) => text !== here[index])).toBe(-1);
    expect(differences(other)).toEqual([]);
    other.close();
  });

  it('STU3 and DSTU2 files are refused with the release named', async () => {
    const before = chartSizes(test);
    for (const [folder, release] of [['stu3', 'STU3'], ['dstu2', 'DSTU2']] as const) {
      const { files } = await importPaths(test, [join(DATA, 'synthea-older', folder)]);
      expect(files.length).toBe(4);
      for (const { fault, outcome } of files) {
        expect([outcome, fault?.code]).toEqual(['refused', 'UNSUPPORTED_FHIR_VERSION']);
        expect(fault?.where?.startsWith(`${release}: `)).toBe(true);
      }
    }
    expect(chartSizes(test)).toEqual(before);
  });

  it('every example that is no JSON gives a clear fault and changes nothing but the trail', async () => {
    const invalid = filesBelow('fhir-examples/edge-cases').filter((file) => file.endsWith('.json') && plainResources(file) === undefined);
    expect(invalid.length).toBeGreaterThan(10);
    for (const file of invalid) {
      const before = [chartSizes(test), Number(rows(test, 'SELECT count(*) AS n FROM ledger')[0]?.['n'])];
      const { files } = await importPaths(test, [file]);
      expect([basename(file), files[0]?.outcome, files[0]?.taken, files[0]?.fault?.code]).toEqual([basename(file), 'refused', 0, 'NOT_JSON']);
      expect(files[0]?.fault?.where).toMatch(/^[a-z-]+ at (entry\[\d+\], )?line \d+, byte \d+$/);
      expect([chartSizes(test), Number(rows(test, 'SELECT count(*) AS n FROM ledger')[0]?.['n']) - 3]).toEqual(before);
    }
  });

  it('published examples are taken or named with their reason, and each patient\'s export gives them back', async () => {
    for (const folder of ['fhir-examples/hl7-ips-2.0.0', 'fhir-examples/hl7-us-core', 'fhir-examples/hl7-r4-core', 'fhir-examples/edge-cases']) {
      const examples = openTestLedger();
      const { files, state } = await importPaths(examples, [join(DATA, folder)]);
      expect(state).toBe('done');
      expect(files.filter(({ outcome, fault }) => outcome === 'refused' && fault === null)).toEqual([]);
      const texts = new Set(filesBelow(folder).flatMap((file) => plainResources(file) ?? []).map(stringifyLossless));
      for (const { record } of rows(examples, 'SELECT record FROM patient')) {
        const bundle = parseLossless(fromUtf8(await exported(examples, RecordId.parse(record), 'bundle'))) as { readonly entry: readonly { readonly resource: LosslessObject }[] };
        for (const { resource } of bundle.entry) expect(texts.has(stringifyLossless(resource))).toBe(true);
      }
      const back = JSON.parse(fromUtf8(await exported(examples, null, 'bundle'))) as { readonly entry: readonly { readonly resource: JsonObject }[] };
      expect(back.entry.length).toBe(Number(rows(examples, 'SELECT count(*) AS n FROM record')[0]?.['n']));
      expect(differences(examples)).toEqual([]);
      console.log(`real data: ${folder}: ${files.length} files, ${sum(files, ({ taken }) => taken)} taken, ${sum(files, ({ skippedCount }) => skippedCount)} skipped, ${files.filter(({ outcome }) => outcome === 'refused').length} refused`);
      examples.close();
    }
  });

  it('in the end the chart is what its ledger folds to', () => {
    expect(differences(test)).toEqual([]);
  });
});
