import { systemCodeOf } from '../../shared/base/system-code.ts';
/**
 * A database that failed: what code it gave, and nothing of what it said, for its messages quote values. `lost`: the
 * connection broke, so that nobody here knows whether a commit under way has happened.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: string;
  readonly lost: boolean;

  constructor(code: string, lost: boolean) {
    super(`the database failed: ${code}`);
    this.code = code;
    this.lost = lost;
  }
}

/** SQLSTATE classes and codes after which the connection is gone (PostgreSQL, appendix A): connection exceptions, shutdown, crash, not yet ready. */
const LOST = /^(?:08...|57P0[1-5])$/;

export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = systemCodeOf(error);
  const sqlState = code !== null && /^[0-9A-Z]{5}$/.test(code) && error instanceof Error && 'severity' in error;
  // What is no answer of the server is the line to it: refused, reset, timed out, ended.
  return new StoreError(code ?? 'DISCONNECTED', !sqlState || LOST.test(code));
}
