import { rmSync } from 'node:fs';

/** Gives the work a path for a database that is gone afterwards, with what SQLite keeps beside it. */
export async function withDatabase<Value>(path: string, work: (path: string) => Value | Promise<Value>): Promise<Value> {
  try {
    return await work(path);
  } finally {
    removeDatabase(path);
  }
}

export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}
