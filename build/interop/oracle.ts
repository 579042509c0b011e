import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The oracle's driver in the few calls we use: an asynchronous sqlite3 API. */
type Connection = {
  all(sql: string, done: (error: Error | null, rows: readonly Record<string, unknown>[]) => void): void;
  close(done: (error: Error | null) => void): void;
};
type Driver = { readonly Database: new (path: string, mode: number, done: (error: Error | null) => void) => Connection; readonly OPEN_READONLY: number };

export interface Oracle {
  all(sql: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

const HERE = import.meta.dirname;
const INSTALL_MAX_MS = 8 * 60_000;

/** Installs and builds the oracle in its own folder where it is not there yet. Returns why not, or null. */
export function installOracle(): string | null {
  if (existsSync(join(HERE, 'node_modules/@journeyapps/sqlcipher/build/Release/node_sqlite3.node'))) return null;
  try {
    execFileSync('npm', ['ci', '--loglevel=error'], { cwd: HERE, stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALL_MAX_MS, shell: process.platform === 'win32' });
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n').at(-1) ?? 'unknown') : 'unknown';
  }
}

/** Opens a file with the oracle. `keyHex` is the raw 32-byte key. */
export async function openOracle(path: string, keyHex: string): Promise<Oracle> {
  const { Database, OPEN_READONLY } = createRequire(join(HERE, 'oracle.ts'))('@journeyapps/sqlcipher') as Driver;
  const connection = await new Promise<Connection>((resolve, reject) => {
    const opened: Connection = new Database(path, OPEN_READONLY, (error) => (error === null ? resolve(opened) : reject(error)));
  });
  const all = (sql: string) => new Promise<readonly Record<string, unknown>[]>((resolve, reject) => connection.all(sql, (error, rows) => (error === null ? resolve(rows) : reject(error))));
  await all(`PRAGMA key = "x'${keyHex}'"`);
  return { all, close: () => new Promise((resolve, reject) => connection.close((error) => (error === null ? resolve() : reject(error)))) };
}
