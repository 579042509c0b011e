import { refuse, type Fault } from '../../shared/base/result.ts';

/** TOO_LARGE: a value beyond what a row, or a reader of the ledger, takes. */
export type StoreFault = 'DISK_FULL' | 'READ_ONLY' | 'VAULT_DAMAGED' | 'VAULT_IN_USE' | 'TOO_LARGE';

/** SQLite result codes (sqlite.org/rescode.html) that name a condition of the machine rather than a defect of ours. */
const BY_PREFIX: readonly (readonly [string, StoreFault])[] = [
  ['SQLITE_FULL', 'DISK_FULL'],
  ['SQLITE_IOERR_WRITE', 'DISK_FULL'],
  ['SQLITE_READONLY', 'READ_ONLY'],
  ['SQLITE_CORRUPT', 'VAULT_DAMAGED'],
  ['SQLITE_NOTADB', 'VAULT_DAMAGED'],
  ['SQLITE_IOERR', 'VAULT_DAMAGED'],
  ['SQLITE_CANTOPEN', 'VAULT_DAMAGED'],
  ['SQLITE_BUSY', 'VAULT_IN_USE'],
  ['SQLITE_LOCKED', 'VAULT_IN_USE'],
  ['SQLITE_TOOBIG', 'TOO_LARGE'],
];

/** The fault behind an exception of the driver; undefined where it is not the machine's doing. */
export function storeFaultOf(error: unknown): Fault<StoreFault> | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const code = error.code;
  const match = BY_PREFIX.find(([prefix]) => code.startsWith(prefix));
  return match === undefined ? undefined : refuse(match[1], { sqlite: code }).fault;
}
