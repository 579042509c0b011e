import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import type { HubClock } from '../world.ts';
import { openPostgres } from './postgres-open.ts';
import type { Sql, StoreFault } from './sql.ts';
import { openSqlite } from './sqlite.ts';

export const DATABASE_FILE = 'central.db';
/** Says that a home's data is on a PostgreSQL server, to whoever opens it without saying which. */
const ELSEWHERE_FILE = 'database';

/** `url`: of a PostgreSQL database (database-url.ts); null for the encrypted file in the home. */
export type DatabaseWorld = { readonly url: string | null; readonly clock: HubClock; readonly random: Random };

/** STORE_ELSEWHERE: this home's data is in the other kind of database. An empty second one would be worse than none. */
export async function openDatabase(home: string, keys: OrganizationKeys, { url, clock, random }: DatabaseWorld): Promise<Result<Sql, StoreFault | 'STORE_ELSEWHERE'>> {
  const [file, elsewhere] = [join(home, DATABASE_FILE), join(home, ELSEWHERE_FILE)];
  if (url === null) return existsSync(elsewhere) ? refuse('STORE_ELSEWHERE', { rule: 'DATABASE_URL is needed' }) : openSqlite(file, keys.database);
  if (existsSync(file)) return refuse('STORE_ELSEWHERE', { rule: `${DATABASE_FILE} is there, and DATABASE_URL as well` });
  const opened = await openPostgres(url, { wrapper: keys.wrapper, clock, random });
  if (opened.ok && !existsSync(elsewhere)) writeFileSync(elsewhere, 'postgres\n', { mode: 0o600 });
  return opened;
}
