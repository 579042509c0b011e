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

/** Why a home's data is not where it is looked for; null where it may be. */
export function storeElsewhere(home: string, url: string | null): string | null {
  if (url === null) return existsSync(join(home, ELSEWHERE_FILE)) ? 'DATABASE_URL is needed' : null;
  return existsSync(join(home, DATABASE_FILE)) ? `${DATABASE_FILE} is there, and DATABASE_URL as well` : null;
}

/** STORE_ELSEWHERE: this home's data is in the other kind of database. An empty second one would be worse than none. */
export async function openDatabase(home: string, keys: OrganizationKeys, { url, clock, random }: DatabaseWorld): Promise<Result<Sql, StoreFault | 'STORE_ELSEWHERE'>> {
  const elsewhere = storeElsewhere(home, url);
  if (elsewhere !== null) return refuse('STORE_ELSEWHERE', { rule: elsewhere });
  if (url === null) return openSqlite(join(home, DATABASE_FILE), keys.database);
  const opened = await openPostgres(url, { wrapper: keys.wrapper, clock, random });
  const marker = join(home, ELSEWHERE_FILE);
  if (opened.ok && !existsSync(marker)) writeFileSync(marker, 'postgres\n', { mode: 0o600 });
  return opened;
}
