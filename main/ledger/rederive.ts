import { RecordId } from '../../shared/base/ids.ts';
import type { WriteHandle } from '../store/store.ts';
import { materialize } from './materialize.ts';

/** Counts up whenever the rules by which concurrent values are merged change what is folded from the same entries. */
const MERGE_RULES_VERSION = 1;
const KEY = 'ledger.merge-rules';

/** Folds anew what an older version of the rules has folded otherwise: records whose values compete. */
export function rederive(write: WriteHandle): void {
  const folded = write.get('SELECT value FROM local_state WHERE key = ?', KEY)?.['value'];
  if (folded === String(MERGE_RULES_VERSION)) return;
  for (const { record } of write.all('SELECT DISTINCT record FROM conflict ORDER BY record')) materialize(write, RecordId.parse(record));
  write.run('INSERT INTO local_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', KEY, String(MERGE_RULES_VERSION));
}
