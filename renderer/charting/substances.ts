import type { Banner } from '../../shared/ipc/shapes.ts';

/**
 * Names that a written substance covers: the same molecule under another name, and the members of the penicillin
 * group. A plain comparison of words, deliberately small: real class checking belongs to a drug database.
 */
const COVERS: Readonly<Record<string, readonly string[]>> = {
  penicillin: ['amoxicillin', 'ampicillin', 'cloxacillin', 'flucloxacillin', 'dicloxacillin', 'piperacillin', 'benzylpenicillin', 'phenoxymethylpenicillin'],
  penicillins: ['amoxicillin', 'ampicillin', 'cloxacillin', 'flucloxacillin', 'dicloxacillin', 'piperacillin', 'benzylpenicillin', 'phenoxymethylpenicillin', 'penicillin'],
  cephalosporins: ['cefalexin', 'cephalexin', 'cefixime', 'ceftriaxone', 'cefazolin', 'cefuroxime', 'cefotaxime'],
  sulfonamides: ['co-trimoxazole', 'cotrimoxazole', 'sulfamethoxazole', 'sulfadiazine', 'sulfadoxine', 'sulfasalazine'],
  sulfa: ['co-trimoxazole', 'cotrimoxazole', 'sulfamethoxazole', 'sulfadiazine', 'sulfadoxine', 'sulfasalazine'],
  paracetamol: ['acetaminophen'],
  acetaminophen: ['paracetamol'],
  salbutamol: ['albuterol'],
  albuterol: ['salbutamol'],
  aspirin: ['acetylsalicylic'],
};

type AllergyItem = Banner['allergies']['items'][number];

/** Allergies on file whose substance a medicine's name contains or is covered by. */
export function allergiesAgainst(medicine: string, items: readonly AllergyItem[]): readonly AllergyItem[] {
  const named = words(medicine);
  return items.filter(({ text }) => {
    const written = words(text).flatMap((word) => [word, ...(COVERS[word] ?? [])]);
    return named.some((word) => word.length > 3 && written.includes(word));
  });
}

/** True where two names are the same but for letter case and spaces. */
export function sameName(left: string, right: string): boolean {
  return words(left).join(' ') === words(right).join(' ');
}

const IGNORED = new Set(['allergy', 'allergic', 'reaction', 'intolerance', 'product', 'products', 'substance', 'tablet', 'tablets', 'oral', 'acid', 'with', 'containing', 'medicine', 'drug']);

function words(text: string): readonly string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}-]+/u).flatMap((word) => (word.includes('-') ? [word, ...word.split('-')] : [word])).filter((word) => word !== '' && !IGNORED.has(word));
}
