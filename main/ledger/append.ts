import type { Entry } from '../../shared/ledger/entry.ts';
import type { JsonObject } from '../../shared/records/json.ts';
import type { WriteHandle } from '../store/store.ts';
import type { FoldOutcome } from './fold-context.ts';
import { foldEntry, type Reader } from './fold.ts';

/** How an entry is folded: `parsed` is what the body parses to, where that is known; see `foldEntry` for the others. */
export type Folded = { readonly reader: Reader | undefined; readonly guarded: boolean; readonly parsed?: JsonObject | undefined };

/** Appends one entry whose chain has been checked or made, and folds it. Own entries take their place in the outbox. */
export function appendEntry(write: WriteHandle, segment: { readonly ref: number; readonly own: boolean }, entry: Entry, { reader, guarded, parsed }: Folded): { readonly position: number; readonly outcome: FoldOutcome } {
  const { header } = entry;
  const { rowid: position } = write.run(
    'INSERT INTO ledger (segment, sequence, kind, session, patient, record, at, header, salt, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    segment.ref, header.sequence, header.kind, header.session, header.patient, header.record, header.at, entry.headerText, entry.salt, entry.body, entry.hash,
  );
  if (segment.own) write.run('INSERT INTO outbox (position) VALUES (?) ON CONFLICT DO NOTHING', position);
  const outcome = foldEntry({ write, position, header, body: entry.body, segment, ...(parsed === undefined ? {} : { parsed }) }, guarded, reader);
  if (!outcome.folded) write.run('INSERT INTO parked (position, reason) VALUES (?, ?)', position, outcome.reason);
  return { position, outcome };
}
