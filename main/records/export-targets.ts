import { RecordId } from '../../shared/base/ids.ts';
import { recordIdOfReference } from '../../shared/records/imported-identity.ts';
import { isJsonObject, type JsonValue } from '../../shared/records/json.ts';
import { findReferences, parseReference } from '../../shared/records/references.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';
import { resourceTextOf } from './resource-text.ts';

export type ExportedRecord = { readonly id: RecordId; readonly type: string; readonly patient: RecordId | null; readonly created: number };

/** What records refer to, and the text they go out with. */
export interface Targets {
  /** Undefined where the record has been erased. */
  textOf(record: ExportedRecord): string | undefined;
  /** Adds the records of no patient that these refer to: staff, organisations, places, medicines. */
  collect(records: readonly ExportedRecord[], into: Map<RecordId, ExportedRecord>): void;
}

export function createTargets(read: ReadHandle, format: 'bundle' | 'ndjson'): Targets {
  const ownNames = new Map<RecordId, string | null>();
  const ownName = (record: RecordId): string | null => {
    let name = ownNames.get(record);
    if (name === undefined) {
      name = foreignName(read, record);
      ownNames.set(record, name);
    }
    return name;
  };
  return {
    textOf(record) {
      const text = resourceTextOf(read, record.id);
      return text === undefined || isAsItCame(read, record) ? text : withResolvableReferences(text, format, ownName);
    },
    collect(records, into) {
      for (const record of records) {
        const text = resourceTextOf(read, record.id);
        const value: JsonValue = text === undefined ? null : JSON.parse(text);
        for (const reference of new Set(findReferences(value).map((each) => each.text))) {
          const target = nobodysRecord(read, reference, record.created);
          if (target !== undefined) into.set(target.id, target);
        }
      }
    },
  };
}

function isAsItCame(read: ReadHandle, { id }: ExportedRecord): boolean {
  return read.get("SELECT 1 FROM record JOIN ledger ON ledger.position = record.created WHERE record.id = ? AND record.resource IS NULL AND ledger.kind = 'resource'", id) !== undefined;
}

/** `Type/id` of a record that came in with an id other than its record id; null for all others. */
function foreignName(read: ReadHandle, record: RecordId): string | null {
  const text = resourceTextOf(read, record);
  const value: unknown = text === undefined ? null : JSON.parse(text);
  if (!isJsonObject(value) || typeof value['id'] !== 'string' || value['id'].toLowerCase() === record) return null;
  return `${String(value['resourceType'])}/${value['id']}`;
}

const OWN_REFERENCE = /"reference":"([A-Z][A-Za-z]{1,63})\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"/g;

/**
 * What was written here refers to a record by its record id. Where that record came in with another id, nobody else
 * would find it by `Type/<record id>`: a bundle names it by its fullUrl, NDJSON, which has none, by the id it came with.
 */
function withResolvableReferences(text: string, format: 'bundle' | 'ndjson', ownName: (record: RecordId) => string | null): string {
  return text.replace(OWN_REFERENCE, (whole, _type: string, uuid: string) => {
    const record = RecordId.safeParse(uuid);
    const name = record.success ? ownName(record.data) : null;
    if (name === null) return whole;
    return format === 'bundle' ? `"reference":"urn:uuid:${uuid}"` : `"reference":"${name}"`;
  });
}

const COLUMNS = 'record.id, record.type, record.created';

/** Of several records of one name the one that came in nearest to the referring record: they share an import. */
function nobodysRecord(read: ReadHandle, reference: string, near: number): ExportedRecord | undefined {
  const target = parseReference(reference);
  const byUuid = recordIdOfReference(reference);
  const direct = byUuid === null ? undefined : read.get(`SELECT ${COLUMNS} FROM record WHERE id = ? AND patient IS NULL`, byUuid);
  if (direct !== undefined) return toExported(direct);
  if (target.kind !== 'relative' && target.kind !== 'absolute') return undefined;
  const named = read.get(
    `SELECT ${COLUMNS} FROM imported_identity JOIN record ON record.id = imported_identity.record WHERE imported_identity.reference = ? AND record.patient IS NULL ORDER BY abs(record.created - ?), record.id LIMIT 1`,
    `${target.type}/${target.id}`, near,
  );
  return named === undefined ? undefined : toExported(named);
}

function toExported(row: SqlRow): ExportedRecord {
  return { id: RecordId.parse(row['id']), type: String(row['type']), patient: null, created: Number(row['created']) };
}
