import { RecordId } from '../../shared/base/ids.ts';
import type { ProjectionFile, Row } from '../records/records.ts';
import { createBulk } from './bulk.ts';
import { bundleOf, bundleText, type BundleEntry } from './bundle.ts';
import { capabilityStatement } from './capability.ts';
import { mayRead, mayReadAll, seesRestricted, type ApiAccess, type ApiClient, type ClientDesk } from './clients.ts';
import { json, refusal, type FhirResponse } from './outcome.ts';
import { createPace } from './pace.ts';
import { present } from './present.ts';
import { parseQuery } from './query.ts';
import { everything, patientsOf, search, visible, type Found } from './search.ts';

/** The read-only FHIR R4 API: one request in, one response out; sockets are in server.ts. */
export type FhirRequest = {
  readonly method: string;
  /** Behind the base, beginning with a slash, not decoded. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly header: (name: string) => string | null;
  /** Of a POST; already within its limit. */
  readonly body: Uint8Array | null;
};
export type FhirOptions = { readonly file: ProjectionFile; readonly desk: ClientDesk; readonly base: string; readonly software: string; readonly now: () => number; readonly randomHex: (bytes: number) => string };

const TYPE = /^[A-Z][A-Za-z]{1,63}$/;
const VERSION = /^[1-9]\d{0,15}$/;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

