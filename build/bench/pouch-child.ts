import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { timed } from './measure.ts';
import { PouchRequest, type PouchReply } from './pouch-messages.ts';

/** PouchDB over LevelDB in a process of its own: a workstation, or the server it replicates to. */

const DOCUMENTS_AT_ONCE = 1000;
const NAME_VIEW = 'names/word';

type Document = { readonly _id: string } & Readonly<Record<string, unknown>>;
/** The few calls that are used. */
type PouchDatabase = {
  bulkDocs(documents: readonly Document[]): Promise<readonly { readonly ok?: boolean }[]>;
  put(document: Document): Promise<unknown>;
  query(view: string, options: object): Promise<{ readonly rows: readonly unknown[] }>;
  destroy(): Promise<unknown>;
  get(id: string): Promise<unknown>;
  info(): Promise<{ readonly doc_count: number }>;
  readonly replicate: Readonly<Record<'to' | 'from', (other: PouchDatabase, options: object) => Replication>>;
};
type Replicated = { readonly docs_written: number; readonly doc_write_failures: number };
type Replication = Promise<Replicated> & { on(event: 'change', listener: (so: Replicated) => void): Replication; cancel(): void };
type PouchClass = { new (name: string, options: object): PouchDatabase; plugin(plugin: unknown): PouchClass; defaults(options: object): PouchClass };
type HttpServer = { address(): AddressInfo; once(event: 'listening', listener: () => void): void; on(event: 'connection', listener: (socket: Socket) => void): void };
type Application = { use(middleware: unknown): void; listen(port: number, host: string): HttpServer };

const requirePeer = createRequire(join(import.meta.dirname, '../peers/package.json'));
const Pouch = ['pouchdb-adapter-leveldb', 'pouchdb-adapter-http', 'pouchdb-mapreduce', 'pouchdb-replication'].reduce((pouch, plugin) => pouch.plugin(requirePeer(plugin)), requirePeer('pouchdb-core') as PouchClass);

const Resource = z.looseObject({ resourceType: z.string(), id: z.string() });
const Bundle = z.object({ entry: z.array(z.object({ resource: Resource })) });

function* documentsIn(folder: string): Generator<Document> {
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const resources = file.endsWith('.ndjson') ? text.split('\n').filter((line) => line !== '').map((line) => Resource.parse(JSON.parse(line))) : Bundle.parse(JSON.parse(text)).entry.map(({ resource }) => resource);
    for (const resource of resources) yield { _id: `${resource.resourceType}/${resource.id}`, ...resource };
  }
}

/** In the source text of the design document, as PouchDB wants it. */
const WORDS_OF_NAMES = `function (document) {
  if (document.resourceType !== 'Patient') return;
  (document.name || []).forEach(function (name) {
    [name.family || ''].concat(name.given || []).join(' ').toLowerCase().split(/[^\\p{L}\\p{M}\\p{N}]+/u).forEach(function (word) {
      if (word !== '') emit(word, null);
    });
  });
}`;

const opened = new Map<string, PouchDatabase>();

function database(path: string): PouchDatabase {
  const known = opened.get(path) ?? new Pouch(path, { adapter: 'leveldb' });
  opened.set(path, known);
  return known;
}

async function insert(path: string, folder: string, most: number): Promise<number> {
  let stored = 0;
  let batch: Document[] = [];
  const store = async (): Promise<void> => {
    const results = await database(path).bulkDocs(batch);
    stored += results.filter(({ ok }) => ok === true).length;
    batch = [];
  };
  for (const document of documentsIn(folder)) {
    if (stored + batch.length >= most) break;
    batch.push(document);
    if (batch.length === DOCUMENTS_AT_ONCE) await store();
  }
  if (batch.length > 0) await store();
  return stored;
}

async function find(path: string, prefix: string, limit: number): Promise<number> {
  const { rows } = await database(path).query(NAME_VIEW, { startkey: prefix, endkey: `${prefix}\uffff`, include_docs: true, limit });
  return rows.length;
}

