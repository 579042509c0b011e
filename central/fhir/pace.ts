/** How many requests of one client are answered: a bucket that fills steadily, so that nobody's defect or haste is everybody's. */
export const REQUESTS_PER_SECOND = 50;
export const REQUESTS_AT_ONCE = 1000;
const MS_PER_SECOND = 1000;

/** Takes one request of a client; gives null, or after how many whole seconds to ask again. `now`: epoch milliseconds. */
export function createPace(now: () => number): (client: string) => number | null {
  const buckets = new Map<string, { left: number; at: number }>();
  return (client) => {
    const at = now();
    const { left, at: since } = buckets.get(client) ?? { left: REQUESTS_AT_ONCE, at };
    // A clock that goes back gives nothing and takes nothing.
    const filled = Math.min(REQUESTS_AT_ONCE, left + (Math.max(0, at - since) / MS_PER_SECOND) * REQUESTS_PER_SECOND);
    const taken = filled >= 1;
    buckets.set(client, { left: taken ? filled - 1 : filled, at });
    return taken ? null : Math.max(1, Math.ceil((1 - filled) / REQUESTS_PER_SECOND));
  };
}
