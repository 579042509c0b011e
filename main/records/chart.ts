import type { RecordId, UserId } from '../../shared/base/ids.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { Trend } from '../../shared/ipc/shapes.ts';
import { VITAL_SIGN_NAMES, VITAL_SIGNS, type VitalSign } from '../../shared/records/vital-signs.ts';
import type { ReadHandle, SqlValue } from '../store/store.ts';
import { readAllergies, readBanner } from './banner.ts';
import { ITEM_COLUMNS, toItem } from './lines.ts';

/** The chart as one screen, and its timeline. */

const LIST_MAX_ITEMS = 60;
const SPARKLINE_MAX_POINTS = 24;
const TREND_MAX_POINTS = 2000;
/** Statuses that are over; what has none counts as current. */
const PAST_PROBLEMS = ['resolved', 'inactive', 'remission', 'entered-in-error', 'refuted'];
const PAST_MEDICATIONS = ['completed', 'stopped', 'cancelled', 'entered-in-error', 'not-taken', 'draft'];

/** The same sign under the codes other systems use for it. */
const ALSO_CODED: Readonly<Partial<Record<VitalSign, readonly string[]>>> = {
  oxygenSaturation: ['59408-5'],
  temperature: ['8331-1'],
  headCircumference: ['8287-5'],
};

type Chart = CallOutput<'chart.open'>;

export function readChart(read: ReadHandle, patient: RecordId, user: UserId, nowMs: number): Chart | undefined {
  const banner = readBanner(read, patient, user, nowMs);
  if (banner === undefined) return undefined;
  const counts = Object.fromEntries(read.all('SELECT type, count(*) AS count FROM record WHERE patient = ? GROUP BY type ORDER BY type', patient).map((row) => [String(row['type']), Number(row['count'])]));
  const encounters = items(read, patient, ['Encounter'], []);
  const open = encounters.find(({ status }) => status === 'in-progress') ?? null;
  return {
    banner,
    problems: items(read, patient, ['Condition'], PAST_PROBLEMS),
    medications: items(read, patient, ['MedicationRequest', 'MedicationStatement'], PAST_MEDICATIONS),
    allergies: readAllergies(read, patient),
    immunizations: items(read, patient, ['Immunization'], ['entered-in-error', 'not-done']),
    encounters,
    openEncounter: open,
    vitals: VITAL_SIGN_NAMES.map((sign) => ({ ...readTrend(read, patient, VITAL_SIGNS[sign].code, SPARKLINE_MAX_POINTS), sign })).filter(({ points }) => points.length > 0),
    counts,
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    draft: read.get('SELECT 1 FROM draft WHERE user = ? AND patient = ?', user, patient) !== undefined,
  };
}

function items(read: ReadHandle, patient: RecordId, types: readonly string[], past: readonly string[]): Chart['problems'] {
  const list = (values: readonly string[]) => values.map(() => '?').join(', ');
  const current = past.length === 0 ? '' : ` AND coalesce(status, '') NOT IN (${list(past)})`;
  return read
    .all(`SELECT ${ITEM_COLUMNS} FROM record WHERE patient = ? AND type IN (${list(types)})${current} ORDER BY at DESC, id LIMIT ?`, patient, ...types, ...past, LIST_MAX_ITEMS)
    .map((row) => toItem(read, row));
}

/** Values of one code over time, oldest first, at most the newest `limit`. */
export function readTrend(read: ReadHandle, patient: RecordId, code: string, limit = TREND_MAX_POINTS): Trend {
  const sign = VITAL_SIGN_NAMES.find((name) => VITAL_SIGNS[name].code === code);
  const codes = [code, ...(sign === undefined ? [] : (ALSO_CODED[sign] ?? []))];
  const rows = read
    .all(`SELECT at, value, unit, record FROM measurement WHERE patient = ? AND code IN (${codes.map(() => '?').join(', ')}) ORDER BY at DESC, record LIMIT ?`, patient, ...codes, limit)
    .reverse();
  const unit = String(rows.at(-1)?.['unit'] ?? (sign === undefined ? '' : VITAL_SIGNS[sign].unit));
  return {
    code,
    display: sign === undefined ? displayOf(read, patient, code) : VITAL_SIGNS[sign].display,
    unit,
    points: rows.filter((row) => row['unit'] === unit).map((row) => ({ at: Number(row['at']), value: Number(row['value']), record: String(row['record']) as RecordId })),
  };
}

function displayOf(read: ReadHandle, patient: RecordId, code: string): string {
  return String(read.get("SELECT title FROM record WHERE patient = ? AND type = 'Observation' AND code = ? LIMIT 1", patient, code)?.['title'] ?? code);
}

type TimelineQuery = { readonly patient: RecordId; readonly types: readonly string[]; readonly before: { readonly at: number; readonly record: RecordId } | null; readonly limit: number };

/** Newest first; what has no date comes last. Years are those of the clinic's wall calendar. */
export function readTimeline(read: ReadHandle, { patient, types, before, limit }: TimelineQuery, offsetMinutes: number): CallOutput<'chart.timeline'> {
  const ofTypes = types.length === 0 ? '' : ` AND type IN (${types.map(() => '?').join(', ')})`;
  const after = before === null ? '' : ' AND (coalesce(at, -1e15), id) < (?, ?)';
  const values: SqlValue[] = [patient, ...types, ...(before === null ? [] : [before.at, before.record])];
  const rows = read.all(`SELECT ${ITEM_COLUMNS} FROM record WHERE patient = ?${ofTypes}${after} ORDER BY coalesce(at, -1e15) DESC, id DESC LIMIT ?`, ...values, limit + 1);
  const years = read.all(
    `SELECT CAST(strftime('%Y', at / 1000 + ? * 60, 'unixepoch') AS INTEGER) AS year, count(*) AS count FROM record WHERE patient = ?${ofTypes} AND at IS NOT NULL GROUP BY year ORDER BY year DESC`,
    offsetMinutes, patient, ...types,
  );
  return {
    items: rows.slice(0, limit).map((row) => toItem(read, row)),
    more: rows.length > limit,
    years: years.map((row) => ({ year: Number(row['year']), count: Number(row['count']) })),
  };
}
