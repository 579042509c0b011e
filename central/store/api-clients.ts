import { createHash, timingSafeEqual } from 'node:crypto';
import { toHex, utf8 } from '../../shared/base/bytes.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubClock } from '../world.ts';
import { accessPlace } from './places.ts';
import { numberOf, optionalTextOf, textOf, type Row } from './row.ts';
import type { Reads, Sql } from './sql.ts';

/** Systems that read over the FHIR API, and the record of what they looked at. */
export type ApiClientRecord = { readonly id: string; readonly name: string; readonly scopes: readonly string[]; readonly createdAt: number; readonly expiresAt: number; readonly revokedAt: number | null };
export type AccessRecord = { readonly at: number; readonly client: string; readonly interaction: string; readonly type: string | null; readonly parameters: string; readonly patients: readonly string[]; readonly found: number };
export type NewAccess = Omit<AccessRecord, 'at'>;

const TOKEN_BYTES = 32;
const ID_BYTES = 8;
const COLUMNS = 'id, name, token_hash, scopes, created_at, expires_at, revoked_at';

/** 256 random bits need no slow hash: nobody guesses them, and the hash gives none of them away. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The token is returned here and never again. */
export async function addClient(sql: Sql, clock: HubClock, random: Random, client: { readonly name: string; readonly scopes: readonly string[]; readonly lifeMs: number }): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: number }> {
  const [id, token] = [toHex(random.bytes(ID_BYTES)), Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')];
  const now = Math.floor(clock.now());
  const expiresAt = now + client.lifeMs;
  await sql.write('devices', (tx) =>
    tx.run('INSERT INTO api_client (id, name, token_hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)', id, client.name, hashOf(token), client.scopes.join(' '), now, expiresAt),
  );
  return { id, token, expiresAt };
}

export async function clientByToken(sql: Reads, clock: HubClock, token: string): Promise<ApiClientRecord | null> {
  const hash = hashOf(token);
  const row = await sql.get(`SELECT ${COLUMNS} FROM api_client WHERE token_hash = ?`, hash);
  if (row === undefined || !timingSafeEqual(utf8(textOf(row, 'token_hash')), utf8(hash))) return null;
  const client = toClient(row);
  return client.revokedAt === null && clock.now() < client.expiresAt ? client : null;
}

export async function listClients(sql: Reads): Promise<readonly ApiClientRecord[]> {
  return (await sql.all(`SELECT ${COLUMNS} FROM api_client ORDER BY created_at, id`)).map(toClient);
}

/** False where there is no such client. */
export async function revokeClient(sql: Sql, clock: HubClock, id: string): Promise<boolean> {
  return sql.write('devices', async (tx) => (await tx.run('UPDATE api_client SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?', Math.floor(clock.now()), id)).changes > 0);
}

export async function noteAccess(sql: Sql, clock: HubClock, access: NewAccess): Promise<void> {
  const at = Math.floor(clock.now());
  await sql.write('events', (tx) =>
    tx.run(
      'INSERT INTO api_access (at, client, interaction, type, parameters, patients, found) VALUES (?, ?, ?, ?, ?, ?, ?)',
      at, access.client, access.interaction, access.type, access.parameters, sql.cells.text(accessPlace(access.client, at), access.patients.join(' ')), access.found,
    ),
  );
}

/** The newest first. */
export async function latestAccesses(sql: Sql, limit: number): Promise<readonly AccessRecord[]> {
  const rows = await sql.all('SELECT at, client, interaction, type, parameters, patients, found FROM api_access ORDER BY id DESC LIMIT ?', limit);
  return rows.map((row) => {
    const [at, client] = [numberOf(row, 'at'), textOf(row, 'client')];
    const patients = sql.cells.readText(accessPlace(client, at), row, 'patients');
    return { at, client, interaction: textOf(row, 'interaction'), type: optionalTextOf(row, 'type'), parameters: textOf(row, 'parameters'), patients: patients === '' ? [] : patients.split(' '), found: numberOf(row, 'found') };
  });
}

function toClient(row: Row): ApiClientRecord {
  const revokedAt = row['revoked_at'];
  return {
    id: textOf(row, 'id'), name: textOf(row, 'name'), scopes: textOf(row, 'scopes').split(' '), createdAt: numberOf(row, 'created_at'),
    expiresAt: numberOf(row, 'expires_at'), revokedAt: typeof revokedAt === 'number' ? revokedAt : null,
  };
}
