import { toHex } from '../../shared/base/bytes.ts';
import { MARK_START } from '../../shared/sync/hub-rules.ts';
import { sha256 } from '../hub/cipher.ts';
import { bytesOf, numberOf } from './row.ts';
import type { Reads } from './sql.ts';

const MARK_BYTES = 8;

/** The log's running hash, cut short: SHA-256(mark before || entry's chain hash), its first eight bytes. */
export function markAfter(mark: Uint8Array, hash: Uint8Array): Uint8Array {
  return sha256(mark, hash).slice(0, MARK_BYTES);
}

/** Hexadecimal; null for a number that is not on the log. */
export async function markAt(sql: Reads, lsn: number): Promise<string | null> {
  if (lsn === 0) return MARK_START;
  const row = await sql.get('SELECT mark FROM op WHERE lsn = ?', lsn);
  return row === undefined ? null : toHex(bytesOf(row, 'mark'));
}

/** The log's last number and the mark there. */
export async function logEnd(sql: Reads): Promise<{ readonly lsn: number; readonly mark: string }> {
  const row = await sql.get('SELECT lsn, mark FROM op ORDER BY lsn DESC LIMIT 1');
  return row === undefined ? { lsn: 0, mark: MARK_START } : { lsn: numberOf(row, 'lsn'), mark: toHex(bytesOf(row, 'mark')) };
}
