import { fromUtf8 } from '../../shared/base/bytes.ts';
import { recordIdOf, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { idOf, type Header } from '../../shared/ledger/entry.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';

/** What a simulated workstation understands of an entry. */
export type ParsedEntry = {
  readonly id: EntryId;
  readonly header: Header;
  /** A record comes into being, or elements of one are set; null for all that leaves no mark on the chart. */
  readonly change: {
    readonly record: RecordId;
    /** FHIR type of the record that comes into being, with its elements as JSON texts; null for an amendment. */
    readonly creates: string | null;
    readonly created: ReadonlyMap<string, string>;
    /** Elements an amendment sets. */
    readonly elements: ReadonlyMap<string, string | null>;
  } | null;
};

/** The same entry arrives at every workstation: it is read once. Its commitment and its place tell it from all others; the first byte, a row that is no longer what was written. */
const known = new Map<string, ParsedEntry>();
const KNOWN_MAX = 4096;

/** By the entry itself, where the very same comes again: most of the time, where it travels by reference. */
const met = new WeakMap<object, ParsedEntry>();

export function parseEntry(entry: WireEntry): ParsedEntry {
  const seen = met.get(entry);
  if (seen !== undefined) return seen;
  const found = find(entry);
  met.set(entry, found);
  return found;
}

function find(entry: WireEntry): ParsedEntry {
  const key = `${entry.body?.[0] ?? -1} ${entry.headerText}`;
  const held = known.get(key);
  if (held !== undefined) return held;
  const parsed = parse(entry);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(key, parsed);
  return parsed;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body));
  } catch {
    return null;
  }
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

function parse({ headerText, body }: WireEntry): ParsedEntry {
  // Made by this simulator, or checked by the codec on the way here; parsing it again would take a tenth of all time.
  const header = JSON.parse(headerText) as Header;
  const id = idOf(header);
  if (body === null || (header.kind !== 'resource' && header.kind !== 'amend')) return { id, header, change: null };
  const value = jsonOf(body);
  if (typeof value !== 'object' || value === null) return { id, header, change: null };
  if (header.kind === 'resource') {
    const creates = String((value as { readonly resourceType?: unknown }).resourceType);
    const elements = Object.entries(value).map(([name, element]) => [name, JSON.stringify(element)] as const);
    return { id, header, change: { record: header.record ?? recordIdOf(id), creates, created: new Map(elements), elements: NONE } };
  }
  const { fields } = value as { readonly fields?: Readonly<Record<string, string | null>> };
  return { id, header, change: header.record === null || fields === undefined ? null : { record: header.record, creates: null, created: NONE, elements: new Map(Object.entries(fields)) } };
}
