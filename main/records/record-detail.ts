import type { RecordId } from '../../shared/base/ids.ts';
import { fromBase64 } from '../../shared/base/base64.ts';
import { fromUtf8 } from '../../shared/base/bytes.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { AmendBody } from '../../shared/ledger/bodies.ts';
import { Header } from '../../shared/ledger/entry.ts';
import { compareHybrid, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { NoteBody } from '../../shared/records/charting.ts';
import { isJsonObject, listOf } from '../../shared/records/json.ts';
import { authorshipOf, jsonOf } from '../audit/audit.ts';
import { liveHeads } from '../ledger/ledger.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';
import { ITEM_COLUMNS, toItem } from './lines.ts';
import { resourceTextOf } from './resource-text.ts';
import { WITH_AUTHOR } from './with-author.ts';

type Detail = CallOutput<'chart.record'>;

export function readRecord(read: ReadHandle, record: RecordId): Detail | undefined {
  const row = read.get(`SELECT ${ITEM_COLUMNS}, patient, created FROM record WHERE id = ?`, record);
  const text = resourceTextOf(read, record);
  if (row === undefined || text === undefined) return undefined;
  return {
    record,
    patient: row['patient'] === null ? null : (String(row['patient']) as RecordId),
    type: String(row['type']),
    item: toItem(read, row),
    resourceText: text,
    history: historyOf(read, record, Number(row['created'])),
    note: noteOf(read, Number(row['created']), text),
  };
}

/** Every entry that made or changed the record, oldest first by the clocks of their authors (lanes bring them in any order), with the values before and after. */
function historyOf(read: ReadHandle, record: RecordId, created: number): Detail['history'] {
  const creation = liveHeads(read, record)?.creations[0];
  const values = new Map<string, Map<string, string | null>>();
  const valueAt = (element: string, entry: string): string | null => values.get(element)?.get(entry) ?? (creation?.entry === entry ? (creation.elements.get(element) ?? null) : null);
  const rows = read.all(`${WITH_AUTHOR} WHERE ledger.position = ? OR (ledger.record = ? AND ledger.kind IN ('amend', 'resource')) ORDER BY ledger.position`, created, record);
  return rows.toSorted(byClock).map((row) => {
    const by = authorshipOf(row);
    const amendment = row['kind'] === 'amend' && row['body'] instanceof Uint8Array ? AmendBody.safeParse(jsonOf(row['body'])).data : undefined;
    const changes = Object.entries(amendment?.fields ?? {}).flatMap(([field, after]) => {
      const before = parentsOf(row).map((parent) => valueAt(field, parent)).filter((value) => value !== null);
      values.set(field, (values.get(field) ?? new Map<string, string | null>()).set(by.entry, after));
      // What was only said again is no change; what was decided shows a value that did not prevail.
      if (before.length > 0 && before.every((value) => value === after)) return [];
      return [{ field, before: before.find((value) => value !== after) ?? before[0] ?? null, after }];
    });
    return { by, kind: String(row['kind']), changes, reason: amendment?.reason ?? null };
  });
}

function byClock(left: SqlRow, right: SqlRow): number {
  return compareHybrid(clockOf(left), clockOf(right));
}

function clockOf(row: SqlRow): HybridTime {
  return Header.parse(JSON.parse(String(row['header']))).clock;
}

function parentsOf(row: SqlRow): readonly string[] {
  const header: unknown = JSON.parse(String(row['header']));
  return isJsonObject(header) ? listOf(header['parents']).filter((parent) => typeof parent === 'string') : [];
}

/** The words of a note: its four parts where we wrote it, else the text of its first plain-text attachment. */
function noteOf(read: ReadHandle, created: number, text: string): Detail['note'] {
  const resource: unknown = JSON.parse(text);
  if (!isJsonObject(resource) || resource['resourceType'] !== 'DocumentReference') return null;
  const entry = read.get('SELECT kind, body FROM ledger WHERE position = ?', created);
  const soap = entry?.['kind'] === 'note' && entry['body'] instanceof Uint8Array ? (NoteBody.safeParse(JSON.parse(fromUtf8(entry['body']))).data?.soap ?? null) : null;
  for (const content of listOf(resource['content'])) {
    const attachment = isJsonObject(content) ? content['attachment'] : undefined;
    if (!isJsonObject(attachment) || typeof attachment['data'] !== 'string' || !String(attachment['contentType'] ?? '').startsWith('text/')) continue;
    const bytes = fromBase64(attachment['data']);
    if (bytes !== null) return { soap, text: new TextDecoder().decode(bytes) };
  }
  return soap === null ? null : { soap, text: '' };
}
