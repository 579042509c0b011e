import type { ChartItem } from '../../shared/ipc/shapes.ts';

/** FHIR states in which a problem or medication no longer counts. A state we do not know counts: better shown than hidden. */
const ENDED = new Set(['resolved', 'inactive', 'remission', 'completed', 'stopped', 'cancelled', 'ended', 'entered-in-error', 'refuted', 'not-taken', 'draft', 'rejected', 'not-done']);
const ERRORS = new Set(['entered-in-error', 'refuted', 'not-done']);

export type SummaryList = {
  /** Those that count now, newest first, as many as fit. */
  readonly shown: readonly ChartItem[];
  /** How many more count now. */
  readonly more: number;
  readonly ended: number;
};

/** What stands in a summary list of so many lines. Conflicts come first: nobody may miss one. */
export function summaryList(items: readonly ChartItem[], lines: number): SummaryList {
  const current = items.filter(({ status }) => status === null || !ENDED.has(status));
  const ordered = current.toSorted((a, b) => Number(b.conflict) - Number(a.conflict) || (b.at ?? 0) - (a.at ?? 0));
  return { shown: ordered.slice(0, lines), more: Math.max(0, ordered.length - lines), ended: items.length - current.length };
}

/** Requests of one medicine that count now, as one line: the newest, how many there are, and since when. */
export type MedicineLine = {
  readonly newest: ChartItem;
  readonly times: number;
  /** Of the oldest that is dated; null where none is, or where there is only one. */
  readonly since: Pick<ChartItem, 'at' | 'precision'> | null;
  /** An earlier request that still counts says something else about how to take it. */
  readonly differs: boolean;
};

export type MedicineList = { readonly shown: readonly MedicineLine[]; readonly more: number; readonly ended: number };

/**
 * Current medicines by name, newest first: a refill each month is one medicine. What is in conflict stands alone and
 * first, for a line that opens the newest of several would hide it.
 */
export function medicineList(items: readonly ChartItem[], lines: number): MedicineList {
  const { shown: current, ended } = summaryList(items, items.length);
  const groups = new Map<string, ChartItem[]>();
  for (const item of current) {
    const key = item.conflict ? item.record : item.title.trim().toLowerCase().replaceAll(/\s+/gu, ' ');
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  // A map keeps the order of its first members, which is conflicts first, then the newest.
  const medicines = [...groups.values()].flatMap((group) => medicineLine(group) ?? []);
  return { shown: medicines.slice(0, lines), more: Math.max(0, medicines.length - lines), ended };
}

function medicineLine(group: readonly ChartItem[]): MedicineLine | null {
  const [newest] = group;
  if (newest === undefined) return null;
  const oldest = group.findLast(({ at }) => at !== null);
  return { newest, times: group.length, since: group.length > 1 && oldest !== undefined ? oldest : null, differs: group.some(({ detail }) => detail !== newest.detail) };
}

/** Doses that were given, newest first. */
export function givenList(items: readonly ChartItem[], lines: number): SummaryList {
  const given = items.filter(({ status }) => status === null || !ERRORS.has(status)).toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
  return { shown: given.slice(0, lines), more: Math.max(0, given.length - lines), ended: 0 };
}
