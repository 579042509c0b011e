import { RecordId } from '../base/ids.ts';
import { namesOfResource, namesOfTarget, parseReference } from './references.ts';

/** How an imported resource came by its record id (docs/decisions/0005-imported-identity.md). */
export type ImportedIdentity =
  /** Its own id, or its urn:uuid fullUrl, is a UUID: that is the record id. */
  | { readonly from: 'id' | 'fullUrl'; readonly recordId: RecordId; readonly names: readonly string[] }
  /** It has no UUID: the ledger entry gives one, and `names` are remembered with the import batch. */
  | { readonly from: 'entry'; readonly recordId: null; readonly names: readonly string[] };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function asRecordId(text: string | null): RecordId | null {
  return text !== null && UUID.test(text) ? RecordId.parse(text) : null;
}

function fullUrlUuid(fullUrl: string | null): string | null {
  const own = fullUrl === null ? null : parseReference(fullUrl);
  if (own?.kind === 'uuid') return own.uuid;
  return own?.kind === 'absolute' ? own.id : null;
}

/** The record id of a resource that has a UUID: its own id, else that of its fullUrl. */
export function importedRecordId(id: string | null, fullUrl: string | null): RecordId | null {
  return asRecordId(id) ?? asRecordId(fullUrlUuid(fullUrl));
}

/**
 * The identity of a resource. `names` holds what other resources of the file may call it, apart from names that
 * lead to the record id by themselves; the import remembers them per batch, and most files leave none.
 */
export function identifyImported(type: string, id: string | null, fullUrl: string | null): ImportedIdentity {
  const byId = asRecordId(id);
  const recordId = importedRecordId(id, fullUrl);
  const names = namesOfResource(type, id, fullUrl);
  if (recordId === null) return { from: 'entry', recordId: null, names };
  const others = names.filter((name) => recordIdOfReference(name) !== recordId);
  return { from: byId === null ? 'fullUrl' : 'id', recordId, names: others };
}

/** The record a reference means by itself, because it names a UUID. */
export function recordIdOfReference(text: string): RecordId | null {
  const target = parseReference(text);
  if (target.kind === 'uuid') return asRecordId(target.uuid);
  return target.kind === 'relative' || target.kind === 'absolute' ? asRecordId(target.id) : null;
}

/**
 * The record a reference means: by a name remembered with the batch, else by its own UUID, else null (contained,
 * conditional, elsewhere, or not imported yet).
 */
export function resolveReference(text: string, from: string | null, remembered: (name: string) => RecordId | null): RecordId | null {
  for (const name of namesOfTarget(parseReference(text), from)) {
    const known = remembered(name);
    if (known !== null) return known;
  }
  return recordIdOfReference(text);
}