async function replicate({ database: path, direction, url, batch, persist }: Extract<PouchRequest, { do: 'replicate' }>): Promise<number> {
  const remote = new Pouch(url, { adapter: 'http' });
  const way = direction === 'push' ? 'to' : 'from';
  if (persist === true) return replicateAll(path, way, remote, batch);
  const { docs_written: written, doc_write_failures: failures } = await database(path).replicate[way](remote, { batch_size: batch });
  if (failures > 0) throw new Error(`${failures} documents could not be replicated`);
  return written;
}

/** Goes on after failures until every document of ours has been written there. */
async function replicateAll(path: string, way: 'to' | 'from', remote: PouchDatabase, batch: number): Promise<number> {
  const { doc_count: wanted } = await database(path).info();
  return new Promise((resolve, reject) => {
    const replication = database(path).replicate[way](remote, { batch_size: batch, live: true, retry: true });
    replication.on('change', ({ docs_written: written }) => {
      if (written < wanted) return;
      replication.cancel();
      resolve(written);
    });
    replication.catch(reject);
  });
}

let served: PouchClass | null = null;

/** A served database goes by its name. */
function named(name: string): PouchDatabase {
  return served === null ? database(name) : new served(name, {});
}

/** About as long as a system that keeps FHIR JSON stores it. */
const ALLERGY = {
  resourceType: 'AllergyIntolerance',
  clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }] },
  verificationStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification', code: 'confirmed' }] },
  category: ['medication'],
  criticality: 'high',
  code: { coding: [{ system: 'http://snomed.info/sct', code: '91936005', display: 'Allergy to penicillin' }], text: 'Penicillin' },
  patient: { reference: 'Patient/7f2c7a52-70a5-4b1e-9d33-9e6a1d1a4c10' },
  recordedDate: '2026-07-14T14:30:00-05:00',
  recorder: { reference: 'Practitioner/00000000000000b1' },
};

/** Connections to the server, for their byte counts, which a closed socket keeps. */
const connections = new Set<Socket>();

async function serve(folder: string): Promise<number> {
  served = Pouch.defaults({ prefix: `${folder}/`, adapter: 'leveldb' });
  const handler = (requirePeer('express-pouchdb') as (pouch: PouchClass, options: object) => unknown)(served, { mode: 'minimumForPouchDB', inMemoryConfig: true });
  const application = (requirePeer('express') as () => Application)();
  application.use(handler);
  const server = application.listen(0, '127.0.0.1');
  server.on('connection', (socket) => void connections.add(socket));
  await new Promise<void>((resolve) => server.once('listening', resolve));
  return server.address().port;
}

async function answer(request: PouchRequest): Promise<number> {
  switch (request.do) {
    case 'insert':
      return insert(request.database, request.folder, request.most ?? Number.POSITIVE_INFINITY);
    case 'index':
      await database(request.database).put({ _id: '_design/names', views: { word: { map: WORDS_OF_NAMES } } });
      return find(request.database, '', 1);
    case 'find':
      return find(request.database, request.prefix, request.limit);
    case 'replicate':
      return replicate(request);
    case 'begin':
      // A refused line is tried again by itself; what else goes wrong shows in what does not arrive.
      database(request.database).replicate.to(new Pouch(request.url, { adapter: 'http' }), { batch_size: request.batch, live: true, retry: true }).catch(() => undefined);
      return 0;
    case 'put':
      await database(request.database).put({ _id: request.id, ...ALLERGY });
      return 1;
    case 'fill':
      return (await database(request.database).bulkDocs(Array.from({ length: request.documents }, (_, index) => ({ _id: `filler-${index}`, ...ALLERGY })))).length;
    case 'has':
      return named(request.database).get(request.id).then(() => 1, () => 0);
    case 'count':
      return (await named(request.database).info()).doc_count;
    case 'remove':
      await database(request.database).destroy();
      opened.delete(request.database);
      return 0;
    case 'traffic':
      return [...connections].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
    case 'serve':
      return serve(request.folder);
  }
}

process.on('message', (message) => {
  const reply = (outcome: PouchReply): void => void process.send?.(outcome);
  timed(() => answer(PouchRequest.parse(message))).then(
    ({ ms, cpuMs, value }) => reply({ ok: true, ms, cpuMs, count: value }),
    (error: unknown) => reply({ ok: false, because: error instanceof Error ? error.message : 'unknown' }),
  );
});
process.on('disconnect', () => process.exit(0));
