import { RecordId } from '../../shared/base/ids.ts';
import { isNoneKnown } from '../../shared/records/allergy-state.ts';
import { isAppendOnly } from '../../shared/records/items.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import type { SqlRow, WriteHandle } from '../store/store.ts';
import { parseBody } from './expansion.ts';
import { foldNoneKnown, foldSamePerson } from './fold-items.ts';
import { materialize } from './materialize.ts';

/** Counts up whenever the rules by which concurrent statements are merged change what is folded from the same entries. */
const MERGE_RULES_VERSION = 1;
const KEY = 'ledger.merge-rules';

/** Folds anew what an older version of the rules has folded otherwise. Once for a vault, when it is opened after an update. */
export function rederive(write: WriteHandle): void {
  const folded = write.get('SELECT value FROM local_state WHERE key = ?', KEY)?.['value'];
  if (folded === String(MERGE_RULES_VERSION)) return;
  const competing = write.all('SELECT DISTINCT record FROM conflict ORDER BY record');
  const amended = write.all("SELECT DISTINCT head.record, record.type FROM head JOIN record ON record.id = head.record WHERE head.element <> '' ORDER BY head.record").filter((row) => isAppendOnly(String(row['type'])));
  for (const { record } of [...competing, ...amended]) materialize(write, RecordId.parse(record));
  const asked = write.all("SELECT patient, code FROM record WHERE type = 'AllergyIntolerance' AND patient IS NOT NULL").filter((row) => isNoneKnown(row['code']));
  for (const patient of new Set(asked.map((row) => String(row['patient'])))) foldNoneKnown(write, patient);
  for (const { record } of write.all('SELECT record FROM patient ORDER BY record')) foldPerson(write, RecordId.parse(record));
  write.run('INSERT INTO local_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', KEY, String(MERGE_RULES_VERSION));
}

function foldPerson(write: WriteHandle, record: RecordId): void {
  const resource = resourceOf(write.get('SELECT resource, (SELECT body FROM ledger WHERE position = record.created) AS body FROM record WHERE id = ?', record));
  if (isJsonObject(resource)) foldSamePerson(write, record, resource);
}

function resourceOf(row: SqlRow | undefined): unknown {
  const text = row?.['resource'];
  if (typeof text === 'string') return JSON.parse(text);
  return row?.['body'] instanceof Uint8Array ? parseBody(row['body']) : undefined;
}
