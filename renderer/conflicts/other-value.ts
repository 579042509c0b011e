import { partialDate } from '../ui/civil-date.ts';

/** A value made by the person who decides: typed in the shape that the conflicting values have, or all of them together. */

type Json = unknown;

/** Codes have their own lists; words typed there would be no code. */
const CODED = /[sS]tatus$|^(gender|criticality|type|intent|priority|language|category|doNotPerform)$/;
const DATED = /(Date|DateTime)$/;
/** Lists whose members stand side by side: to keep them all says nothing that nobody wrote. Two doses at once would. */
const UNITED = /^(identifier|telecom|address|name|reaction|contact|communication|note|photo|reasonCode|performer|participant)$/;
/** Free words, in which two people may both be right. */
const FREE_WORDS = /^(description|conclusion|patientInstruction|comment|summary|text|title)$/;

/**
 * The JSON text for `typed`, shaped like `sample` (the JSON text of a value in conflict): a string, a number, a
 * CodeableConcept or an annotation by its text, a Quantity by its number, a list of one of these. Null where the
 * sample has another shape, where the element is a code, or where `typed` does not fit it.
 */
export function otherValue(field: string, sample: string | null, typed: string): string | null {
  const text = typed.trim();
  if (sample === null || text === '' || CODED.test(field)) return null;
  if (DATED.test(field) && partialDate(text) === null) return null;
  const shaped = shapedLike(parsed(sample), text);
  return shaped === undefined ? null : JSON.stringify(shaped);
}

/** Whether another value than those in conflict can be typed at all. */
export function canBeTyped(field: string, sample: string | null): boolean {
  return otherValue(field, sample, DATED.test(field) ? '2000-01-01' : '1') !== null;
}

/** What the field for another value begins with: the words of the value that counts, or everybody's where they are free words; its unit stands beside. */
export function startingText(field: string, samples: readonly (string | null)[]): { readonly text: string; readonly unit: string | null } {
  const [first = null] = samples;
  const words = (FREE_WORDS.test(field) ? samples : [first]).map((sample) => (sample === null ? null : textIn(parsed(sample)))).filter((text) => text !== null);
  return { text: words.join('; '), unit: first === null ? null : unitIn(parsed(first)) };
}

/** All members of all lists, those of the first value first, each once; null where the element is no list that can be united. */
export function unitedValue(field: string, samples: readonly (string | null)[]): string | null {
  if (!UNITED.test(field)) return null;
  const lists = samples.map((sample) => (sample === null ? [] : parsed(sample)));
  if (!lists.every((list) => Array.isArray(list))) return null;
  const members = new Map(lists.flat().map((member: Json) => [sortedText(member), member]));
  return members.size < 2 ? null : JSON.stringify([...members.values()]);
}

function parsed(sample: string): Json {
  try {
    return JSON.parse(sample);
  } catch {
    return undefined;
  }
}

function shapedLike(sample: Json, text: string): Json {
  if (typeof sample === 'string') return text;
  if (typeof sample === 'number') return numberOf(text);
  if (Array.isArray(sample)) {
    const item = sample.length === 1 ? shapedLike(sample[0], text) : undefined;
    return item === undefined ? undefined : [item];
  }
  if (typeof sample !== 'object' || sample === null) return undefined;
  if ('value' in sample && typeof sample.value === 'number' && ('unit' in sample || 'code' in sample)) {
    const value = numberOf(text);
    return value === undefined ? undefined : { ...sample, value };
  }
  // A code of the old value would contradict the new words, so only the words are kept.
  return 'text' in sample || 'coding' in sample ? { text } : undefined;
}

function textIn(sample: Json): string | null {
  if (typeof sample === 'string' || typeof sample === 'number') return String(sample);
  if (Array.isArray(sample)) return sample.length === 1 ? textIn(sample[0]) : null;
  if (typeof sample !== 'object' || sample === null) return null;
  if ('text' in sample && typeof sample.text === 'string') return sample.text;
  return 'value' in sample && typeof sample.value === 'number' ? String(sample.value) : null;
}

function unitIn(sample: Json): string | null {
  if (typeof sample !== 'object' || sample === null) return null;
  if ('unit' in sample && typeof sample.unit === 'string') return sample.unit;
  return 'code' in sample && typeof sample.code === 'string' ? sample.code : null;
}

function numberOf(text: string): number | undefined {
  const plain = text.replace(',', '.');
  return /^-?(\d+(\.\d+)?|\.\d+)$/u.test(plain) ? Number(plain) : undefined;
}

/** One text for every order in which the members of an object can be written. */
function sortedText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  return `{${Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([name, part]) => `${JSON.stringify(name)}:${sortedText(part)}`).join(',')}}`;
}
