import { conflictsWords as words } from '../words/conflicts.ts';

/** The reasons that most decisions have, by the number that stands for each. */
export const REASONS: readonly string[] = words.reasons;

/** What was typed; a number alone means one of the usual reasons. */
export function reasonIn(typed: string): string {
  const text = typed.trim();
  return (/^\d$/.test(text) ? REASONS[Number(text) - 1] : undefined) ?? text;
}
