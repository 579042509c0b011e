import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { formatDate, formatDateTime, formatPartialDate } from '../ui/format.ts';

const YEAR_LENGTH = 4;
const MONTH_LENGTH = 7;

type Dated = Pick<ChartItem, 'at' | 'precision'>;

/**
 * When something happened, as exactly as it is known: `14-Jul-2026`, `Jul-2026`, `2026`; null where nothing is. Dates
 * without a time are calendar days and stand at midnight UTC, so they are never moved by the clinic's zone.
 */
export function itemDate({ at, precision }: Dated, zone: string): string | null {
  if (at === null) return null;
  if (precision === 'time' || precision === null) return formatDate(at, zone);
  const day = new Date(at).toISOString();
  if (precision === 'year') return formatPartialDate(day.slice(0, YEAR_LENGTH));
  return precision === 'month' ? formatPartialDate(day.slice(0, MONTH_LENGTH)) : formatDate(at, 'UTC');
}

/** The same with the time of day, where it is known. */
export function itemDateTime(item: Dated, zone: string): string | null {
  return item.at !== null && item.precision === 'time' ? formatDateTime(item.at, zone) : itemDate(item, zone);
}
