/** What was typed into a number field. */
export type NumberReading = { readonly reads: 'empty' } | { readonly reads: 'number'; readonly value: number } | { readonly reads: 'other' };

const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/;

/** Reads a decimal as people type it: dot or comma, spaces around, digits of other scripts. Never `1e5`, never a thousands separator. */
export function readNumber(text: string): NumberReading {
  const plain = text.normalize('NFKC').trim().replace(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) & 0xf));
  if (plain === '') return { reads: 'empty' };
  if (!NUMBER.test(plain)) return { reads: 'other' };
  return { reads: 'number', value: Number(plain.replace(',', '.')) };
}

/** Writes a number without trailing zeros and with a leading one (ISMP): `5`, `0.5`. */
export function writeNumber(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}
