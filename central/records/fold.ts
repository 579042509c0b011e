import { fromUtf8 } from '../../shared/base/bytes.ts';
import { recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { AmendBody, SessionOpenBody } from '../../shared/ledger/bodies.ts';
import { Header, idOf, READER_VERSION } from '../../shared/ledger/entry.ts';
import { expandClinical, isClinicalKind, parseBody } from '../../shared/records/expansion.ts';
import { isDeeperThan, isJsonObject } from '../../shared/records/json.ts';
import { JSON_MAX_DEPTH } from '../../shared/records/resource-events.ts';
import type { ProjectionFile } from './projection-file.ts';

/** One entry of the hub's log, opened. */
export type LogEntry = { readonly lsn: number; readonly headerText: string; /** Null where there is none or where it was erased. */ readonly body: Uint8Array | null; /** Hub's clock, epoch milliseconds. */ readonly receivedAt: number };

/** Sessions are opened once per lane; a copy in another lane has a kind of its own and the same body. */
const SESSION_KINDS: ReadonlySet<string> = new Set(['session.open', 'session.lane']);
const SYSTEM = { user: 'system', name: 'Outpost' };

/**
 * Takes one entry in and returns the records that may look different now. What it does not understand changes nothing:
 * it stays in the log, and an update of this program reads the log anew.
 */
export function foldEntry(file: ProjectionFile, entry: LogEntry): readonly RecordId[] {
  const header = headerOf(entry.headerText);
  if (header === null || entry.body === null || header.minReader > READER_VERSION) return [];
  if (SESSION_KINDS.has(header.kind)) return foldSession(file, header, entry.body);
  if (header.kind === 'amend') return foldAmendment(file, header, entry.body);
  if (header.kind === 'resource') return foldResource(file, header, entry.body);
  return isClinicalKind(header.kind) ? foldClinical(file, header, entry.body) : [];
}

function headerOf(text: string): Header | null {
  const parsed = Header.safeParse(parsedText(text));
  return parsed.success ? parsed.data : null;
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function foldSession(file: ProjectionFile, header: Header, body: Uint8Array): readonly RecordId[] {
  const parsed = SessionOpenBody.safeParse(parseBody(body));
  if (parsed.success) file.run('INSERT INTO session (segment, sequence, user, name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', header.segment, header.sequence, parsed.data.user, parsed.data.name);
  return [];
}

function authorOf(file: ProjectionFile, header: Header): { readonly user: string; readonly name: string } {
  if (header.session === null) return SYSTEM;
  const row = file.get('SELECT user, name FROM session WHERE segment = ? AND sequence = ?', header.segment, header.session);
  return row === undefined ? SYSTEM : { user: String(row['user']), name: String(row['name']) };
}

function foldClinical(file: ProjectionFile, header: Header, body: Uint8Array): readonly RecordId[] {
  const record = (part: number): RecordId => recordIdOf(idOf(header), part);
  const made = expandClinical(header.kind, body, { record, author: authorOf(file, header), offsetMinutes: header.offset }) ?? [];
  return made.map((resource, part) => {
    create(file, header, record(part), resource.resourceType, JSON.stringify(resource));
    return record(part);
  });
}

function foldResource(file: ProjectionFile, header: Header, body: Uint8Array): readonly RecordId[] {
  const resource = parseBody(body);
  if (!isJsonObject(resource) || typeof resource['resourceType'] !== 'string' || isDeeperThan(resource, JSON_MAX_DEPTH)) return [];
  const type = resource['resourceType'];
  const id = header.record ?? recordIdOf(idOf(header));
  const known = file.get('SELECT type FROM creation WHERE record = ? LIMIT 1', id)?.['type'];
  if (known !== undefined && known !== type) return [];
  const ownId = typeof resource['id'] === 'string' ? resource['id'] : '';
  if (ownId.toLowerCase() !== id) file.run('INSERT INTO name (reference, record) VALUES (?, ?) ON CONFLICT DO NOTHING', `${type}/${ownId}`, id);
  create(file, header, id, type, fromUtf8(body));
  return [id];
}

function create(file: ProjectionFile, header: Header, record: RecordId, type: string, text: string): void {
  const patient = type === 'Patient' ? record : header.patient;
  file.run(
    'INSERT INTO creation (record, entry, type, patient, clock_ms, clock_count, text) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    record, idOf(header), type, patient, header.clock[0], header.clock[1], text,
  );
}

/** Independent of arrival order: a parent that has not come yet is remembered as superseded. */
function foldAmendment(file: ProjectionFile, header: Header, body: Uint8Array): readonly RecordId[] {
  const parsed = AmendBody.safeParse(parseBody(body));
  const { record } = header;
  if (!parsed.success || record === null) return [];
  for (const [element, value] of Object.entries(parsed.data.fields)) {
    file.run(
      `INSERT INTO setting_of (record, element, entry, clock_ms, clock_count, present, superseded, value) VALUES (?, ?, ?, ?, ?, 1, 0, ?)
       ON CONFLICT (record, element, entry) DO UPDATE SET present = 1, clock_ms = excluded.clock_ms, clock_count = excluded.clock_count, value = excluded.value`,
      record, element, idOf(header), header.clock[0], header.clock[1], value,
    );
    for (const parent of header.parents) {
      file.run(
        `INSERT INTO setting_of (record, element, entry, clock_ms, clock_count, present, superseded, value) VALUES (?, ?, ?, 0, 0, 0, 1, NULL)
         ON CONFLICT (record, element, entry) DO UPDATE SET superseded = 1`,
        record, element, parent,
      );
    }
  }
  return [record];
}
