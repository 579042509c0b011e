import { textOf } from './row.ts';
import type { Reads, Writes } from './sql.ts';

/** Single values of the organisation. */
export type SettingKey = 'epoch' | 'address' | 'lease' | 'orders.serial';

export async function settingOf(sql: Reads, key: SettingKey): Promise<string | null> {
  const row = await sql.get('SELECT value FROM setting WHERE key = ?', key);
  return row === undefined ? null : textOf(row, 'value');
}

export async function keepSetting(tx: Writes, key: SettingKey, value: string): Promise<void> {
  await tx.run('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
}
