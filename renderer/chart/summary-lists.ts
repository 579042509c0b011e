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

/** Doses that were given, newest first. */
export function givenList(items: readonly ChartItem[], lines: number): SummaryList {
  const given = items.filter(({ status }) => status === null || !ERRORS.has(status)).toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
  return { shown: given.slice(0, lines), more: Math.max(0, given.length - lines), ended: 0 };
}
