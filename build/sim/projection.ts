import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import { READER_VERSION } from '../../shared/ledger/entry.ts';
import type { Head } from '../../shared/records/merge.ts';
import type { Creation, Setting } from '../../shared/records/merge-record.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import { parseEntry, type ParsedEntry } from './parsed-entry.ts';
import type { Parts } from './parts.ts';

/** The chart of a simulated workstation: keeps who set what, and leaves what follows from it to the shipped rules. */

export type Rules = Pick<Parts, 'mergeHeads' | 'mergeRecord' | 'headsOfRecord'>;

type SimRecord = { readonly id: RecordId; type: string | null; patient: RecordId | null; readonly creations: Creation[]; readonly settings: Map<string, Map<EntryId, Setting>> };
export type Conflict = { readonly record: RecordId; readonly element: string };

/** A kind that the older version of the simulator's workstation does not know. */
export const UNKNOWN_KIND = 'from.the.future';

export type Projection = {
  /** False where this version does not understand the entry: it is kept and folded after an upgrade. */
  fold(entry: WireEntry): boolean;
  /** Records that have come into being here, in the order of arrival. */
  records(): readonly { readonly id: RecordId; readonly type: string | null; readonly patient: RecordId | null }[];
  patients(): readonly RecordId[];
  heads(record: RecordId, element: string): readonly Head[];
  conflicts(): readonly Conflict[];
  conflictCount(): number;
  /** The value that counts of every element set after creation, by record and element. */
  values(): ReadonlyMap<string, string | null>;
  /** Everything a chart would show, in one text that does not depend on the order of arrival. */
  text(): string;
  /** Forgets a patient's chart. */
  evict(patient: RecordId): void;
};

export function createProjection(rules: Rules, reader: number): Projection {
  const all = new Map<RecordId, SimRecord>();
  const shown: SimRecord[] = [];
  const patients: RecordId[] = [];
  const conflicts = new Map<string, Conflict>();
  const newest = Math.max(reader, READER_VERSION);

  const recordOf = (id: RecordId): SimRecord => {
    const known = all.get(id);
    if (known !== undefined) return known;
    const fresh: SimRecord = { id, type: null, patient: null, creations: [], settings: new Map() };
    all.set(id, fresh);
    return fresh;
  };
  const settingsOf = (record: SimRecord, element: string): Map<EntryId, Setting> => {
    const known = record.settings.get(element);
    if (known !== undefined) return known;
    const fresh = new Map<EntryId, Setting>();
    record.settings.set(element, fresh);
    return fresh;
  };
  const headsOf = (record: SimRecord, element: string): readonly Head[] => rules.headsOfRecord(record.creations, [...settingsOf(record, element).values()]).get(element) ?? [];
  /** Element by element in order of their names, as a table's key gives them. */
  const everySetting = (record: SimRecord): readonly Setting[] => [...record.settings].toSorted(([left], [right]) => (left < right ? -1 : 1)).flatMap(([, settings]) => [...settings.values()]);

  const judge = (record: SimRecord): void => {
    if (record.type === null) return;
    for (const element of record.settings.keys()) {
      const key = `${record.id} ${element}`;
      const heads = headsOf(record, element);
      if (heads.length > 1 && rules.mergeHeads(record.type, element, heads).conflict !== null) conflicts.set(key, { record: record.id, element });
      else conflicts.delete(key);
    }
  };

  const create = ({ id, header, change }: ParsedEntry): void => {
    if (change === null || change.creates === null) return;
    const record = recordOf(change.record);
    record.creations.push({ entry: id, clock: header.clock, elements: change.created });
    if (record.type === null) {
      record.type = change.creates;
      record.patient = change.creates === 'Patient' ? record.id : header.patient;
      shown.push(record);
      if (change.creates === 'Patient') patients.push(record.id);
    }
    judge(record);
  };

  const amend = ({ id, header, change }: ParsedEntry): void => {
    if (change === null) return;
    const record = recordOf(change.record);
    for (const [element, value] of change.elements) {
      const settings = settingsOf(record, element);
      settings.set(id, { element, entry: id, clock: header.clock, present: true, superseded: settings.get(id)?.superseded ?? false, value });
      for (const parent of header.parents) settings.set(parent, { ...(settings.get(parent) ?? { element, entry: parent, clock: [0, 0], present: false, value: null }), superseded: true });
    }
    judge(record);
  };

  return {
    fold(entry) {
      const parsed = parseEntry(entry);
      if (parsed.header.minReader > newest || (parsed.header.kind === UNKNOWN_KIND && reader <= READER_VERSION)) return false;
      if (parsed.change?.creates === null) amend(parsed);
      else create(parsed);
      return true;
    },
    records: () => shown,
    patients: () => patients,
    heads(id, element) {
      const record = all.get(id);
      if (record === undefined) return [];
      if (record.settings.has(element)) return headsOf(record, element);
      return record.creations.map(({ entry, clock, elements }) => ({ entry, clock, value: elements.get(element) ?? null }));
    },
    conflicts: () => [...conflicts.values()],
    conflictCount: () => conflicts.size,
    values() {
      const found = new Map<string, string | null>();
      for (const record of shown) {
        for (const element of record.settings.keys()) if (record.type !== null) found.set(`${record.id} ${element}`, rules.mergeHeads(record.type, element, headsOf(record, element)).value);
      }
      return found;
    },
    text() {
      const lines = shown.map((record) => {
        const merged = record.type === null ? null : rules.mergeRecord(record.type, record.creations, everySetting(record));
        const open = merged?.conflicts.map(([element, { severity, basis }]) => `${element}:${severity}:${basis}`).toSorted().join(' ');
        return `${record.id} ${String(merged?.text)} | ${String(open)}`;
      });
      return lines.toSorted().join('\n');
    },
    evict(patient) {
      for (const [index, record] of [...shown.entries()].toReversed()) {
        if (record.patient !== patient) continue;
        shown.splice(index, 1);
        all.delete(record.id);
        for (const [key, conflict] of conflicts) if (conflict.record === record.id) conflicts.delete(key);
      }
      const place = patients.indexOf(patient);
      if (place >= 0) patients.splice(place, 1);
    },
  };
}
