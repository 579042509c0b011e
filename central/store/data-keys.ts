import type { Random } from '../../shared/base/world.ts';
import type { KeyWrapper } from '../authority/key-adapter.ts';
import type { HubClock } from '../world.ts';
import { bytesOf, numberOf, type Row, type Value } from './row.ts';
import type { DataKey } from './sealed-cells.ts';

/** The keys of sealed cells lie in the database beside what they seal, wrapped by a key that is never in it. */
const KEY_BYTES = 32;
const purpose = (id: number): string => `outpost-central data key ${id}`;

type AskRows = (sql: string, ...values: readonly Value[]) => Promise<readonly Row[]>;

/** Opens what there is, and makes the first where there is none; null where another organisation's wrapper has wrapped them. Under the lock `schema`. */
export async function dataKeys(ask: AskRows, wrapper: KeyWrapper, clock: HubClock, random: Random): Promise<readonly DataKey[] | null> {
  const rows = await ask('SELECT id, wrapped FROM data_key ORDER BY id');
  if (rows.length === 0) return [await makeKey(ask, wrapper, clock, random)];
  const keys: DataKey[] = [];
  for (const row of rows) {
    const id = numberOf(row, 'id');
    const key = await wrapper.unwrap(purpose(id), bytesOf(row, 'wrapped'));
    if (key === null) return null;
    keys.push({ id, key });
  }
  return keys;
}

async function makeKey(ask: AskRows, wrapper: KeyWrapper, clock: HubClock, random: Random): Promise<DataKey> {
  const [id, key] = [1, random.bytes(KEY_BYTES)];
  await ask('INSERT INTO data_key (id, wrapped, made_at) VALUES (?, ?, ?)', id, await wrapper.wrap(purpose(id), key), Math.floor(clock.now()));
  return { id, key };
}
