import pg from 'pg';
import { connectionConfig } from './postgres-session.ts';

/** Announcements between processes, by LISTEN and NOTIFY. A line that breaks is made anew, with growing patience. */
export const CHANNEL = 'outpost';
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;

export type News = { /** Resolves when the first line stands, or could not be had. */ open(): Promise<void>; close(): Promise<void> };

export function createNews(url: string, heard: (payload: string) => void): News {
  let client: pg.Client | null = null;
  let opening: Promise<void> | null = null;
  let retry: NodeJS.Timeout | null = null;
  let patience = RETRY_FIRST_MS;
  let closed = false;

  const connect = async (): Promise<void> => {
    const made = new pg.Client(connectionConfig(url));
    const lost = (): void => {
      if (client === made) client = null;
      again();
    };
    made.on('error', lost);
    made.on('end', lost);
    made.on('notification', ({ payload }) => heard(payload ?? ''));
    try {
      await made.connect();
      await made.query(`LISTEN ${CHANNEL}`);
      if (closed) return await made.end();
      client = made;
      patience = RETRY_FIRST_MS;
    } catch {
      // The listeners that were told of look from time to time as well; here it is only tried again.
      again();
    }
  };
  const again = (): void => {
    if (closed || retry !== null) return;
    retry = setTimeout(() => {
      retry = null;
      void connect();
    }, patience);
    retry.unref();
    patience = Math.min(patience * 2, RETRY_MAX_MS);
  };

  return {
    open: () => (opening ??= connect()),
    async close() {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      await opening;
      await client?.end();
    },
  };
}
