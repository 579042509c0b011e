import { settingOf } from './settings.ts';
import { logEnd, markAt } from './log-marks.ts';
import { entryOf } from './log-rows.ts';
import { numberOf, textOf } from './row.ts';
import type { Sql } from './sql.ts';

/** An entry of the log, opened, in the order of its numbers. */
export type FedEntry = { readonly lsn: number; readonly headerText: string; readonly body: Uint8Array | null; /** Hub's clock, epoch milliseconds. */ readonly receivedAt: number };

/** The log for whoever reads it from beginning to end: what the FHIR projection is built from. */
export type LogFeed = {
  place(): Promise<{ readonly epoch: string; readonly lsn: number; readonly mark: string } | null>;
  markAt(lsn: number): Promise<string | null>;
  after(lsn: number, max: number): Promise<readonly FedEntry[]>;
};

export function createLogFeed(sql: Sql): LogFeed {
  return {
    place: () =>
      sql.snapshot(async (view) => {
        const epoch = await settingOf(view, 'epoch');
        return epoch === null ? null : { epoch, ...(await logEnd(view)) };
      }),
    markAt: (lsn) => markAt(sql, lsn),
    async after(lsn, max) {
      const rows = await sql.all(
        `SELECT op.lsn, segment.id, op.sequence, op.header, op.salt, op.body, coalesce(op.received_at, segment.received_at) AS received
        FROM op JOIN segment ON segment.ref = op.segment WHERE op.lsn > ? ORDER BY op.lsn LIMIT ?`,
        lsn, max,
      );
      return rows.map((row) => {
        const { headerText, body } = entryOf(sql.cells, textOf(row, 'id'), row);
        return { lsn: numberOf(row, 'lsn'), headerText, body, receivedAt: numberOf(row, 'received') };
      });
    },
  };
}
