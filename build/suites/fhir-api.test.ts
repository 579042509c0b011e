import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { connect, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { Fhir as FhirValidator } from 'fhir';
import { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSend } from '../../central/fhir/upstream.ts';
import { startApi, type Api } from '../../central/fhir/start.ts';
import { addClient, latestAccesses, revokeClient } from '../../central/store/api-clients.ts';
import { openDatabase } from '../../central/store/database.ts';
import type { Sql } from '../../central/store/sql.ts';
import { systemRandom } from '../../central/world.ts';
import { createDiskSource, createImports } from '../../main/records/records.ts';
import { issueServerCertificate, startTestCentral, type TestCentral } from '../fixtures/test-central.ts';
import { chartPopulation } from '../fixtures/test-fhir.ts';
import { openTestWorkstation, type TestWorkstation } from '../fixtures/test-syncing.ts';

/** A real workstation syncs to a real central; a FHIR client of the npm registry reads there, and another server is forwarded to. */
const { Fhir } = createRequire(import.meta.url)('fhir') as { Fhir: typeof FhirValidator };
const validator = new Fhir();
const DATA = fileURLToPath(new URL('../../../shared/data/synthea/r4-v2.5-intersystems', import.meta.url));
const present = existsSync(DATA);
if (!present) console.warn('FHIR API on real data SKIPPED: there is no ../shared/data beside the repository');

type Resource = { resourceType: string; id: string } & Record<string, unknown>;
type Bundle = { total: number; entry: { resource: Resource; search: { mode: string } }[] };
const DAY_MS = 86_400_000;
const defaults = getCACertificates('default');

let central: TestCentral;
let desk: TestWorkstation;
let sql: Sql;
let api: Api;
let client: Client;
let token: string;
let upstream: Upstream;

/** What a forwarding central is to find: a server that takes transactions, says no when told, and remembers. */
type Upstream = { readonly server: Server; readonly url: string; readonly taken: Map<string, string>; answer: (method: string, place: string, body: string) => number };

async function startUpstream(): Promise<Upstream> {
  const identity = await issueServerCertificate(central.keys.authority, central.clock, systemRandom, ['127.0.0.1']);
  const taken = new Map<string, string>();
  const own: { answer: Upstream['answer'] } = { answer: () => 200 };
  const server = createServer({ key: identity.privateKey, cert: identity.certificate }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const status = own.answer(request.method ?? '', request.url ?? '', body);
      if (status < 300) {
        const parsed = JSON.parse(body) as Resource & { entry?: { resource: Resource; request: { method: string; url: string } }[] };
        for (const resource of parsed.entry?.map((entry) => entry.resource) ?? [parsed]) taken.set(`${resource.resourceType}/${resource.id}`, JSON.stringify(resource));
      }
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(own, { server, url: `https://127.0.0.1:${address.port}/r4`, taken });
}

beforeAll(async () => {
  central = await startTestCentral();
  setDefaultCACertificates([...defaults, central.keys.authority.certificate]);
  desk = openTestWorkstation();
  const enrolled = await desk.enrol(await central.code());
  chartPopulation(desk.test, 21, 15, 30);
  const synced = await desk.now();
  if (!enrolled.ok || !synced.ok) throw new Error('not synced');
  const opened = await openDatabase(central.home, central.keys, { url: null, clock: central.clock, random: systemRandom });
  if (!opened.ok) throw new Error(opened.fault.code);
  sql = opened.value;
  upstream = await startUpstream();
  const send = createSend({ authority: central.keys.authority.certificate, token: 'upstream-secret' });
  api = await startApi({
    home: central.home, sql, keys: central.keys, clock: central.clock, random: systemRandom, host: '127.0.0.1', port: 0, names: ['127.0.0.1'], software: '0.0.0',
    forward: { upstream: { name: 'region', url: upstream.url }, send }, onEvent: () => undefined,
  });
  await api.settled();
  ({ token } = await addClient(sql, central.clock, systemRandom, { name: 'Region', scopes: ['system/*.read'], lifeMs: DAY_MS }));
  client = new Client({ baseUrl: `https://127.0.0.1:${api.port}/fhir`, bearerToken: token });
});
afterAll(async () => {
  setDefaultCACertificates(defaults);
  await api.close();
  await sql.close();
  upstream.server.close();
  await desk.close();
  await central.close();
});

const held = (type: string): number => Number(desk.test.ledger.read.get('SELECT count(*) AS n FROM record WHERE type = ?', type)?.['n']);

describe('a FHIR client', () => {
  it('FHR-10 reads the capability statement', async () => {
    const statement = (await client.capabilityStatement()) as Resource;
    expect(statement).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', rest: [{ mode: 'server' }] });
  });

  it('FHR-6 FHR-10 searches page by page, and gets each record that the workstation holds, valid', async () => {
    for (const type of ['Patient', 'Observation', 'Encounter', 'Condition', 'MedicationRequest', 'Immunization', 'Practitioner']) {
      const seen = new Set<string>();
      let bundle: Bundle | undefined = (await client.search({ resourceType: type, searchParams: { _count: 40 } })) as unknown as Bundle;
      expect([type, bundle.total]).toEqual([type, held(type)]);
      while (bundle !== undefined) {
        for (const { resource } of bundle.entry) {
          expect(validator.validate(resource).messages.filter(({ severity }) => severity === 'error')).toEqual([]);
          seen.add(resource.id);
        }
        bundle = (await client.nextPage({ bundle: bundle as never })) as unknown as Bundle | undefined;
      }
      expect([type, seen.size]).toEqual([type, held(type)]);
    }
  });

  it('FHR-6 reads a patient, a version and everything', async () => {
    const { entry } = (await client.search({ resourceType: 'Patient', searchParams: { _count: 1 } })) as unknown as Bundle;
    const { id, meta } = entry[0]!.resource as unknown as { id: string; meta: { versionId: string } };
    expect(await client.read({ resourceType: 'Patient', id })).toMatchObject({ resourceType: 'Patient', id });
    expect(await client.vread({ resourceType: 'Patient', id, version: meta.versionId })).toMatchObject({ id });
    const all = (await client.operation({ name: 'everything', resourceType: 'Patient', id, method: 'GET', input: { _count: '1000' } } as never)) as unknown as Bundle;
    expect(all.entry.length).toBe(all.total);
    expect(all.total).toBeGreaterThan(3);
  });

  it('FHR-4 FHR-5 is refused without a good token, and what it saw is on record', async () => {
    const other = new Client({ baseUrl: client.baseUrl, bearerToken: 'made-up' });
    await expect(other.search({ resourceType: 'Patient' })).rejects.toMatchObject({ response: { status: 401 } });
    const second = await addClient(sql, central.clock, systemRandom, { name: 'Gone', scopes: ['system/*.read'], lifeMs: DAY_MS });
    const gone = new Client({ baseUrl: client.baseUrl, bearerToken: second.token });
    expect(await gone.search({ resourceType: 'Patient', searchParams: { _summary: 'count' } })).toMatchObject({ total: held('Patient') });
    await revokeClient(sql, central.clock, second.id);
    await expect(gone.search({ resourceType: 'Patient' })).rejects.toMatchObject({ response: { status: 401 } });
    const [latest] = await latestAccesses(sql, 1);
    expect(latest).toMatchObject({ client: second.id, interaction: 'search', type: 'Patient', parameters: '_summary' });
    expect((await latestAccesses(sql, 1000)).flatMap(({ patients }) => patients).length).toBeGreaterThan(15);
  });

  it('FHR-8 TLS 1.2 is not spoken', async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: api.port, maxVersion: 'TLSv1.2', ca: central.keys.authority.certificate }, () => resolve('connected'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    });
    expect(outcome).toMatch(/PROTOCOL_VERSION|ECONNRESET/);
  });

  it('FHR-9 exports everything as NDJSON', async () => {
    const base = client.baseUrl;
    const headers = { authorization: `Bearer ${token}` };
    const kick = await fetch(`${base}/$export`, { headers: { ...headers, prefer: 'respond-async', accept: 'application/fhir+json' } });
    expect(kick.status).toBe(202);
    const manifest = (await (await fetch(kick.headers.get('content-location') ?? '', { headers })).json()) as { output: { type: string; url: string; count: number }[] };
    for (const { type, url, count } of manifest.output) {
      expect((await fetch(url)).status).toBe(401);
      const lines = (await (await fetch(url, { headers })).text()).trimEnd().split('\n');
      expect([type, lines.length, count]).toEqual([type, held(type), held(type)]);
    }
  });
});

