import { join } from 'node:path';
import type { Result } from '../../shared/base/result.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import type { Sql, StoreFault } from './sql.ts';
import { openSqlite } from './sqlite.ts';

export const DATABASE_FILE = 'central.db';

/** Central's database: the encrypted file in its home. */
export async function openDatabase(home: string, keys: OrganizationKeys): Promise<Result<Sql, StoreFault>> {
  return openSqlite(join(home, DATABASE_FILE), keys.database);
}