export function createFhir(options: FhirOptions): (request: FhirRequest) => Promise<FhirResponse> {
  const { file, desk, base } = options;
  const bulk = createBulk(options);
  const pace = createPace(options.now);
  const statement = JSON.stringify(capabilityStatement(base, options.software, new Date(options.now()).toISOString()));

  const clientOf = async (request: FhirRequest): Promise<ApiClient | null> => {
    const token = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(request.header('authorization') ?? '')?.[1];
    return token === undefined ? null : desk.byToken(token);
  };

  /** Kept before it goes out: what cannot be accounted for is not given. */
  const given = async (access: ApiAccess, response: FhirResponse): Promise<FhirResponse> => {
    await desk.note(access);
    return response;
  };

  const rowOf = (type: string, id: string, client: ApiClient): Row | undefined =>
    file.get(`SELECT r.id, r.type, r.patient, r.lsn, r.updated_at, r.conflicts, r.text FROM resource AS r WHERE r.id = ? AND r.type = ? AND ${visible({ restricted: seesRestricted(client) })}`, id, type);

  const resourceResponse = (request: FhirRequest, row: Row): FhirResponse => {
    const { text, version, updatedAt } = present(file, row);
    const headers = { etag: `W/"${version}"`, 'last-modified': new Date(updatedAt).toUTCString() };
    return request.header('if-none-match') === headers.etag ? { status: 304, headers, body: null } : json(200, text, headers);
  };

  const read = async (request: FhirRequest, client: ApiClient, type: string, id: string, version: string | null): Promise<FhirResponse> => {
    const row = rowOf(type, id, client);
    if (row === undefined) return refusal('not-found', 'no such resource');
    const past = version === null ? undefined : file.get('SELECT lsn, updated_at, conflicts, text FROM version WHERE id = ? AND lsn = ?', id, Number(version));
    if (version !== null && past === undefined) return refusal('not-found', 'no such version');
    const shown = past === undefined ? row : { ...row, ...past };
    return given({ client: client.id, interaction: version === null ? 'read' : 'vread', type, parameters: '', patients: patientsOf([row]), count: 1 }, resourceResponse(request, shown));
  };

  const history = async (client: ApiClient, type: string, id: string): Promise<FhirResponse> => {
    const row = rowOf(type, id, client);
    if (row === undefined) return refusal('not-found', 'no such resource');
    const versions = file.all('SELECT lsn, updated_at, conflicts, text FROM version WHERE id = ? ORDER BY lsn DESC LIMIT 1000', id);
    const entries = versions.map((each, index): BundleEntry & { request: object; response: object } => {
      const { text, version, updatedAt } = present(file, { ...row, ...each });
      const first = index === versions.length - 1;
      return { mode: 'match', fullUrl: `${base}/${type}/${id}`, text, request: { method: first ? 'POST' : 'PUT', url: first ? type : `${type}/${id}` }, response: { status: first ? '201' : '200', etag: `W/"${version}"`, lastModified: new Date(updatedAt).toISOString() } };
    });
    const bundle = bundleOf('history', entries.length, [{ relation: 'self', url: `${base}/${type}/${id}/_history` }], entries);
    return given({ client: client.id, interaction: 'history', type, parameters: '', patients: patientsOf([row]), count: entries.length }, json(200, bundleText(bundle)));
  };

  const found = (client: ApiClient, interaction: string, type: string, parameters: URLSearchParams, result: Found): Promise<FhirResponse> =>
    given({ client: client.id, interaction, type, parameters: [...new Set(parameters.keys())].join(' ').slice(0, 400), patients: result.patients, count: result.matches }, json(200, bundleText(result.bundle)));

  const searched = async (request: FhirRequest, client: ApiClient, type: string, parameters: URLSearchParams): Promise<FhirResponse> => {
    const query = parseQuery(type, parameters, /\bhandling=strict\b/.test(request.header('prefer') ?? ''));
    const result = query.ok ? search(file, query.value, { restricted: seesRestricted(client) }, base, parameters) : query;
    if (result.ok) return found(client, 'search', type, parameters, result.value);
    const { code, detail } = result.fault;
    if (code === 'TOO_COSTLY') return refusal('too-costly', `more ${String(detail?.['rule'])} than ${String(detail?.['max'])}`);
    return refusal(code === 'PARAMETER_UNKNOWN' ? 'not-supported' : 'value', `parameter ${String(detail?.['parameter'])}`);
  };

  const everythingOf = async (client: ApiClient, id: string, parameters: URLSearchParams): Promise<FhirResponse> => {
    if (!mayReadAll(client)) return refusal('forbidden', 'no scope for every type');
    const plain = new URLSearchParams([...parameters].flatMap(([name, value]) => (name === '_type' ? [] : [name === '_since' ? (['_lastUpdated', `ge${value}`] as [string, string]) : ([name, value] as [string, string])])));
    const query = parseQuery('Patient', plain, false);
    if (!query.ok) return refusal('value', `parameter ${String(query.fault.detail?.['parameter'])}`);
    const result = everything(file, id, { restricted: seesRestricted(client) }, base, parameters, query.value);
    return result === null ? refusal('not-found', 'no such resource') : found(client, 'everything', 'Patient', parameters, result);
  };

  const exporting = async (request: FhirRequest, client: ApiClient, patientsOnly: boolean): Promise<FhirResponse> => {
    if (!/\brespond-async\b/.test(request.header('prefer') ?? '')) return refusal('required', 'Prefer: respond-async is required');
    const response = bulk.begin(client, `${base}${request.path}?${request.parameters.toString()}`, request.parameters, patientsOnly);
    return given({ client: client.id, interaction: 'export', type: null, parameters: [...request.parameters.keys()].join(' ').slice(0, 400), patients: [], count: 0 }, response);
  };

  const routed = async (request: FhirRequest, client: ApiClient, parts: readonly string[]): Promise<FhirResponse> => {
    const [first = '', second, third, fourth, ...more] = parts;
    const reading = READS.has(request.method);
    if (more.length > 0) return refusal('not-found', 'no such place');
    if (first === '$export' && second === undefined && reading) return exporting(request, client, false);
    if (first === '$export-status' && second !== undefined && third === undefined) return request.method === 'DELETE' ? bulk.end(client, second) : bulk.status(client, second);
    if (first === '$export-file' && second !== undefined && third !== undefined && fourth === undefined && reading) {
      return given({ client: client.id, interaction: 'export-file', type: TYPE.test(third) ? third : null, parameters: '', patients: [], count: 0 }, bulk.file(client, second, third));
    }
    if (!TYPE.test(first)) return refusal('not-found', 'no such place');
    if (first === 'Patient' && second === '$export' && third === undefined && reading) return exporting(request, client, true);
    if (!mayRead(client, first)) return refusal('forbidden', 'no scope for this type');
    if (second === '_search' && third === undefined && request.method === 'POST') return posted(request, client, first);
    if (!reading) return refusal('not-supported', 'this server is read-only', 405, { allow: 'GET, HEAD' });
    if (second === undefined) return searched(request, client, first, request.parameters);
    const id = RecordId.safeParse(second);
    if (!id.success) return refusal('not-found', 'no such resource');
    if (third === undefined) return read(request, client, first, id.data, null);
    if (first === 'Patient' && third === '$everything' && fourth === undefined) return everythingOf(client, id.data, request.parameters);
    if (third !== '_history') return refusal('not-found', 'no such place');
    if (fourth === undefined) return history(client, first, id.data);
    return VERSION.test(fourth) ? read(request, client, first, id.data, fourth) : refusal('not-found', 'no such version');
  };

  const posted = async (request: FhirRequest, client: ApiClient, type: string): Promise<FhirResponse> => {
    if (!(request.header('content-type') ?? '').startsWith('application/x-www-form-urlencoded')) return refusal('invalid', '_search takes application/x-www-form-urlencoded', 415);
    const parameters = new URLSearchParams(request.parameters);
    for (const [name, value] of new URLSearchParams(Buffer.from(request.body ?? []).toString('utf8'))) parameters.append(name, value);
    return searched(request, client, type, parameters);
  };

  return async (request) => {
    const parts = partsOf(request.path);
    if (parts === null) return refusal('invalid', 'the address does not read');
    if (!acceptsJson(request)) return refusal('not-supported', 'only JSON is given', 406);
    if (parts[0] === 'metadata' && parts.length === 1 && READS.has(request.method)) return json(200, statement);
    const client = await clientOf(request);
    if (client === null) return refusal('login', 'a bearer token of this organization is required', 401, { 'www-authenticate': 'Bearer' });
    const wait = pace(client.id);
    if (wait !== null) return refusal('throttled', 'too many requests', 429, { 'retry-after': String(wait) });
    return routed(request, client, parts);
  };
}

function partsOf(path: string): readonly string[] | null {
  try {
    return path.split('/').filter((part) => part !== '').map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** Whatever is asked of metadata and resources is JSON; `_format` weighs more than Accept (http.html#mime-type). */
function acceptsJson(request: FhirRequest): boolean {
  const format = request.parameters.get('_format');
  if (format !== null) return /json/.test(format);
  const accept = request.header('accept');
  return accept === null || accept === '' || /json|\*\/\*|application\/\*/.test(accept);
}
