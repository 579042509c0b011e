import { MalformedBytes } from '../sync/wire-bytes.ts';
import { PATHS_MAX } from './budget.ts';
import { memoryKey, type Circumstances } from './circumstances.ts';
import { JSON_DEPTH_MAX, spelt, treeOf, type JsonTree } from './json-tree.ts';
import { DecimalColumn, decimalOf, decimalText } from './number-column.ts';
import { codeSymbol, codeTree, codeUint, SYMBOL_SLOTS, UINT_SLOTS } from './numbers.ts';
import type { Probabilities } from './probabilities.ts';
import { StringColumn } from './string-column.ts';
import { NO_COLUMN } from './text-column.ts';

/** `jsonText`: a string that itself holds a JSON object or list, as the fields of an amendment do. */
const TYPES = ['object', 'array', 'string', 'number', 'true', 'false', 'null', 'jsonText'] as const;
const TYPE_BITS = 3;
const TYPE = { object: 0, array: 1, string: 2, number: 3, true: 4, false: 5, null: 6, jsonText: 7 } as const;
const NUMBER_FORM = { decimal: 0, text: 1 } as const;

/** How many places a set of columns has, all bodies together. */
export type PlaceCount = { places: number };

/**
 * One place in bodies of one kind: under which names and in which lists. It holds what was learned of the values that
 * stand there, and the places below it.
 */
export class BodyPlace {
  readonly #property: string;
  readonly #count: PlaceCount;
  #type = -1;
  #members = -1;
  #length = -1;
  #numberForm = -1;
  #same = -1;
  /** Sets of names that objects here have had, each in its order. */
  #shapes: (readonly string[])[] = [];
  #shapePlaces = new Map<string, number>();
  #below = new Map<string, BodyPlace>();
  #items: BodyPlace | null = null;
  #inside: BodyPlace | null = null;
  #decimals: DecimalColumn | null = null;
  #memory = new Map<number, string>();
  #strings: StringColumn | null = null;

  constructor(property: string, count: PlaceCount) {
    count.places += 1;
    this.#property = property;
    this.#count = count;
  }

