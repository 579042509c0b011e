import Database from 'better-sqlite3-multiple-ciphers';
import { CONNECTION_PRAGMAS } from '../../main/store/store.ts';
import { BENCH_KEY } from './bench-vault.ts';

/**
 * SQLCipher as it comes: the driver, the key and the settings of every vault connection, and none of our code. What
 * the encrypted file can do at best.
 */
export function openBare(path: string): Database.Database {
  const database = new Database(path, { timeout: 0 });
  database.pragma("cipher = 'sqlcipher'");
  database.pragma('legacy = 4');
  database.key(Buffer.from(`x'${Buffer.from(BENCH_KEY).toString('hex')}'`));
  for (const pragma of CONNECTION_PRAGMAS) database.pragma(pragma);
  return database;
}
