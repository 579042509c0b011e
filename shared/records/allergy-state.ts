import { NO_KNOWN_ALLERGY_CODE } from './expand.ts';

/** SNOMED CT: no known allergy, no known drug allergy, no known food allergy, no known environmental allergy. */
const NONE_KNOWN: ReadonlySet<unknown> = new Set([NO_KNOWN_ALLERGY_CODE, '409137002', '429625007', '428607008']);
/** States in which an allergy does not stand. */
const WITHDRAWN: ReadonlySet<unknown> = new Set(['refuted', 'entered-in-error', 'inactive', 'resolved']);

/** Whether the code of an AllergyIntolerance says that somebody asked and heard of none. */
export function isNoneKnown(code: unknown): boolean {
  return NONE_KNOWN.has(code);
}

/** Whether an AllergyIntolerance in this state still speaks. */
export function stillSpeaks(status: unknown): boolean {
  return !WITHDRAWN.has(status);
}
