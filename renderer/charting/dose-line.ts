import { readDuration, readFrequency, readQuantity, readRoute, type Quantity } from './dose-tokens.ts';
import { COUNTED_UNITS } from './dose-vocabulary.ts';

/** What one typed line of a prescription says. A part that the line does not name is the empty string or null. */
export type DoseParts = {
  readonly drug: string;
  /** Number and unit as they will be read: "500 mg", "0.5 mg", "1-2 tablets of 500 mg". */
  readonly dose: string;
  readonly route: string;
  readonly frequency: string;
  readonly durationDays: number | null;
  readonly reason: string;
};

export type DoseLine = {
  readonly parts: DoseParts;
  /** Words after the drug that mean nothing here. They are shown and must be dealt with: none is dropped in silence. */
  readonly notUnderstood: readonly string[];
  /** Doses rewritten because the way they were typed is known to be misread (ISMP error-prone list). */
  readonly rewritten: readonly { readonly typed: string; readonly written: string }[];
  /** A dose without a unit cannot be prescribed. */
  readonly unitMissing: boolean;
};

type Reading = {
  readonly words: readonly string[];
  index: number;
  readonly drug: string[];
  dose: Quantity | null;
  doseText: string;
  route: string;
  readonly frequency: string[];
  durationDays: number | null;
  readonly reason: string[];
  inReason: boolean;
  readonly notUnderstood: string[];
  readonly rewritten: { typed: string; written: string }[];
};

/**
 * Reads a prescription typed in one line, such as `amoxicillin 500 mg oral tid 7d for otitis media`. The drug comes
 * first and runs to the first word that is a dose, route, frequency or duration; the rest may come in any order.
 */
export function parseDoseLine(line: string): DoseLine {
  const words = line.trim().split(/\s+/u).filter((word) => word !== '');
  const reading: Reading = {
    words, index: 0, drug: [], dose: null, doseText: '', route: '', frequency: [], durationDays: null, reason: [], inReason: false, notUnderstood: [], rewritten: [],
  };
  while (reading.index < words.length) reading.index += take(reading);
  return {
    parts: {
      drug: reading.drug.join(' '),
      dose: reading.doseText,
      route: reading.route,
      frequency: reading.frequency.join(', '),
      durationDays: reading.durationDays,
      reason: reading.reason.join(' '),
    },
    notUnderstood: reading.notUnderstood,
    rewritten: reading.rewritten,
    unitMissing: reading.dose !== null && reading.dose.unit === null,
  };
}

/** Takes what stands at the reading's place. @returns how many words it took, at least one. */
function take(reading: Reading): number {
  const { words, index } = reading;
  const word = words[index] ?? '';
  // The first word is the drug even where it looks like something else: "oral rehydration salts", "daily vitamin".
  if (index > 0) {
    const used = takeDuration(reading) || takeFrequency(reading) || takeRoute(reading) || (reading.inReason ? 0 : takeQuantity(reading));
    if (used > 0) return used;
    if (word.toLowerCase() === 'for') {
      reading.inReason = true;
      return 1;
    }
  }
  if (reading.inReason) reading.reason.push(word);
  else if (drugIsOpen(reading)) reading.drug.push(word);
  else reading.notUnderstood.push(word);
  return 1;
}

function drugIsOpen({ dose, route, frequency, durationDays }: Reading): boolean {
  return dose === null && route === '' && frequency.length === 0 && durationDays === null;
}

function takeDuration(reading: Reading): number {
  const found = reading.durationDays === null ? readDuration(reading.words, reading.index) : null;
  if (found === null) return 0;
  reading.durationDays = found.value;
  return found.used;
}

function takeFrequency(reading: Reading): number {
  const found = readFrequency(reading.words, reading.index);
  if (found === null) return 0;
  reading.frequency.push(found.value);
  return found.used;
}

function takeRoute(reading: Reading): number {
  const found = reading.route === '' ? readRoute(reading.words, reading.index) : null;
  if (found === null) return 0;
  reading.route = found.value;
  return found.used;
}

function takeQuantity(reading: Reading): number {
  const found = readQuantity(reading.words, reading.index);
  if (found === null) return 0;
  const { value } = found;
  if (reading.dose === null) reading.doseText = value.written;
  else {
    // "500 mg 2 tabs" and "2 tabs 500 mg" both say how many of which strength; anything else is a second dose.
    const amount = [reading.dose, value].find(({ unit }) => unit !== null && COUNTED_UNITS.has(unit));
    const strength = [reading.dose, value].find((each) => each !== amount && each.unit !== null && !COUNTED_UNITS.has(each.unit));
    if (amount === undefined || strength === undefined || reading.doseText.includes(' of ')) return 0;
    reading.doseText = `${amount.written} of ${strength.written}`;
  }
  reading.dose = reading.dose ?? value;
  if (value.misread) reading.rewritten.push({ typed: reading.words.slice(reading.index, reading.index + found.used).join(' '), written: value.written });
  return found.used;
}
