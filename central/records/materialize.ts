import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import { describe } from '../../shared/records/describe.ts';
import { elementTexts } from '../../shared/records/elements.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import { mergeRecord, type Creation, type Setting } from '../../shared/records/merge-record.ts';
import type { ProjectionFile, Row } from './projection-file.ts';
import { searchRows } from './search-rows.ts';

/** Writes a new version of a record if it looks different now, and what searches find it by. */
export function materialize(file: ProjectionFile, id: RecordId, lsn: number, updatedAt: number): void {
  const made = file.all('SELECT entry, type, patient, clock_ms, clock_count, text FROM creation WHERE record = ?', id);
  const type = made[0]?.['type'];
  if (typeof type !== 'string') return;
  const settings = file.all('SELECT element, entry, clock_ms, clock_count, present, superseded, value FROM setting_of WHERE record = ?', id).map(toSetting);
  const only = made.length === 1 && settings.length === 0 ? String(made[0]?.['text']) : null;
  const merged = only === null ? mergeRecord(type, made.map(toCreation), settings) : { text: only, conflicts: [] };
  if (merged === null) return;
  const conflicts = merged.conflicts.map(([element]) => element).join(' ');
  if (file.get('SELECT 1 FROM resource WHERE id = ? AND text = ? AND conflicts = ?', id, merged.text, conflicts) !== undefined) return;
  const resource: unknown = JSON.parse(merged.text);
  if (!isJsonObject(resource)) throw new Error('broken assumption: elements make a resource');
  const patient = made.map((row) => row['patient']).find((each) => typeof each === 'string') ?? null;
  file.run('DELETE FROM resource WHERE id = ?', id);
  file.run(
    'INSERT INTO resource (id, type, patient, lsn, updated_at, restricted, conflicts, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    id, type, typeof patient === 'string' ? patient : null, lsn, updatedAt, describe(resource).restricted ? 1 : 0, conflicts, merged.text,
  );
  file.run('INSERT INTO version (id, lsn, updated_at, conflicts, text) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id, lsn) DO UPDATE SET text = excluded.text, conflicts = excluded.conflicts', id, lsn, updatedAt, conflicts, merged.text);
  file.run('DELETE FROM search WHERE id = ?', id);
  for (const { parameter, system, code, text, low, high } of searchRows(type, resource)) {
    file.run('INSERT INTO search (id, type, parameter, system, code, text, low, high) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', id, type, parameter, system, code, text, low, high);
  }
}

function toCreation(row: Row): Creation {
  return { entry: String(row['entry']) as EntryId, clock: [Number(row['clock_ms']), Number(row['clock_count'])], elements: elementTexts(String(row['text'])) };
}

function toSetting(row: Row): Setting {
  return {
    element: String(row['element']), entry: String(row['entry']) as EntryId, clock: [Number(row['clock_ms']), Number(row['clock_count'])],
    present: row['present'] === 1, superseded: row['superseded'] === 1, value: typeof row['value'] === 'string' ? row['value'] : null,
  };
}
