import type { Sql } from '../store/sql.ts';
import { ordersSerial } from './issue.ts';

/** An order issued by another process is noticed within so long, also where announcements do not carry. */
const LOOK_EVERY_MS = 1000;

/** Calls `changed` whenever an operator has issued something or a device changed. Returns what ends the watching. */
export function watchOrders(sql: Sql, changed: () => void, failed: (error: unknown) => void): () => void {
  let serial: string | null = null;
  let looking = false;
  let stopped = false;
  const look = async (): Promise<void> => {
    if (looking || stopped) return;
    looking = true;
    try {
      const now = await ordersSerial(sql);
      if (serial !== null && serial !== now && !stopped) changed();
      serial = now;
    } catch (error) {
      if (!stopped) failed(error);
    } finally {
      looking = false;
    }
  };
  const endings = [sql.listen('orders', () => void look()), sql.listen('devices', changed)];
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  void look();
  return () => {
    stopped = true;
    clearInterval(timer);
    for (const listening of endings) void listening.then((end) => end());
  };
}