describe('forwarding', () => {
  it('FHR-11 every resource is at the other server, and what changes follows', async () => {
    await api.settled();
    const total = Number(desk.test.ledger.read.get('SELECT count(*) AS n FROM record')?.['n']);
    expect(upstream.taken.size).toBe(total);
    const patient = desk.register('Forwarded');
    expect((await desk.now()).ok).toBe(true);
    await api.settled();
    expect(JSON.parse(upstream.taken.get(`Patient/${patient}`) ?? '{}')).toMatchObject({ name: [{ family: 'Forwarded' }] });
  });

  it('FHR-11 one that is refused is parked and stops nothing; one that is away is tried again', async () => {
    upstream.answer = (_method, _place, body) => (body.includes('Unwanted') ? 422 : 200);
    const unwanted = desk.register('Unwanted');
    const wanted = desk.register('Wanted');
    expect((await desk.now()).ok).toBe(true);
    await api.settled();
    expect(upstream.taken.has(`Patient/${wanted}`)).toBe(true);
    expect(upstream.taken.has(`Patient/${unwanted}`)).toBe(false);
    const parked = api.records.file.all('SELECT id, status FROM parked');
    expect(parked).toEqual([{ id: unwanted, status: 422 }]);
    upstream.answer = () => 503;
    const late = desk.register('Late');
    expect((await desk.now()).ok).toBe(true);
    await api.settled();
    expect(upstream.taken.has(`Patient/${late}`)).toBe(false);
    upstream.answer = () => 200;
    central.clock.offset += DAY_MS / 24;
    await api.settled();
    expect(upstream.taken.has(`Patient/${late}`)).toBe(true);
  });
});

