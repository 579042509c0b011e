import type { Coder } from './coder.ts';
import { checkNumber, codeInt, codeSymbol, NUMBER_LIMIT, SYMBOL_SLOTS, UINT_SLOTS } from './numbers.ts';
import type { Probabilities } from './probabilities.ts';

const SMALL = 2 ** 31;
const MEAN_SCALE = 16;

/** How many binary digits a difference has: what it would cost, about. */
const sizeOf = (difference: number): number => {
  const size = Math.abs(difference);
  return size < SMALL ? 32 - Math.clz32(size) : 64 - Math.clz32(Math.floor(size / 2 ** 32));
};

/** When an entry was written, and when the record that it is about was; in the unit of the column. */
export type Moments = { readonly at: number; readonly origin: number };

const PREDICTORS = 4;

/**
 * A column of whole numbers. Four guesses stand for each value: the last one, the mean of the latest, and two from
 * outside the column (when the entry was written, and the record that it is about). Which of them has been nearest of
 * late both sides know, so the choice itself does not travel.
 */
export class IntColumn {
  #last = 0;
  #mean = 0;
  #costs = [0, 0, 0, 0];
  #slots = [-1, -1, -1, -1];

  copy(): IntColumn {
    const copy = new IntColumn();
    copy.#last = this.#last;
    copy.#mean = this.#mean;
    copy.#costs = [...this.#costs];
    copy.#slots = [...this.#slots];
    return copy;
  }

  code(coder: Coder, value: number, { at, origin }: Moments): number {
    const guesses = [this.#last, Math.round(this.#mean / MEAN_SCALE), at, origin];
    let best = 0;
    for (let index = 1; index < PREDICTORS; index += 1) if ((this.#costs[index] ?? 0) < (this.#costs[best] ?? 0)) best = index;
    if (this.#slots[best] === -1) this.#slots[best] = coder.probabilities.reserve(UINT_SLOTS);
    const guess = guesses[best] ?? 0;
    const result = checkNumber(guess + codeInt(coder, this.#slots[best] ?? 0, value - guess));
    for (let index = 0; index < PREDICTORS; index += 1) {
      const cost = this.#costs[index] ?? 0;
      this.#costs[index] = cost + ((sizeOf(result - (guesses[index] ?? 0)) * 16 - cost) >> 3);
    }
    // The first value is the mean so far; very large ones have none.
    if (Math.abs(result) >= SMALL) this.#mean = 0;
    else this.#mean = this.#mean === 0 ? result * MEAN_SCALE : this.#mean + result - Math.round(this.#mean / MEAN_SCALE);
    this.#last = result;
    return result;
  }
}

/** A decimal as its digits without the point, and how many of them stand behind it. */
export type Decimal = { readonly mantissa: number; readonly scale: number };

const DECIMAL = /^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,14})?$/;
const DIGITS_MAX = 15;
export const SCALE_MAX = 14;

/** Null for what is written otherwise (exponents, more digits, minus zero) and travels as text. */
export function decimalOf(digits: string): Decimal | null {
  if (!DECIMAL.test(digits)) return null;
  const point = digits.indexOf('.');
  const plain = point < 0 ? digits : digits.slice(0, point) + digits.slice(point + 1);
  const mantissa = Number(plain);
  if (plain.length > DIGITS_MAX + 1 || !(Math.abs(mantissa) < NUMBER_LIMIT) || (mantissa === 0 && plain.startsWith('-'))) return null;
  return { mantissa, scale: point < 0 ? 0 : digits.length - point - 1 };
}

export function decimalText({ mantissa, scale }: Decimal): string {
  if (scale === 0) return String(mantissa);
  const digits = String(Math.abs(mantissa)).padStart(scale + 1, '0');
  return `${mantissa < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Without zeros at the end of the fraction, as JavaScript writes numbers. */
function stripped({ mantissa, scale }: Decimal): Decimal {
  let [value, places] = [mantissa, scale];
  while (places > 0 && value % 10 === 0) {
    value /= 10;
    places -= 1;
  }
  return { mantissa: value, scale: places };
}

const FORM = { common: 0, own: 1 } as const;

/**
 * A column of decimals. Values written without spare zeros share the column's scale, so that 37 and 36.8 are neighbours;
 * others say how many places they have.
 */
export class DecimalColumn {
  #scale = 0;
  #form = -1;
  #scaleSlots = -1;
  #mantissas = new IntColumn();

  copy(): DecimalColumn {
    const copy = new DecimalColumn();
    copy.#scale = this.#scale;
    copy.#form = this.#form;
    copy.#scaleSlots = this.#scaleSlots;
    copy.#mantissas = this.#mantissas.copy();
    return copy;
  }

  code(coder: Coder, value: Decimal | null, moments: Moments): Decimal {
    if (this.#form === -1) this.#reserve(coder.probabilities);
    const common = value === null ? null : this.#atScale(value);
    const form = coder.bit(this.#form, common === null ? FORM.own : FORM.common);
    if (form === FORM.common) return stripped({ mantissa: this.#mantissas.code(coder, common ?? 0, moments), scale: this.#scale });
    const scale = Math.min(codeSymbol(coder, this.#scaleSlots, value?.scale ?? 0), SCALE_MAX);
    this.#scale = Math.max(this.#scale, scale);
    return { mantissa: this.#mantissas.code(coder, value?.mantissa ?? 0, moments), scale };
  }

  #reserve(probabilities: Probabilities): void {
    this.#form = probabilities.reserve(1);
    this.#scaleSlots = probabilities.reserve(SYMBOL_SLOTS);
  }

  /** The mantissa at the column's scale, where the value is written without spare zeros and fits. */
  #atScale(value: Decimal): number | null {
    if (value.scale > this.#scale || (value.scale > 0 && value.mantissa % 10 === 0)) return null;
    const scaled = value.mantissa * 10 ** (this.#scale - value.scale);
    return Math.abs(scaled) < NUMBER_LIMIT ? scaled : null;
  }
}

