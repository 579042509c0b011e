import type { Lock, Sql, Writes } from './sql.ts';
import { StoreError } from './store-error.ts';

/**
 * Writes that wait for the same lock share a transaction, and so one wait for the disk: what comes while one commit is
 * under way goes into the next. Nothing is told before its commit. A work may run twice and so keeps nothing outside the
 * transaction: where one of a group fails, none of it is there, and each is tried alone.
 */
export type GroupCommit = <Outcome>(work: (tx: Writes) => Promise<Outcome>) => Promise<Outcome>;

/** So long a lock is held at most while others wait for it: about this many batches. */
const GROUP_MAX = 16;

type Waiting = { run(tx: Writes): Promise<() => void>; alone(): Promise<void>; fail(error: unknown): void };

export function groupCommit(sql: Sql, lock: Lock): GroupCommit {
  const waiting: Waiting[] = [];
  let running = false;

  const together = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const tell = await sql.write(lock, async (tx) => {
        const done: (() => void)[] = [];
        for (const each of group) done.push(await each.run(tx));
        return done;
      });
      for (const each of tell) each();
    } catch (error) {
      const gone = error instanceof StoreError && error.lost;
      // Without a database there is no use in trying; and one that was alone has been tried alone.
      if (gone || group.length === 1) for (const each of group) each.fail(error);
      else for (const each of group) await each.alone();
    }
  };
  const drain = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) await together(waiting.splice(0, GROUP_MAX));
    running = false;
  };

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push({
        async run(tx) {
          const outcome = await work(tx);
          return () => resolve(outcome);
        },
        alone: () => sql.write(lock, work).then(resolve, reject),
        fail: reject,
      });
      if (!running) void drain();
    });
}
