import { RecordId, type UserId } from '../../shared/base/ids.ts';
import { isNoneKnown, stillSpeaks } from '../../shared/records/allergy-state.ts';
import { recordIdOfReference } from '../../shared/records/imported-identity.ts';
import { NONE_KNOWN_ITEM } from '../../shared/records/items.ts';
import { isJsonObject, listOf, type JsonValue } from '../../shared/records/json.ts';
import type { Banner } from '../../shared/ipc/shapes.ts';
import { VITAL_SIGNS } from '../../shared/records/vital-signs.ts';
import type { ReadHandle } from '../store/store.ts';
import { openConflicts } from './conflicts.ts';
import { contestedFields } from './contested.ts';
import { ITEM_COLUMNS, PATIENT_COLUMNS, textOrNull, toItem, toPatientLine } from './lines.ts';
import { bodyText, presentElements } from './resource-text.ts';

/** Who this is and what must not be overlooked; the same for every screen. */
export function readBanner(read: ReadHandle, patient: RecordId, user: UserId, nowMs: number): Banner | undefined {
  const row = read.get(`SELECT ${PATIENT_COLUMNS} FROM patient WHERE record = ?`, patient);
  if (row === undefined) return undefined;
  const { matchedBy: _matchedBy, place: _place, phone: _phone, ...line } = toPatientLine(row, []);
  const glass = read.get('SELECT until, reason FROM break_glass WHERE patient = ? AND user = ? AND until > ?', patient, user, nowMs);
  return {
    ...line,
    allergies: readAllergies(read, patient),
    weight: readWeight(read, patient),
    contested: contestedFields(read, patient).filter(({ severity }) => severity === 'safety'),
    sameAs: linkedPeople(read, patient),
    openConflicts: openConflicts(read, patient),
    breakGlass: glass === undefined ? null : { until: Number(glass['until']), reason: String(glass['reason']) },
  };
}

/** The latest weight, and whether somebody else says that this very reading was another. */
function readWeight(read: ReadHandle, patient: RecordId): Banner['weight'] {
  const row = read.get('SELECT record, value, unit, at FROM measurement WHERE patient = ? AND code = ? ORDER BY at DESC LIMIT 1', patient, VITAL_SIGNS.weight.code);
  if (row === undefined) return null;
  const contested = contestedFields(read, RecordId.parse(row['record'])).find(({ field }) => field === 'valueQuantity') ?? null;
  return { value: Number(row['value']), unit: String(row['unit']), at: Number(row['at']), contested };
}

/** Charts that somebody linked to this one (Patient.link): another number on another card, the same person. */
function linkedPeople(read: ReadHandle, patient: RecordId): Banner['sameAs'] {
  const text = presentElements(read, patient)?.get('link');
  const links = text === undefined ? [] : listOf(JSON.parse(text) as JsonValue).filter(isJsonObject);
  return links.flatMap(({ other }) => {
    const named = isJsonObject(other) && typeof other['reference'] === 'string' ? recordIdOfReference(other['reference']) : null;
    const row = named === null || named === patient ? undefined : read.get(`SELECT ${PATIENT_COLUMNS} FROM patient WHERE record = ?`, named);
    if (row === undefined) return [];
    const { patient: linked, family, given, number } = toPatientLine(row, []);
    return [{ patient: linked, family, given, number }];
  });
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
  const items = real.flatMap((row) => {
    const item = toItem(read, row);
    const allergy = { record: item.record, text: item.title, criticality: criticalityOf(read, row), reaction: item.detail, status: item.status ?? 'active', conflict: item.conflict, contested: item.contested };
    // Somebody is allergic to whatever anybody wrote: each of the substances is one to be careful with.
    const others = item.contested.find(({ field }) => field === 'code')?.values.filter(({ used, text }) => !used && text !== '') ?? [];
    return [allergy, ...others.map(({ text }) => ({ ...allergy, text }))];
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
