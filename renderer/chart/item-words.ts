import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { formatUnit } from '../ui/format.ts';

const MEASURED = /^(.*\d) (\S+)$/u;

/** What a line says beside its title; null where that is nothing new. */
export function itemDetail({ type, title, detail }: Pick<ChartItem, 'type' | 'title' | 'detail'>): string | null {
  if (detail === null || detail === title) return null;
  return type === 'Observation' ? detailWords(detail) : detail;
}

/** The detail of a line with its unit as people write it: `128/82 mm[Hg]` is `128/82 mmHg`. */
export function detailWords(detail: string): string {
  const [, amount, unit] = MEASURED.exec(detail) ?? [];
  return amount === undefined || unit === undefined ? detail : `${amount} ${formatUnit(unit)}`.trimEnd();
}
