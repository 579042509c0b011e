/**
 * JSON in which a decimal keeps its written digits: FHIR R4 makes the precision of a decimal part of its meaning
 * (datatypes.html#decimal), so 1.00 is not 1. Only for resources that are amended: reading needs plain numbers, and
 * a resource that is not amended keeps its own text. Names that look like array indexes would be put first; FHIR
 * has none.
 */

/** A number whose text would not survive a round trip through IEEE 754, such as 1.00 or 1E-245. */
export type RawNumber = { readonly rawJSON: string };
export type LosslessValue = null | boolean | number | string | RawNumber | readonly LosslessValue[] | LosslessObject;
export type LosslessObject = { readonly [name: string]: LosslessValue };

/** The JSON.parse source text access proposal (ECMAScript 2026), in Node 24 and not yet in TypeScript's library. */
interface SourceTextJson {
  parse(text: string, reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
const sourceTextJson = JSON as unknown as SourceTextJson;

export function isRawNumber(value: unknown): value is RawNumber {
  return sourceTextJson.isRawJSON(value);
}

/** A number that will be written with exactly these digits; throws a SyntaxError on what is no JSON number. */
export function rawNumber(text: string): RawNumber {
  if (!/^-?[0-9]/.test(text)) throw new SyntaxError('not a number');
  return sourceTextJson.rawJSON(text);
}

/** The number as JavaScript computes with it; its last digits may be lost. */
export function numberOf(value: number | RawNumber): number {
  return typeof value === 'number' ? value : Number(value.rawJSON);
}

/** Throws a SyntaxError on what is not JSON. */
export function parseLossless(text: string): LosslessValue {
  return sourceTextJson.parse(text, (_name, value, context) => {
    if (typeof value !== 'number' || context.source === undefined || String(value) === context.source) return value;
    return sourceTextJson.rawJSON(context.source);
  }) as LosslessValue;
}

export function stringifyLossless(value: LosslessValue): string {
  return JSON.stringify(value);
}
