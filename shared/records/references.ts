import { isJsonObject, type JsonValue } from './json.ts';

/** What the text of a FHIR R4 reference points at (references.html, bundle.html#references). */
export type Reference =
  | { readonly kind: 'relative'; readonly type: string; readonly id: string; readonly version: string | null }
  | { readonly kind: 'absolute'; readonly base: string; readonly type: string; readonly id: string; readonly version: string | null }
  | { readonly kind: 'uuid'; readonly uuid: string }
  | { readonly kind: 'contained'; readonly id: string }
  /** A search to be run by a server, such as `Practitioner?identifier=…`: kept, and never resolved here. */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  /** An OID, a canonical, a link elsewhere. */
  | { readonly kind: 'other' };

/** A reference where it stands: `path` names members and indexes, such as `participant.0.individual`. */
export type FoundReference = { readonly path: string; readonly text: string; readonly target: Reference };

const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const UUID_URN = new RegExp(`^urn:uuid:(${UUID})$`, 'i');
const RESTFUL = /^(?:(https?:\/\/[^?#]+)\/)?([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?$/;
const CONDITIONAL = /^([A-Z][A-Za-z]{1,63})\?(.+)$/;

export function parseReference(text: string): Reference {
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) };
  const uuid = UUID_URN.exec(text)?.[1];
  if (uuid !== undefined) return { kind: 'uuid', uuid: uuid.toLowerCase() };
  const restful = RESTFUL.exec(text);
  if (restful !== null) {
    const [, base, type = '', id = '', version = null] = restful;
    return base === undefined ? { kind: 'relative', type, id, version } : { kind: 'absolute', base, type, id, version };
  }
  const conditional = CONDITIONAL.exec(text);
  if (conditional !== null) return { kind: 'conditional', type: conditional[1] ?? '', query: conditional[2] ?? '' };
  return { kind: 'other' };
}

/** Expression.reference is a link to a library of rules, not to a record. */
function isExpression(object: { readonly [name: string]: JsonValue }): boolean {
  return typeof object['language'] === 'string' && !Object.hasOwn(object, 'display');
}

function collect(value: JsonValue | undefined, path: string, found: FoundReference[]): void {
  if (typeof value === 'string') {
    if (value.length === 45 && UUID_URN.test(value)) found.push({ path, text: value, target: parseReference(value) });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (!isJsonObject(value)) {
    for (const [index, item] of value.entries()) collect(item, `${path}.${index}`, found);
    return;
  }
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (name === 'reference' && typeof member === 'string') {
      if (!isExpression(value)) found.push({ path, text: member, target: parseReference(member) });
    } else if (!(name === 'value' && typeof value['system'] === 'string')) {
      // Identifier.value names the record in its own business; a urn:uuid there points nowhere.
      collect(member, path === '' ? name : `${path}.${name}`, found);
    }
  }
}

/**
 * Every Reference.reference of a resource, contained resources included, and every urn:uuid that stands where a
 * uri, url or canonical does.
 */
export function findReferences(resource: JsonValue): readonly FoundReference[] {
  const found: FoundReference[] = [];
  collect(resource, '', found);
  return found;
}

/**
 * The names under which the target of a reference may be known in its own file, most exact first (bundle.html:
 * resolving references). `from` is the fullUrl of the entry that refers: a relative reference is first read against
 * its server. A name is a fullUrl, or `Type/id`.
 */
export function namesOfTarget(target: Reference, from: string | null): readonly string[] {
  switch (target.kind) {
    case 'uuid':
      return [`urn:uuid:${target.uuid}`];
    case 'absolute':
      return [`${target.base}/${target.type}/${target.id}`, `${target.type}/${target.id}`];
    case 'relative': {
      const name = `${target.type}/${target.id}`;
      const source = from === null ? null : parseReference(from);
      return source?.kind === 'absolute' ? [`${source.base}/${name}`, name] : [name];
    }
    case 'contained':
    case 'conditional':
    case 'other':
      return [];
  }
}

/** The names under which a resource can be referred to from its own file. */
export function namesOfResource(type: string, id: string | null, fullUrl: string | null): readonly string[] {
  const names: string[] = [];
  if (fullUrl !== null) {
    const own = parseReference(fullUrl);
    if (own.kind === 'uuid') names.push(`urn:uuid:${own.uuid}`);
    else if (own.kind === 'absolute') names.push(`${own.base}/${own.type}/${own.id}`);
    else names.push(fullUrl);
  }
  if (id !== null) names.push(`${type}/${id}`);
  return names;
}
