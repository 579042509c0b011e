import { carefulRanks } from './careful-order.ts';
import { mergeClass } from './merge-class.ts';
import type { Merged } from './merge.ts';

/**
 * Elements that together say whether an entry of a list stands. Two people who say different things about one allergy
 * must meet in the same elements, or the one's "refuted" and the other's "active" would both be taken as true.
 */
const CLINICAL_PAIR = ['clinicalStatus', 'verificationStatus'] as const;
const STANDING: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: CLINICAL_PAIR,
  Condition: CLINICAL_PAIR,
  MedicationRequest: ['status'],
  MedicationStatement: ['status'],
  Flag: ['status'],
};
/** The first values of the careful order that say "it stands"; absent values do too. */
const STANDS: Readonly<Record<string, ReadonlySet<string | null>>> = {
  clinicalStatus: new Set(['active', 'recurrence', 'relapse', null]),
  verificationStatus: new Set(['confirmed', 'presumed', 'provisional', 'differential', 'unconfirmed', null]),
  status: new Set(['active', 'on-hold', 'unknown', 'intended', 'draft']),
};

/**
 * Elements to say again, unchanged, in an amendment of `amended`: both halves of a pair of which one is set, and the
 * standing of an entry whose other safety elements are set, since whoever changes a dose means the medicine to go on.
 * `present` is the JSON text of an element now, null where it is absent.
 */
export function saidAgain(type: string, amended: readonly string[], present: (element: string) => string | null): readonly string[] {
  const standing = STANDING[type] ?? [];
  const missing = standing.filter((element) => !amended.includes(element));
  if (amended.some((element) => standing.includes(element))) return missing;
  const meant = amended.some((element) => mergeClass(type, element) === 'safety');
  return meant && standing.every((element) => stands(type, element, present(element))) ? missing : [];
}

function stands(type: string, element: string, value: string | null): boolean {
  const order = [...(STANDS[element] ?? [])];
  const known = order.map((code) => (code === null ? null : JSON.stringify(code)));
  const ranks = carefulRanks(type, element, [value, ...known], null);
  return ranks === undefined || ranks[0] === null || ranks.slice(1).includes(ranks[0] ?? null);
}

/** The other half of a pair, which is decided together with this one. */
export function companionOf(type: string, element: string): string | null {
  const standing = STANDING[type] ?? [];
  return standing.includes(element) ? (standing.find((other) => other !== element) ?? null) : null;
}

/**
 * Halves of a pair that an author withdrew whose word on the other half does not count: they are taken out, so that an
 * allergy that one person refuted and another, not knowing of it, called active is an allergy. Needed for entries of
 * version 0.1.0, which set the halves one by one.
 */
export function withdrawnByLoser(type: string, merged: ReadonlyMap<string, Merged>, heads: (element: string) => readonly string[]): readonly string[] {
  if (STANDING[type] !== CLINICAL_PAIR) return [];
  const clinical = merged.get('clinicalStatus');
  const verification = merged.get('verificationStatus');
  if (clinical?.conflict === null || clinical === undefined || verification === undefined || verification.conflict !== null) return [];
  if (!stands(type, 'clinicalStatus', clinical.value) || stands(type, 'verificationStatus', verification.value)) return [];
  return verification.used !== clinical.used && heads('clinicalStatus').includes(verification.used) ? ['verificationStatus'] : [];
}
