/** A value typed by the person who decides, in the shape that the conflicting values have. */

type Json = unknown;

/**
 * The JSON text for `typed`, shaped like `sample` (the JSON text of a value in conflict): a string, a number, a
 * boolean's yes or no is not typed, a CodeableConcept or an annotation by its text, a Quantity by its number, a list
 * of one of these. Null where the sample has another shape, or where `typed` does not fit it.
 */
export function otherValue(sample: string | null, typed: string): string | null {
  const text = typed.trim();
  if (sample === null || text === '') return null;
  let parsed: Json;
  try {
    parsed = JSON.parse(sample);
  } catch {
    return null;
  }
  const shaped = shapedLike(parsed, text);
  return shaped === undefined ? null : JSON.stringify(shaped);
}

/** Whether another value than those in conflict can be typed at all. */
export function canBeTyped(sample: string | null): boolean {
  return otherValue(sample, '1') !== null;
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

function numberOf(text: string): number | undefined {
  const plain = text.replace(',', '.');
  return /^-?(\d+(\.\d+)?|\.\d+)$/u.test(plain) ? Number(plain) : undefined;
}
