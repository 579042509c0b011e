/**
 * Tells a barcode scanner from a person: a scanner types a whole card number faster than any hand and ends it with
 * Enter. Fed with every key press and its time (milliseconds, monotonic); answers with the code once it is complete.
 */

/** Longest pause between two characters of a scan. Fast typists rarely stay under 60 ms for many keys. */
export const SCANNER_GAP_MAX_MS = 35;

/** A card number: device prefix, number, check digit, with dashes between. What else a fast hand or a paste types is not one. */
const CARD_NUMBER = /^[A-Z0-9]{1,8}(-[A-Z0-9]{1,8}){1,4}$/;

export class ScannerWatch {
  #code = '';
  #lastAt = Number.NEGATIVE_INFINITY;

  /** @returns the scanned card number when this press completes one, else null. */
  press(key: string, at: number): string | null {
    const close = at - this.#lastAt <= SCANNER_GAP_MAX_MS;
    this.#lastAt = at;
    if (key === 'Shift') return null;
    if (key === 'Enter') {
      const code = close && isCardNumber(this.#code) ? this.#code : null;
      this.#code = '';
      return code;
    }
    if ([...key].length !== 1) this.#code = '';
    else this.#code = close ? this.#code + key : key;
    return null;
  }
}

function isCardNumber(code: string): boolean {
  return CARD_NUMBER.test(code) && /\d/.test(code);
}
