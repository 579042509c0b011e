import type { RecordId, UserId } from '../../shared/base/ids.ts';
import { isNoneKnown, stillSpeaks } from '../../shared/records/allergy-state.ts';
import { NONE_KNOWN_ITEM } from '../../shared/records/items.ts';
import type { Banner } from '../../shared/ipc/shapes.ts';
import { VITAL_SIGNS } from '../../shared/records/vital-signs.ts';
import type { ReadHandle } from '../store/store.ts';
import { ITEM_COLUMNS, PATIENT_COLUMNS, textOrNull, toItem, toPatientLine } from './lines.ts';

/** Who this is and what must not be overlooked; the same for every screen. */
export function readBanner(read: ReadHandle, patient: RecordId, user: UserId, nowMs: number): Banner | undefined {
  const row = read.get(`SELECT ${PATIENT_COLUMNS} FROM patient WHERE record = ?`, patient);
  if (row === undefined) return undefined;
  const { matchedBy: _matchedBy, place: _place, phone: _phone, ...line } = toPatientLine(row, []);
  const weight = read.get('SELECT value, unit, at FROM measurement WHERE patient = ? AND code = ? ORDER BY at DESC LIMIT 1', patient, VITAL_SIGNS.weight.code);
  const glass = read.get('SELECT until, reason FROM break_glass WHERE patient = ? AND user = ? AND until > ?', patient, user, nowMs);
  return {
    ...line,
    allergies: readAllergies(read, patient),
    weight: weight === undefined ? null : { value: Number(weight['value']), unit: String(weight['unit']), at: Number(weight['at']) },
    openConflicts: Number(read.get("SELECT count(*) AS count FROM conflict WHERE patient = ? AND severity = 'safety'", patient)?.['count'] ?? 0),
    breakGlass: glass === undefined ? null : { until: Number(glass['until']), reason: String(glass['reason']) },
  };
}

/**
 * A list, "none known", "not asked" or a conflict: four different things. A live allergy always defeats "no known
 * allergies"; where the two did not know of each other, the contradiction is said.
 */
export function readAllergies(read: ReadHandle, patient: RecordId): Banner['allergies'] {
  const rows = read.all(`SELECT ${ITEM_COLUMNS}, code, resource, created FROM record WHERE patient = ? AND type = 'AllergyIntolerance' ORDER BY at DESC, id`, patient);
  const live = rows.filter((row) => stillSpeaks(row['status']));
  const none = live.filter((row) => isNoneKnown(row['code']));
  const real = live.filter((row) => !isNoneKnown(row['code']));
  const items = real.map((row) => {
    const item = toItem(row);
    return { record: item.record, text: item.title, criticality: criticalityOf(read, row), reaction: item.detail, status: item.status ?? 'active', conflict: item.conflict };
  });
  const askedAt = none.length > 0 ? Number(none[0]?.['at'] ?? 0) || null : null;
  const contradicted = read.get('SELECT 1 FROM conflict WHERE patient = ? AND element = ?', patient, NONE_KNOWN_ITEM) !== undefined;
  const state = contradicted || items.some(({ conflict }) => conflict) ? 'conflict' : real.length > 0 ? 'list' : none.length > 0 ? 'none-known' : 'not-asked';
  return { state, askedAt, items: items.toSorted((left, right) => rank(left.criticality) - rank(right.criticality)) };
}

function rank(criticality: string | null): number {
  return criticality === 'high' ? 0 : criticality === 'low' ? 2 : 1;
}

function criticalityOf(read: ReadHandle, row: Readonly<Record<string, unknown>>): string | null {
  const text = typeof row['resource'] === 'string' ? row['resource'] : bodyText(read, Number(row['created']));
  const resource: unknown = text === null ? null : JSON.parse(text);
  return typeof resource === 'object' && resource !== null && 'criticality' in resource ? textOrNull(resource.criticality) : null;
}

/** The text of an entry's body, which is the resource itself for imported records. */
export function bodyText(read: ReadHandle, position: number): string | null {
  const body = read.get('SELECT body FROM ledger WHERE position = ?', position)?.['body'];
  return body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : null;
}
