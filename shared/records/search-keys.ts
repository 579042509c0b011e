import { CLINIC_NUMBER_SYSTEM } from './demographics.ts';
import { isJsonObject, listOf, type JsonObject, type JsonValue } from './json.ts';
import { foldText, partTokens, unspacedTokens } from './name-words.ts';
import { parsePartialDate } from './partial-date.ts';

/**
 * What a patient is found by. `name`: a token of any of the names. `birth`: the FHIR date as recorded. `number`: an
 * identifier without its punctuation. `phone`: the digits from the last to the first, so that the end of a number is a
 * prefix. How names sound is worked out when searching and not kept: an update may change that, and what is folded
 * from the ledger must not change with it.
 */
export const SEARCH_KEY_KINDS = ['name', 'birth', 'number', 'phone'] as const;
export type SearchKeyKind = (typeof SEARCH_KEY_KINDS)[number];
export type SearchKey = { readonly kind: SearchKeyKind; readonly key: string };

/** Bounds for what an import may bring; beyond them a patient is found by the first ones. */
const NAMES_MAX = 20;
const TOKENS_MAX = 60;
const NUMBERS_MAX = 20;
const NUMBER_MAX_CHARACTERS = 64;
const PHONE_MIN_DIGITS = 4;
const PHONE_MAX_DIGITS = 20;
/** With fewer characters only a whole number is meant, not the beginning of one. */
export const NUMBER_PREFIX_MIN_CHARACTERS = 3;
/** Shorter is the end of a number. */
export const PHONE_WHOLE_MIN_DIGITS = 7;

/** Every key a patient (FHIR R4 Patient) is found by, without repeats. */
export function searchKeys(patient: JsonObject): readonly SearchKey[] {
  const keys = new Map<string, SearchKey>();
  const add = (kind: SearchKeyKind, values: readonly string[]): void => {
    for (const key of values) if (key !== '') keys.set(`${kind} ${key}`, { kind, key });
  };
  add('name', nameTokens(patient['name']));
  add('birth', [birthKey(patient['birthDate'])]);
  add('number', objects(patient['identifier']).slice(0, NUMBERS_MAX).flatMap(identifierKeys));
  add('phone', objects(patient['telecom']).slice(0, NUMBERS_MAX).filter(({ system }) => system === 'phone' || system === 'sms').map(({ value }) => phoneKey(text(value))));
  return [...keys.values()];
}

/** Tokens of every name given, in whatever script: the one on the card, the one in Latin letters, the maiden one. */
export function nameTokens(names: JsonValue | undefined): readonly string[] {
  const tokens = objects(names).slice(0, NAMES_MAX).flatMap(tokensOfName);
  return [...new Set(tokens)].slice(0, TOKENS_MAX);
}

function tokensOfName(name: JsonObject): readonly string[] {
  const family = text(name['family']);
  const given = listOf(name['given']).map(text);
  const parts = [family, ...given].filter((part) => part !== '');
  if (parts.length === 0) return partTokens(text(name['text']));
  return [...parts.flatMap(partTokens), ...unspacedTokens(family, given.join(''))];
}

function identifierKeys(identifier: JsonObject): readonly string[] {
  const value = text(identifier['value']);
  const running = identifier['system'] === CLINIC_NUMBER_SYSTEM ? /-0*(\d{1,9})-/.exec(value)?.[1] : undefined;
  return running === undefined ? [numberKey(value)] : [numberKey(value), running];
}

/** Letters that are read for digits, and digits for letters, count as one: O and 0, I and L and 1. */
export function numberKey(value: string): string {
  const plain = foldText(value).replace(/[^\p{L}\p{N}]/gu, '');
  return plain.replaceAll('o', '0').replace(/[il]/g, '1').slice(0, NUMBER_MAX_CHARACTERS);
}

/** Digits from the last to the first, without leading zeros (trunk and international prefixes); empty if too few. */
export function phoneKey(value: string): string {
  return reversed(digitsOf(value).replace(/^0+/, ''));
}

/** The key's beginning for somebody who types the end of a number; whole numbers lose their leading zeros. */
export function phoneEndKey(typed: string): string {
  const digits = digitsOf(typed);
  return digits.length < PHONE_WHOLE_MIN_DIGITS ? reversed(digits) : phoneKey(typed);
}

function digitsOf(value: string): string {
  return value.normalize('NFKD').replace(/[^0-9]/g, '');
}

function reversed(digits: string): string {
  return digits.length < PHONE_MIN_DIGITS ? '' : Array.from(digits).slice(-PHONE_MAX_DIGITS).reverse().join('');
}

function birthKey(value: JsonValue | undefined): string {
  const date = text(value).slice(0, 10);
  return parsePartialDate(date) === null ? '' : date;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return listOf(value).filter(isJsonObject);
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value.trim() : '';
}
