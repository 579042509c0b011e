import { AsyncLocalStorage } from 'node:async_hooks';

/** Finds two slips: using the database around one's own transaction, where it would wait for itself or see a stale view; and using a transaction after its end. */
export type TransactionScope = {
  /** Runs a transaction's work. */
  within<Outcome>(work: () => Promise<Outcome>): Promise<Outcome>;
  assertInside(): void;
  assertOutside(): void;
};

export function transactionScope(): TransactionScope {
  const current = new AsyncLocalStorage<{ live: boolean }>();
  return {
    async within(work) {
      const transaction = { live: true };
      try {
        return await current.run(transaction, work);
      } finally {
        transaction.live = false;
      }
    },
    assertInside() {
      if (current.getStore()?.live !== true) throw new Error('broken assumption: a transaction is used within its work');
    },
    assertOutside() {
      if (current.getStore()?.live === true) throw new Error('broken assumption: a transaction uses its own handle');
    },
  };
}

/** Runs what it is given one after the other, in the order it came, whether or not the one before succeeded. */
export function oneAtATime(): <Outcome>(work: () => Promise<Outcome>) => Promise<Outcome> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
