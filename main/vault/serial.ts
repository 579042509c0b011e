/** Runs jobs one after the other in the order they came, whether or not the one before succeeded. */
export type Serial = <Value>(job: () => Promise<Value>) => Promise<Value>;

export function makeSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return async (job) => {
    const turn = last.then(job, job);
    last = turn;
    return turn;
  };
}
