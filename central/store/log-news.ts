import type { News } from '../../shared/sync/hub-output.ts';
import { logEnd } from './log-marks.ts';
import { urgentEnd } from './log-streams.ts';
import type { Reads, Writes } from './sql.ts';

/** That the log has grown, as processes tell each other: `latest urgent`. */
export async function newsOf(sql: Reads): Promise<News> {
  return { latest: (await logEnd(sql)).lsn, urgent: await urgentEnd(sql) };
}

export const announceNews = (tx: Writes, { latest, urgent }: News): Promise<void> => tx.announce('news', `${latest} ${urgent}`);

export function readNews(text: string): News {
  const [latest = 0, urgent = 0] = text.split(' ').map(Number);
  return { latest, urgent };
}
