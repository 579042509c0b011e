import type { DeviceId } from '../../shared/base/ids.ts';
import { NUMBER_PREFIX, numberPrefix } from '../../shared/records/patient-number.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

/** What the numbers begin with that this workstation writes on patients' cards: as central gave it, else by the device's id. */
const KEY = 'patient-number-prefix';

export function numberPrefixOf(read: Pick<ReadHandle, 'get'>, device: DeviceId): string {
  const kept = read.get('SELECT value FROM local_state WHERE key = ?', KEY)?.['value'];
  return typeof kept === 'string' && NUMBER_PREFIX.test(kept) ? kept : numberPrefix(device);
}

/** Numbers given before stay what they are. */
export function keepNumberPrefix(write: WriteHandle, prefix: string): void {
  write.run('INSERT INTO local_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', KEY, prefix);
}
