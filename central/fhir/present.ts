import { isJsonObject } from '../../shared/records/json.ts';
import { parseLossless, stringifyLossless } from '../../shared/records/lossless-json.ts';
import { parseReference } from '../../shared/records/references.ts';
import type { ProjectionFile, Row } from '../records/records.ts';

/** Where a person has yet to decide between several values: the element's name as tag of the resource. */
export const CONFLICT_SYSTEM = 'urn:outpost:conflict';

export type Presented = { readonly id: string; readonly type: string; readonly version: string; readonly updatedAt: number; readonly text: string };

/**
 * A stored resource as it is given out: its record id, this server's version, references by `Type/id`. Every other
 * byte, the digits of its numbers among them, is as it came in.
 */
export function present(file: ProjectionFile, row: Row): Presented {
  const [id, type, version, updatedAt, conflicts] = [String(row['id']), String(row['type']), String(row['lsn']), Number(row['updated_at']), String(row['conflicts'] ?? '')];
  const resource: unknown = parseLossless(String(row['text']));
  if (!isPlainObject(resource)) throw new Error('broken assumption: a resource is an object');
  const meta = isPlainObject(resource['meta']) ? resource['meta'] : {};
  const tags = conflicts === '' ? [] : conflicts.split(' ').map((element) => ({ system: CONFLICT_SYSTEM, code: element, display: `several values of ${element}, not yet decided` }));
  const ownTags = Array.isArray(meta['tag']) ? meta['tag'] : [];
  const { resourceType, id: _own, meta: _meta, ...elements } = resource;
  const shown = {
    resourceType, id,
    meta: { ...meta, versionId: version, lastUpdated: new Date(updatedAt).toISOString(), ...(tags.length + ownTags.length > 0 ? { tag: [...ownTags, ...tags] } : {}) },
    ...withReferences(file, elements),
  };
  return { id, type, version, updatedAt, text: stringifyLossless(shown as Parameters<typeof stringifyLossless>[0]) };
}

type Plain = Record<string, unknown>;
const isPlainObject = (value: unknown): value is Plain => isJsonObject(value);

function withReferences(file: ProjectionFile, value: Plain): Plain {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, name === 'reference' && typeof each === 'string' ? resolved(file, each) : mapped(file, each)]));
}

function mapped(file: ProjectionFile, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => mapped(file, each));
  return isContainer(value) ? withReferences(file, value) : value;
}

/** Numbers whose digits are kept are objects of their own class; only plain ones are walked. */
function isContainer(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** `Type/id` of a record that is here; what is not here stays as it was written. */
function resolved(file: ProjectionFile, reference: string): string {
  const target = parseReference(reference);
  if (target.kind === 'uuid') return typed(file, target.uuid) ?? reference;
  if (target.kind !== 'relative' && target.kind !== 'absolute') return reference;
  if (file.get('SELECT 1 FROM resource WHERE id = ?', target.id.toLowerCase()) !== undefined) return `${target.type}/${target.id.toLowerCase()}`;
  const named = file.all('SELECT record FROM name WHERE reference = ? LIMIT 2', `${target.type}/${target.id}`);
  return named.length === 1 ? (typed(file, String(named[0]?.['record'])) ?? reference) : reference;
}

function typed(file: ProjectionFile, id: string): string | null {
  const row = file.get('SELECT type FROM resource WHERE id = ?', id);
  return row === undefined ? null : `${String(row['type'])}/${id}`;
}