  /** Without what belongs to patients. */
  copy(count: PlaceCount): BodyPlace {
    const copy = new BodyPlace(this.#property, count);
    copy.#type = this.#type;
    copy.#members = this.#members;
    copy.#length = this.#length;
    copy.#numberForm = this.#numberForm;
    copy.#same = this.#same;
    copy.#shapes = [...this.#shapes];
    copy.#shapePlaces = new Map(this.#shapePlaces);
    copy.#below = new Map([...this.#below].map(([name, place]) => [name, place.copy(count)]));
    copy.#items = this.#items?.copy(count) ?? null;
    copy.#inside = this.#inside?.copy(count) ?? null;
    copy.#decimals = this.#decimals?.copy() ?? null;
    copy.#strings = this.#strings?.copy() ?? null;
    return copy;
  }

  /** Writes the value, or reads one and gives its text. */
  code(now: Circumstances, tree: JsonTree | null, depth = 0): string {
    const { coder, budget } = now;
    budget.value();
    if (this.#type === -1) this.#type = coder.probabilities.reserve(1 << TYPE_BITS);
    const inner = tree?.type === 'string' ? jsonWithin(tree.value, depth) : null;
    const type = codeTree(coder, this.#type, TYPE_BITS, tree === null ? 0 : inner === null ? TYPE[tree.type] : TYPE.jsonText);
    switch (TYPES[type]) {
      case 'object': return this.#object(now, tree?.type === 'object' ? tree : null, depth);
      case 'array': return this.#array(now, tree?.type === 'array' ? tree.items : null, depth);
      case 'string': return this.#string(now, tree?.type === 'string' ? tree.value : null);
      case 'number': return this.#number(now, tree?.type === 'number' ? tree.digits : null);
      case 'jsonText': {
        this.#inside ??= this.#place(this.#property);
        return spelt(this.#inside.code(now, inner, below(depth)));
      }
      case 'true': case 'false': case 'null': return TYPES[type];
      default: throw new MalformedBytes('no such type');
    }
  }

  #string(now: Circumstances, text: string | null): string {
    this.#strings ??= new StringColumn(this.#property);
    const found = spelt(this.#strings.code(now, text));
    now.budget.text(found.length);
    return found;
  }

  #object(now: Circumstances, object: Extract<JsonTree, { type: 'object' }> | null, depth: number): string {
    const { coder } = now;
    if (this.#members === -1) this.#members = coder.probabilities.reserve(SYMBOL_SLOTS);
    const known = object === null ? 0 : (this.#shapePlaces.get(shapeKey(object.keys)) ?? this.#shapes.length);
    const place = codeSymbol(coder, this.#members, known);
    let keys = this.#shapes[place];
    if (keys === undefined) {
      if (place !== this.#shapes.length) throw new MalformedBytes('no such set of names');
      keys = this.#newShape(now, object?.keys ?? null);
    }
    let text = '{';
    const deeper = below(depth);
    for (const [index, key] of keys.entries()) {
      let under = this.#below.get(key);
      if (under === undefined) {
        under = this.#place(key);
        this.#below.set(key, under);
      }
      text += `${index === 0 ? '' : ','}${spelt(key)}:${under.code(now, object?.items[index] ?? null, deeper)}`;
      now.budget.text(key.length);
    }
    return `${text}}`;
  }

  #newShape(now: Circumstances, names: readonly string[] | null): readonly string[] {
    const { coder, strings } = now;
    const count = codeUint(coder, this.#lengthSlots(coder.probabilities), names?.length ?? 0);
    const keys: string[] = [];
    for (let index = 0; index < count; index += 1) {
      now.budget.value();
      const name = names?.[index] ?? null;
      const known = name === null ? -1 : strings.placeOf(name);
      const isKnown = coder.bit(this.#type, known >= 0 ? 1 : 0) === 1;
      const key = isKnown ? strings.at(codeUint(coder, this.#lengthSlots(coder.probabilities), known)) : now.texts.text(coder, name, NO_COLUMN);
      now.budget.text(key.length);
      strings.add(key);
      keys.push(key);
    }
    this.#shapePlaces.set(shapeKey(keys), this.#shapes.length);
    this.#shapes.push(keys);
    return keys;
  }

  #array(now: Circumstances, items: readonly JsonTree[] | null, depth: number): string {
    const length = codeUint(now.coder, this.#lengthSlots(now.coder.probabilities), items?.length ?? 0);
    this.#items ??= this.#place(this.#property);
    const parts: string[] = [];
    const deeper = below(depth);
    for (let index = 0; index < length; index += 1) parts.push(this.#items.code(now, items?.[index] ?? null, deeper));
    return `[${parts.join(',')}]`;
  }

  #number(now: Circumstances, digits: string | null): string {
    const { coder } = now;
    if (this.#numberForm === -1) {
      this.#numberForm = coder.probabilities.reserve(1);
      this.#same = coder.probabilities.reserve(1);
    }
    const key = memoryKey(now);
    const memory = this.#memory.get(key);
    if (memory !== undefined && coder.bit(this.#same, digits === memory ? 1 : 0) === 1) return memory;
    const decimal = digits === null ? null : decimalOf(digits);
    const form = coder.bit(this.#numberForm, digits !== null && decimal === null ? NUMBER_FORM.text : NUMBER_FORM.decimal);
    this.#decimals ??= new DecimalColumn();
    const found = form === NUMBER_FORM.text ? now.texts.text(coder, digits, NO_COLUMN) : decimalText(this.#decimals.code(coder, decimal, now));
    now.budget.text(found.length);
    if (now.patientNumber > 0) this.#memory.set(key, found);
    return found;
  }

  /** A new place below; where there are too many already, this one stands for it. */
  #place(property: string): BodyPlace {
    return this.#count.places < PATHS_MAX ? new BodyPlace(property, this.#count) : this;
  }

  #lengthSlots(probabilities: Probabilities): number {
    if (this.#length === -1) this.#length = probabilities.reserve(UINT_SLOTS);
    return this.#length;
  }
}

const shapeKey = (names: readonly string[]): string => names.join('\0');

function below(depth: number): number {
  if (depth === JSON_DEPTH_MAX) throw new MalformedBytes('nested too deep');
  return depth + 1;
}

/** The JSON that a string holds, where it is an object or a list and can be read as one. */
function jsonWithin(text: string, depth: number): JsonTree | null {
  return text.startsWith('{') || text.startsWith('[') ? treeOf(text, JSON_DEPTH_MAX - depth - 1) : null;
}
