import type { RecordId } from '../../shared/base/ids.ts';
import { elementTexts } from '../../shared/records/elements.ts';
import type { ReadHandle } from '../store/store.ts';

/** The record's present FHIR text: as it came while nobody has changed it. */
export function resourceTextOf(read: ReadHandle, record: RecordId): string | undefined {
  const row = read.get('SELECT resource, created FROM record WHERE id = ?', record);
  if (row === undefined) return undefined;
  return typeof row['resource'] === 'string' ? row['resource'] : (bodyText(read, Number(row['created'])) ?? undefined);
}

/** The text of an entry's body, which is the resource itself for imported records. */
export function bodyText(read: ReadHandle, position: number): string | null {
  const body = read.get('SELECT body FROM ledger WHERE position = ?', position)?.['body'];
  return body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : null;
}

/** The elements a record has now, as JSON texts. */
export function presentElements(read: ReadHandle, record: RecordId): ReadonlyMap<string, string> | undefined {
  const text = resourceTextOf(read, record);
  return text === undefined ? undefined : elementTexts(text);
}
