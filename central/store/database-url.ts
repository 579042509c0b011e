import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { ok, refuse, type Result } from '../../shared/base/result.ts';

/**
 * Which PostgreSQL, if any: `DATABASE_URL`, or a file that `DATABASE_URL_FILE` names. Never an argument, which every
 * user of the machine can read in the list of processes.
 */
export type Environment = Readonly<Record<string, string | undefined>>;
export type DatabaseUrlFault = 'DATABASE_URL_UNUSABLE';

const OTHERS = 0o077;

/** Null: the encrypted file in central's home. `detail.rule` says what is wrong; nothing of the URL is passed on. */
export function databaseUrl(environment: Environment): Result<string | null, DatabaseUrlFault> {
  const read = fromFile(environment['DATABASE_URL_FILE']);
  if (!read.ok) return read;
  const given = environment['DATABASE_URL'] ?? '';
  if (given !== '' && read.value !== null) return refuse('DATABASE_URL_UNUSABLE', { rule: 'DATABASE_URL or DATABASE_URL_FILE, not both' });
  const text = read.value ?? given;
  if (text === '') return ok(null);
  const url = URL.parse(text);
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) return refuse('DATABASE_URL_UNUSABLE', { rule: 'postgres://USER@HOST/DATABASE' });
  if (url.pathname.length < 2) return refuse('DATABASE_URL_UNUSABLE', { rule: 'a database is named' });
  // Entries are sealed, but codes, keys of devices and passwords would cross the line in the clear.
  if (!isThisMachine(hostOf(url, environment)) && url.searchParams.get('sslmode') !== 'verify-full') return refuse('DATABASE_URL_UNUSABLE', { rule: 'another machine is reached with sslmode=verify-full' });
  return ok(text);
}

function fromFile(path: string | undefined): Result<string | null, DatabaseUrlFault> {
  if (path === undefined || path === '') return ok(null);
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0) return refuse('DATABASE_URL_UNUSABLE', { rule: 'the file is readable by its owner alone' });
    return ok(readFileSync(path, 'utf8').trim());
  } catch {
    return refuse('DATABASE_URL_UNUSABLE', { rule: 'the file can be read' });
  }
}

/** As the driver finds it: a parameter before the host, and PGHOST where there is neither. */
const hostOf = (url: URL, environment: Environment): string => url.searchParams.get('host') ?? (url.hostname !== '' ? decodeURIComponent(url.hostname) : (environment['PGHOST'] ?? 'localhost'));

function isThisMachine(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  // A path is a Unix socket.
  return bare.startsWith('/') || bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}
