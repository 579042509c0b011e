import type { PatientLine } from '../../shared/ipc/shapes.ts';
import type { ReadHandle } from '../store/store.ts';
import { findPatients } from './find-patients.ts';
import { toPatientLine } from './lines.ts';
import type { SearchCache } from './name-dictionary.ts';

export { duplicateCandidates, type DuplicateCandidate } from './duplicates.ts';
export { createSearchCache, type SearchCache } from './name-dictionary.ts';

/**
 * Patients who may be meant by `text`: words of names in any order, spelt as it may be, dates of birth, numbers, the
 * end of a phone number, in any mixture. The likeliest first; equals by family, given name and birth date. Whoever
 * calls this asks the decision point about every line before showing or counting it.
 */
export function searchPatients(read: ReadHandle, text: string, limit: number, cache: SearchCache): readonly PatientLine[] {
  return findPatients(read, text, cache).slice(0, limit).map(({ row, reasons }) => toPatientLine(row, [...reasons]));
}
