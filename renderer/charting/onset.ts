import { type CivilDate, partialDate } from '../ui/civil-date.ts';

/** What is wrong with the day a problem began, as typed; null for nothing typed, and for a date that has come. */
export function onsetProblem(typed: string, today: CivilDate): 'unreadable' | 'future' | null {
  if (typed.trim() === '') return null;
  const date = partialDate(typed.trim());
  if (date === null) return 'unreadable';
  const order = [date.year - today.year, (date.month ?? today.month) - today.month, (date.day ?? today.day) - today.day];
  const first = order.find((difference) => difference !== 0) ?? 0;
  return first > 0 ? 'future' : null;
}
