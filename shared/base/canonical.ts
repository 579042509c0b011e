import canonicalize from 'canonicalize';

/**
 * What a JSON text says, if it is the one canonical text for that (RFC 8785); undefined where it is none, or holds what
 * canonical JSON cannot say (lone surrogates, 1e400). Texts such as a ledger's headers, whose keys are sorted already,
 * are judged at a fifth of the cost of writing them anew by the reference implementation; any other is left to that.
 */
export function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // RFC 8785 takes numbers and strings as JSON.stringify writes them; the order of keys is all it adds.
    if (JSON.stringify(value) === text && isSorted(value) && text.isWellFormed() && !SURROGATE_ESCAPE.test(text)) return value;
    return canonicalize(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How JSON.stringify writes half of a surrogate pair, which canonical JSON refuses. */
const SURROGATE_ESCAPE = /\\ud[89a-f]/i;

/** Keys of every object in the order of their UTF-16 code units, as RFC 8785 has it; integers as keys are left to others. */
function isSorted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let before: string | null = null;
  for (const [key, member] of Object.entries(value)) {
    if (before !== null && key <= before) return false;
    if (!isSorted(member)) return false;
    before = key;
  }
  return true;
}
