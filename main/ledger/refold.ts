import { z } from 'zod';
import type { ReadHandle, SqlRow, SqlValue, WriteHandle } from '../store/store.ts';
import { foldRow, type Reader } from './fold.ts';
import { PROJECTION_TABLES } from './projection-tables.ts';

/** Counts up whenever the same entries fold to something else than before. Version 0.1.0 had no number. */
const FOLD_RULES_VERSION = 2;
const KEY = 'ledger.fold';
const SLICE_ENTRIES = 2000;

const Folded = z.strictObject({ rules: z.int(), reader: z.string() });

/**
 * When the vault is opened after an update: folded by other rules, the whole projection is made anew; folded by a reader
 * that understood less, what that one parked is folded now. Either way the vault then shows what one shows that this
 * version has kept from its first entry on. One transaction with the opening: it happens whole or again.
 */
export function refold(write: WriteHandle, reader: Reader): void {
  const kept = write.get('SELECT value FROM local_state WHERE key = ?', KEY)?.['value'];
  const before = typeof kept === 'string' ? Folded.parse(JSON.parse(kept)) : null;
  const now = { rules: FOLD_RULES_VERSION, reader: nameOf(reader) };
  if (before?.rules === now.rules && before.reader === now.reader) return;
  if (before?.rules === now.rules) foldParked(write, reader);
  else foldAll(write, reader);
  write.run('INSERT INTO local_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', KEY, JSON.stringify(now));
}

function nameOf({ version, folds }: Reader): string {
  return [version, ...Object.keys(folds).toSorted()].join(' ');
}

function foldParked(write: WriteHandle, reader: Reader): void {
  const rows = write.all('SELECT ledger.position, ledger.segment, ledger.header, ledger.body, segment.own FROM parked JOIN ledger USING (position) JOIN segment ON segment.ref = ledger.segment ORDER BY ledger.position');
  for (const row of rows) {
    write.run('DELETE FROM parked WHERE position = ?', row['position'] ?? null);
    foldRow(write, row, row['own'] === 1, reader);
  }
}

function foldAll(write: WriteHandle, reader: Reader): void {
  for (const table of Object.keys(PROJECTION_TABLES)) write.run(`DELETE FROM ${table}`);
  const own = new Set<SqlValue>(write.all('SELECT ref FROM segment WHERE own = 1').map((row) => row['ref'] ?? null));
  for (const rows of slices(write)) for (const row of rows) foldRow(write, row, own.has(row['segment'] ?? null), reader);
}

function* slices(read: ReadHandle): Generator<readonly SqlRow[]> {
  for (let position = 0; ; ) {
    const rows = read.all('SELECT position, segment, header, body FROM ledger WHERE position > ? ORDER BY position LIMIT ?', position, SLICE_ENTRIES);
    if (rows.length === 0) return;
    position = Number(rows.at(-1)?.['position']);
    yield rows;
  }
}