describe.skipIf(!present)('real data', () => {
  it('FHR-1 bundles imported at a workstation come out of central as they went in', async () => {
    const imports = createImports({
      ledger: desk.test.ledger, clock: desk.test.clock, random: systemRandom, source: createDiskSource(), onChange: () => undefined,
      yieldNow: () => new Promise((resolve) => setImmediate(resolve)),
      onError: (error) => {
        throw error;
      },
    });
    const files = readdirSync(DATA).filter((name) => name.endsWith('.json')).slice(0, 3).map((name) => join(DATA, name));
    const begun = await imports.fromPaths(desk.test.grant, files);
    if (!begun.ok) throw new Error(begun.fault.code);
    await imports.finished(begun.value.job);
    expect((await desk.now()).ok).toBe(true);
    await api.settled();
    let compared = 0;
    for (const file of files) {
      for (const { resource } of (JSON.parse(readFileSync(file, 'utf8')) as { entry: { resource: Resource }[] }).entry) {
        const stored = api.records.file.get('SELECT text FROM resource WHERE id = ?', resource.id.toLowerCase());
        if (stored === undefined) continue;
        const given = (await (await fetch(`${client.baseUrl}/${resource.resourceType}/${resource.id.toLowerCase()}`, { headers: { authorization: `Bearer ${token}` } })).json()) as Resource;
        // Another copy of it may have come first, in another file.
        if (JSON.stringify(JSON.parse(String(stored['text']))) === JSON.stringify(resource)) {
          const { meta: _meta, id: _id, ...rest } = given;
          const { meta: _own, id: _ownId, ...expected } = resource;
          expect(bare(rest)).toEqual(bare(expected));
          compared += 1;
        }
      }
    }
    console.log(`FHIR API on real data: ${compared} resources of ${files.length} files given out as they went in`);
    expect(compared).toBeGreaterThan(300);
  });
});

/** References are compared by the record they name. */
function bare(value: object): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/"reference":"(?:urn:uuid:|[A-Z][A-Za-z]+\/)([0-9A-Fa-f-]{36})"/g, (_whole, id: string) => `"reference":"${id.toLowerCase()}"`));
}
