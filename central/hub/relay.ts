import type { News } from '../../shared/sync/hub-output.ts';
import { newsOf, readNews } from '../store/log-news.ts';
import type { Sql } from '../store/sql.ts';

/**
 * Tells the devices connected to this process of entries that came through another one. Announcements can be lost while
 * the database is away, so the log is looked at from time to time as well.
 */
const LOOK_EVERY_MS = 5_000;

export type Relay = { /** Entries came through this process: its devices are told already. */ told(latest: number): void; close(): void };

export async function relayNews(sql: Sql, onNews: (news: News) => void): Promise<Relay> {
  let known = (await newsOf(sql)).latest;
  const hear = (news: News): void => {
    if (news.latest <= known) return;
    known = news.latest;
    onNews(news);
  };
  const look = async (): Promise<void> => {
    try {
      hear(await newsOf(sql));
    } catch {
      // Whoever is connected finds out for himself that the database is away; the next look is soon.
    }
  };
  const stop = await sql.listen('news', (text, own) => {
    if (!own) hear(readNews(text));
  });
  const looking = setInterval(() => void look(), LOOK_EVERY_MS);
  looking.unref();
  return {
    told(latest) {
      known = Math.max(known, latest);
    },
    close() {
      clearInterval(looking);
      stop();
    },
  };
}
