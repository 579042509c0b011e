import { beginningDistance, editDistance } from '../../shared/records/edit-distance.ts';
import { errorsAllowed, likeness, LIKENESS_MIN, type Likeness } from '../../shared/records/name-likeness.ts';
import { soundKeys } from '../../shared/records/sound-keys.ts';
import type { ReadHandle } from '../store/store.ts';

/**
 * The distinct name tokens of this vault in memory, with how often each occurs and how it sounds: what lets a
 * misspelt word be looked up without a key for every misspelling. Holds names, so it lives and dies with the open vault.
 */
type Token = { readonly text: string; readonly letters: number; readonly sounds: readonly string[]; readonly patients: number };
export type TokenMatch = Likeness & { readonly token: string; readonly patients: number };

/** Tokens that one typed word may stand for; the best are kept. */
const MATCHES_MAX = 400;
const PREFIX_ERROR_MIN_LENGTH = 4;
const PARTED_MIN_LENGTH = 2;
/** After this many new entries or records the keys are read whole, which is then cheaper. */
const READ_AGAIN_AFTER = 20_000;

export interface NameDictionary {
  /** Every token the word may stand for, the likest first. */
  matches(word: string): readonly TokenMatch[];
  soundsOf(token: string): readonly string[];
  /** Words typed without the space between them, parted where both halves are known names: "maryokafor". */
  parted(words: readonly string[]): readonly string[];
}

export interface SearchCache {
  /** The dictionary of the vault as it is now. */
  dictionary(read: ReadHandle): NameDictionary;
  /** Drops every name from memory, at lock. */
  forget(): void;
}

/**
 * @param generation a number that changes whenever a patient's names may have changed: at registration, amendment,
 * import, sync. While it stands still nothing is read; when it has moved, only what came since is.
 */
export function createSearchCache(generation: () => number): SearchCache {
  let held: { readonly generation: number; readonly tokens: Tokens; readonly upTo: Place } | undefined;
  return {
    dictionary(read) {
      const current = generation();
      if (held?.generation !== current) {
        const upTo = placeOf(read);
        const tokens = held !== undefined && isShortWay(held.upTo, upTo) ? held.tokens : readAll(read);
        if (held?.tokens === tokens) for (const key of namesSince(read, held.upTo)) tokens.add(key, 1);
        held = { generation: current, tokens, upTo };
      }
      return dictionaryOf(held.tokens);
    },
    forget() {
      held = undefined;
    },
  };
}

/** How far the vault had come: the last entry, the last record made. */
type Place = { readonly position: number; readonly record: number };

function placeOf(read: ReadHandle): Place {
  const row = read.get('SELECT (SELECT max(position) FROM ledger) AS position, (SELECT max(ref) FROM record) AS record');
  return { position: Number(row?.['position'] ?? 0), record: Number(row?.['record'] ?? 0) };
}

function isShortWay(from: Place, to: Place): boolean {
  const entries = to.position - from.position;
  const records = to.record - from.record;
  return entries >= 0 && entries <= READ_AGAIN_AFTER && records >= 0 && records <= READ_AGAIN_AFTER;
}

/** Name keys of patients made or amended since; a name given up stays in the dictionary and leads to nobody. */
function* namesSince(read: ReadHandle, { position, record }: Place): Generator<string> {
  const made = read.all("SELECT id FROM record WHERE ref > ? AND type = 'Patient'", record).map((row) => row['id']);
  const amended = read.all("SELECT DISTINCT record FROM ledger WHERE position > ? AND kind = 'amend' AND record IS NOT NULL", position).map((row) => row['record']);
  for (const patient of new Set([...made, ...amended])) {
    for (const row of read.all("SELECT key FROM search_key WHERE patient = ? AND kind = 'name'", patient ?? null)) yield String(row['key']);
  }
}

function readAll(read: ReadHandle): Tokens {
  const tokens = new Tokens();
  for (const row of read.iterate("SELECT key, count(*) AS patients FROM search_key WHERE kind = 'name' GROUP BY key")) tokens.add(String(row['key']), Number(row['patients']));
  return tokens;
}

class Tokens {
  readonly all: Token[] = [];
  readonly byText = new Map<string, Token>();
  readonly bySound = new Map<string, Token[]>();

  add(text: string, patients: number): void {
    if (this.byText.has(text)) return;
    const token: Token = { text, letters: lettersOf(text), sounds: soundKeys(text), patients };
    this.all.push(token);
    this.byText.set(text, token);
    for (const sound of token.sounds) {
      const same = this.bySound.get(sound);
      if (same === undefined) this.bySound.set(sound, [token]);
      else same.push(token);
    }
  }
}

function dictionaryOf({ all, byText, bySound }: Tokens): NameDictionary {
  return {
    parted: (words) => words.flatMap((word) => (all.some(({ text }) => text.startsWith(word)) ? [word] : (partedBy(word, byText) ?? [word]))),
    soundsOf: (token) => byText.get(token)?.sounds ?? soundKeys(token),
    matches(word) {
      const sounds = soundKeys(word);
      const near = new Set<Token>(sounds.flatMap((sound) => bySound.get(sound) ?? []));
      const letters = lettersOf(word);
      for (const token of all) if (isNear(word, letters, token)) near.add(token);
      const found = [...near].map((token): TokenMatch => ({ ...likeness(word, token.text, sounds, token.sounds), token: token.text, patients: token.patients }));
      return found.filter(({ quality }) => quality >= LIKENESS_MIN).sort(byQuality).slice(0, MATCHES_MAX);
    },
  };
}

/** The halves whose rarer one is the commonest: two everyday names rather than a chance syllable. */
function partedBy(word: string, tokens: ReadonlyMap<string, Token>): readonly string[] | undefined {
  let best: { readonly halves: readonly string[]; readonly patients: number } | undefined;
  for (let at = PARTED_MIN_LENGTH; at <= word.length - PARTED_MIN_LENGTH; at += 1) {
    const halves = [word.slice(0, at), word.slice(at)];
    const patients = Math.min(...halves.map((half) => tokens.get(half)?.patients ?? 0));
    if (patients > (best?.patients ?? 0)) best = { halves, patients };
  }
  return best?.halves;
}

function byQuality(left: TokenMatch, right: TokenMatch): number {
  return right.quality - left.quality || left.patients - right.patients || (left.token < right.token ? -1 : 1);
}

/** Equal, beginning with the word, or few enough errors away; the letters are compared first because that is cheap. */
function isNear(word: string, letters: number, token: Token): boolean {
  if (token.text.startsWith(word)) return true;
  const errors = errorsAllowed(word.length);
  if (errors === 0 || bitsOf(letters & ~token.letters) > errors) return false;
  if (editDistance(word, token.text, errors) <= errors) return true;
  return word.length >= PREFIX_ERROR_MIN_LENGTH && beginningDistance(word, token.text, 1) <= 1;
}

/** One bit for each letter that occurs, by its code modulo 32. */
function lettersOf(text: string): number {
  let letters = 0;
  for (let index = 0; index < text.length; index += 1) letters |= 1 << (text.charCodeAt(index) & 31);
  return letters;
}

function bitsOf(letters: number): number {
  let left = letters;
  let count = 0;
  for (; left !== 0; left &= left - 1) count += 1;
  return count;
}
