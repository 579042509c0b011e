import { afterEach, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { systemRandom } from '../../build/fixtures/test-world.ts';
import { concatBytes, fromUtf8, utf8 } from '../../shared/base/bytes.ts';
import { recordIdOf, RecordId, type EntryId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import { exportRecords, type ExportRequest } from './export.ts';
import { createImports } from './import.ts';

const open: TestLedger[] = [];
function vault(): TestLedger {
  const test = openTestLedger();
  open.push(test);
  return test;
}
afterEach(() => {
  for (const test of open.splice(0)) test.close();
});

async function take(test: TestLedger, ...files: readonly string[]): Promise<JobView> {
  const imports = createImports({
    ledger: test.ledger, clock: test.clock, random: systemRandom, yieldNow: () => Promise.resolve(), onChange: () => undefined,
    source: { list: async () => [], open: () => { throw new Error('not by path'); } },
  });
  const begun = imports.begin(test.grant, files.map((text, n) => ({ name: `${n}.json`, bytes: text.length })));
  if (!begun.ok) throw new Error(begun.fault.code);
  for (const [n, text] of files.entries()) await imports.chunk(begun.value.job, n, utf8(text), true);
  return imports.finished(begun.value.job);
}

async function give(test: TestLedger, request: Partial<ExportRequest> = {}): Promise<{ readonly text: string; readonly resources: number }> {
  const parts: Uint8Array[] = [];
  const { resources, bytes } = await exportRecords({
    read: test.ledger.read, patient: null, format: 'bundle', maySee: () => true, yieldNow: () => Promise.resolve(), write: async (chunk) => void parts.push(chunk), ...request,
  });
  const whole = concatBytes(...parts);
  expect(whole.length).toBe(bytes);
  return { text: fromUtf8(whole), resources };
}

type Entry = { readonly fullUrl: string; readonly resource: Readonly<Record<string, unknown>> };
const entriesOf = (text: string): readonly Entry[] => (JSON.parse(text) as { entry?: readonly Entry[] }).entry ?? [];

const uuid = (n: number): string => `3b1f8f0e-7c2a-4d52-9a55-${n.toString(16).padStart(12, '0')}`;
const id = (n: number): RecordId => RecordId.parse(uuid(n));
const bundle = (...texts: readonly string[]): string => `{"resourceType":"Bundle","type":"collection","entry":[${texts.map((text) => `{"resource":${text}}`).join(',')}]}`;
const patient = (called: string, family: string): string => `{"resourceType":"Patient","id":"${called}","name":[{"family":"${family}","given":["Made"]}]}`;
const weight = (called: string, subject: string, more = ''): string => `{"resourceType":"Observation","id":"${called}","status":"final","subject":{"reference":"${subject}"}${more},"valueQuantity":{"value":60.00,"unit":"kg"}}`;

describe('export', () => {
  it('gives back every resource byte for byte, as a bundle and as NDJSON', async () => {
    const test = vault();
    const odd = `{"resourceType":"Observation","unknown":[1E-245,0.10],"id":"${uuid(2)}","note":"\\u00e9 \\/ é 𝄞","subject":{"reference":"urn:uuid:${uuid(1)}"}}`;
    const texts = [patient(uuid(1), 'Okoye'), odd, weight('7', `Patient/${uuid(1)}`), `{"resourceType":"Location","id":"${uuid(3)}"}`];
    await take(test, bundle(...texts));
    const { text, resources } = await give(test);
    expect(resources).toBe(4);
    expect(JSON.parse(text)).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
    for (const each of texts) expect(text).toContain(`"resource":${each}}`);
    expect(entriesOf(text).map(({ fullUrl }) => fullUrl)).toContain(`urn:uuid:${uuid(2)}`);
    const lines = (await give(test, { format: 'ndjson' })).text.split('\n');
    expect(lines.toSorted()).toEqual(['', ...texts].toSorted());
  });

  it('of one patient gives the chart and what it refers to that is nobody\'s, however far, and nothing of anybody else', async () => {
    const test = vault();
    const practitioner = `{"resourceType":"Practitioner","id":"dr"}`;
    const role = `{"resourceType":"PractitionerRole","id":"${uuid(11)}","practitioner":{"reference":"Practitioner/dr"},"organization":{"reference":"urn:uuid:${uuid(12)}"}}`;
    const organization = `{"resourceType":"Organization","id":"${uuid(12)}","partOf":{"reference":"Organization/${uuid(13)}"}}`;
    const parent = `{"resourceType":"Organization","id":"${uuid(13)}","partOf":{"reference":"Organization/${uuid(12)}"}}`;
    const unrelated = `{"resourceType":"Organization","id":"${uuid(14)}"}`;
    const mine = weight(uuid(2), `Patient/${uuid(1)}`, `,"performer":[{"reference":"PractitionerRole/${uuid(11)}"},{"reference":"Patient/${uuid(5)}"},{"reference":"#x"}]`);
    await take(test, bundle(practitioner, role, organization, parent, unrelated, mine, patient(uuid(1), 'Okoye'), patient(uuid(5), 'Adeyemi'), weight(uuid(6), `Patient/${uuid(5)}`)));
    const { text } = await give(test, { patient: id(1) });
    expect(entriesOf(text).map(({ resource }) => `${String(resource['resourceType'])} ${String(resource['id'])}`)).toEqual([
      `Patient ${uuid(1)}`, `Observation ${uuid(2)}`, `PractitionerRole ${uuid(11)}`, 'Practitioner dr', `Organization ${uuid(12)}`, `Organization ${uuid(13)}`,
    ]);
  });

  it('takes of two records of one name the one that came with the record that refers to it', async () => {
    const test = vault();
    const clinic = (n: number) => bundle(`{"resourceType":"Practitioner","id":"1","active":${n === 1}}`, patient(uuid(n), `Family${n}`), weight(uuid(n + 10), `Patient/${uuid(n)}`, ',"performer":[{"reference":"Practitioner/1"}]'));
    await take(test, clinic(1));
    await take(test, clinic(2));
    for (const n of [1, 2]) {
      const practitioners = entriesOf((await give(test, { patient: id(n) })).text).filter(({ resource }) => resource['resourceType'] === 'Practitioner');
      expect(practitioners.map(({ resource }) => resource['active'])).toEqual([n === 1]);
    }
  });

  it('leaves out whom the caller may not see, and gives an empty bundle rather than an empty list', async () => {
    const test = vault();
    await take(test, bundle(patient(uuid(1), 'Okoye'), weight(uuid(2), `Patient/${uuid(1)}`), patient(uuid(5), 'Hidden'), weight(uuid(6), `Patient/${uuid(5)}`)));
    const asked: string[] = [];
    const maySee = (who: RecordId): boolean => asked.push(who) > 0 && who !== id(5);
    const all = (await give(test, { maySee })).text;
    expect(entriesOf(all).map(({ resource }) => resource['id'])).toEqual([uuid(1), uuid(2)]);
    expect(asked).toEqual([uuid(1), uuid(5)]);
    expect((await give(test, { maySee, patient: id(5) })).text).toBe('{"resourceType":"Bundle","type":"collection"}\n');
    expect((await give(test, { maySee, patient: id(5), format: 'ndjson' }))).toEqual({ text: '', resources: 0 });
  });

  it('gives an amended record as it is now, the digits of untouched decimals kept', async () => {
    const test = vault();
    await take(test, bundle(patient(uuid(1), 'Okoye'), weight(uuid(2), `Patient/${uuid(1)}`)));
    const first = test.ledger.read.get("SELECT segment.id || '.' || sequence AS entry FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE record = ?", uuid(2));
    test.ledger.append(test.grant, [{ kind: 'amend', record: id(2), patient: id(1), parents: [String(first!['entry']) as EntryId], body: { fields: { status: '"amended"' }, reason: 'told so' } }]);
    expect((await give(test, { format: 'ndjson' })).text).toContain(weight(uuid(2), `Patient/${uuid(1)}`).replace('"final"', '"amended"'));
  });

  it('keeps what was charted here with a patient who came in under another id, in a bundle and in NDJSON', async () => {
    for (const format of ['bundle', 'ndjson'] as const) {
      const test = vault();
      await take(test, bundle(weight('w', 'Patient/1'), patient('1', 'Okoye')));
      const owner = RecordId.parse(test.ledger.read.get('SELECT record FROM patient')?.['record']);
      const written = test.ledger.append(test.grant, [{ kind: 'allergy', patient: owner, body: { patient: owner, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high', at: test.clock.now() } }]);
      if (!written.ok) throw new Error(written.fault.code);
      const { text } = await give(test, { patient: owner, format });
      expect(text).toContain(format === 'bundle' ? `"patient":{"reference":"urn:uuid:${owner}"}` : '"patient":{"reference":"Patient/1"}');
      const other = vault();
      const moved = await take(other, text);
      expect(moved.files).toMatchObject([{ outcome: 'taken', taken: 3, skippedCount: 0 }]);
      expect(other.ledger.read.all('SELECT record.type, patient.family FROM record JOIN patient ON patient.record = record.patient ORDER BY 1')).toEqual(['AllergyIntolerance', 'Observation', 'Patient'].map((type) => ({ type, family: 'Okoye' })));
      expect((await take(test, text)).files[0]).toMatchObject({ taken: 0 });
      expect(entriesOf((await give(test)).text).some(({ fullUrl }) => fullUrl === `urn:uuid:${recordIdOf(written.value[0]!.entry)}`)).toBe(true);
    }
  });

  it('leaves out what has been erased', async () => {
    const test = vault();
    await take(test, bundle(patient(uuid(1), 'Okoye'), weight(uuid(2), `Patient/${uuid(1)}`)));
    test.ledger.keep((write) => ok(write.run('UPDATE ledger SET body = NULL WHERE record = ?', uuid(2))));
    expect((await give(test)).resources).toBe(1);
    expect((await give(test, { patient: id(1) })).resources).toBe(1);
  });

  it('stops where the bytes can no longer be written, and lets others write meanwhile', async () => {
    const test = vault();
    const many = Array.from({ length: 1200 }, (_, n) => weight(uuid(n + 10), `Patient/${uuid(1)}`, `,"note":[{"text":"${'x'.repeat(400)}"}]`));
    await take(test, bundle(patient(uuid(1), 'Okoye'), ...many));
    await expect(give(test, { write: () => Promise.reject(new Error('ENOSPC')) })).rejects.toThrow('ENOSPC');
    let written = 0;
    const sizes: number[] = [];
    const { resources } = await exportRecords({
      read: test.ledger.read, patient: null, format: 'ndjson', maySee: () => true,
      write: async (chunk) => void sizes.push(chunk.length),
      async yieldNow() {
        if (test.ledger.append(test.grant, [{ kind: 'chart.viewed', body: { what: 'chart.open' } }]).ok) written += 1;
      },
    });
    expect([resources, written, sizes.length > 2]).toEqual([1201, 3, true]);
  });
});
