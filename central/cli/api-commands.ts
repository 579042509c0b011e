import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import { createSend } from '../fhir/upstream.ts';
import type { ApiOptions } from '../fhir/start.ts';
import { addClient, latestAccesses, listClients, revokeClient } from '../store/api-clients.ts';
import type { Sql } from '../store/sql.ts';
import { systemClock, systemRandom } from '../world.ts';
import type { ApiCommand, ApiServing } from './api-options.ts';

export type ApiFault = 'NOT_FOUND' | 'FILE_UNREADABLE' | 'FILE_UNWRITABLE';
type Outcome = { readonly data: Readonly<Record<string, unknown>>; readonly lines: readonly string[] };

const DAY_MS = 86_400_000;
const PRIVATE_MODE = 0o600;
const time = (atMs: number): string => new Date(atMs).toISOString();

export async function runApiCommand(command: ApiCommand, sql: Sql): Promise<Result<Outcome, ApiFault>> {
  switch (command.name) {
    case 'client-add': return add(command, sql);
    case 'client-revoke':
      if (!(await revokeClient(sql, systemClock, command.client))) return refuse('NOT_FOUND', { client: command.client });
      return ok({ data: { client: command.client, state: 'revoked' }, lines: [`${command.client} reads nothing any more`] });
    case 'client-list': {
      const clients = await listClients(sql);
      const lines = clients.map(({ id, name, scopes, expiresAt, revokedAt }) => `${id}  ${revokedAt === null ? `until ${time(expiresAt)}` : `revoked ${time(revokedAt)}`}  ${scopes.join(' ')}  ${name}`);
      return ok({ data: { clients }, lines: lines.length > 0 ? lines : ['no system may read'] });
    }
    case 'access-log': {
      const accesses = await latestAccesses(sql, command.limit);
      const lines = accesses.map(({ at, client, interaction, type, parameters, patients, found }) => `${time(at)}  ${client}  ${interaction} ${type ?? ''} ${parameters}  ${found} found, ${patients.length} patients`);
      return ok({ data: { accesses }, lines: lines.length > 0 ? lines : ['nothing has been read'] });
    }
  }
}

/** The file first, so that no token is made that nobody gets. */
async function add(command: Extract<ApiCommand, { name: 'client-add' }>, sql: Sql): Promise<Result<Outcome, ApiFault>> {
  let file: number;
  try {
    file = openSync(command.tokenFile, 'wx', PRIVATE_MODE);
  } catch (error) {
    return refuse('FILE_UNWRITABLE', { option: '--token-file', system: systemCode(error) });
  }
  try {
    const made = await addClient(sql, systemClock, systemRandom, { name: command.client, scopes: command.scopes, lifeMs: command.days * DAY_MS });
    writeSync(file, `${made.token}\n`);
    return ok({ data: { id: made.id, expiresAt: made.expiresAt, scopes: command.scopes, tokenFile: command.tokenFile }, lines: [`${made.id} may read ${command.scopes.join(' ')} until ${time(made.expiresAt)}; the token is in ${command.tokenFile}`] });
  } catch (error) {
    rmSync(command.tokenFile, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** What to forward to, with its secrets read. */
export function forwardOf({ forward }: ApiServing): Result<ApiOptions['forward'], 'FILE_UNREADABLE'> {
  if (forward === null) return ok(null);
  const token = readIfNamed('--forward-token-file', forward.tokenFile);
  const authority = readIfNamed('--forward-authority-file', forward.authorityFile);
  if (!token.ok) return token;
  if (!authority.ok) return authority;
  return ok({ upstream: { name: new URL(forward.url).host, url: forward.url }, send: createSend({ authority: authority.value, token: token.value?.trim() ?? null }) });
}

function readIfNamed(option: string, path: string | null): Result<string | null, 'FILE_UNREADABLE'> {
  if (path === null) return ok(null);
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse('FILE_UNREADABLE', { option, system: systemCode(error) });
  }
}
