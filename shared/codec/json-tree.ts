/**
 * JSON read without losing a character: what this gives is written again as the same text. Only the compact form that
 * JSON.stringify writes is read (RFC 8259 without white space, each string in its one spelling), but numbers keep
 * their digits. Anything else is null here and travels as bytes.
 */
export type JsonTree =
  | { readonly type: 'object'; readonly keys: readonly string[]; readonly items: readonly JsonTree[] }
  | { readonly type: 'array'; readonly items: readonly JsonTree[] }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly digits: string }
  | { readonly type: 'true' | 'false' | 'null' };

/** Deeper nesting travels as bytes; FHIR resources have about ten levels. */
export const JSON_DEPTH_MAX = 32;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERALS = [['true', 'true'], ['false', 'false'], ['null', 'null']] as const;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SURROGATES_FROM = 0xd800;
const SURROGATES_TO = 0xdfff;

/** Where the first character stands that JSON.stringify may not write as it is. */
function plainUpTo(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < SPACE || unit === QUOTE || unit === BACKSLASH || (unit >= SURROGATES_FROM && unit <= SURROGATES_TO)) return at;
  }
  return text.length;
}

class Scanner {
  readonly #text: string;
  readonly #depthMax: number;
  at = 0;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  tree(depth: number): JsonTree | null {
    const first = this.#text.charAt(this.at);
    if (first === '"') {
      const value = this.string();
      return value === null ? null : { type: 'string', value };
    }
    if (first === '{' || first === '[') {
      this.at += 1;
      if (depth >= this.#depthMax) return null;
      return first === '{' ? this.#object(depth) : this.#array(depth);
    }
    for (const [literal, type] of LITERALS) {
      if (!this.#text.startsWith(literal, this.at)) continue;
      this.at += literal.length;
      return { type };
    }
    NUMBER.lastIndex = this.at;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits === undefined) return null;
    this.at += digits.length;
    return { type: 'number', digits };
  }

  /** A string in the spelling of JSON.stringify, or null. */
  string(): string | null {
    const from = this.at;
    let end = plainUpTo(this.#text, from + 1);
    if (this.#text.charAt(end) === '"') {
      this.at = end + 1;
      return this.#text.slice(from + 1, end);
    }
    while (end < this.#text.length && this.#text.charAt(end) !== '"') end += this.#text.charAt(end) === '\\' ? 2 : 1;
    this.at = end + 1;
    const spelt = this.#text.slice(from, this.at);
    try {
      const value: unknown = JSON.parse(spelt);
      return typeof value === 'string' && !value.includes('\0') && value.isWellFormed() && JSON.stringify(value) === spelt ? value : null;
    } catch {
      return null;
    }
  }

  #takes(character: string): boolean {
    if (this.#text.charAt(this.at) !== character) return false;
    this.at += 1;
    return true;
  }

  #object(depth: number): JsonTree | null {
    const keys: string[] = [];
    const items: JsonTree[] = [];
    if (this.#takes('}')) return { type: 'object', keys, items };
    do {
      const key = this.#text.charAt(this.at) === '"' ? this.string() : null;
      if (key === null || !this.#takes(':')) return null;
      const item = this.tree(depth + 1);
      if (item === null) return null;
      keys.push(key);
      items.push(item);
    } while (this.#takes(','));
    return this.#takes('}') ? { type: 'object', keys, items } : null;
  }

  #array(depth: number): JsonTree | null {
    const items: JsonTree[] = [];
    if (this.#takes(']')) return { type: 'array', items };
    do {
      const item = this.tree(depth + 1);
      if (item === null) return null;
      items.push(item);
    } while (this.#takes(','));
    return this.#takes(']') ? { type: 'array', items } : null;
  }
}

/** Null where the text is not compact JSON, or nested deeper than `depthMax`. */
export function treeOf(text: string, depthMax = JSON_DEPTH_MAX): JsonTree | null {
  const scanner = new Scanner(text, depthMax);
  const tree = scanner.tree(0);
  return scanner.at === text.length ? tree : null;
}

/** As JSON.stringify spells it. */
export function spelt(text: string): string {
  return plainUpTo(text, 0) === text.length ? `"${text}"` : JSON.stringify(text);
}
