import { MalformedBytes } from '../sync/wire-bytes.ts';
import { KNOWN_STRING_MAX_CHARACTERS } from './budget.ts';
import { memoryKey, type Circumstances } from './circumstances.ts';
import type { Coder } from './coder.ts';
import { HexColumn, isHex } from './hex-column.ts';
import { KnownList } from './known-list.ts';
import { IntColumn } from './number-column.ts';
import { codeInt, codeSymbol, codeTree, codeUint, SYMBOL_SLOTS, UINT_SLOTS } from './numbers.ts';
import { isUuid, splitEntry, UUID_CHARACTERS } from './record-ids.ts';
import { PlaceColumn, ReferenceColumn } from './reference-column.ts';
import { columnNumber } from './text-column.ts';
import { dayOf, dayText, instantOf, instantText } from './timestamps.ts';

const HIT = { none: 0, memory: 1, sequel: 2 } as const;
/** How a string travels that neither guess hits. */
const HOW = { listed: 0, known: 1, text: 2, uuid: 3, entry: 4, hex: 5, day: 6, instant: 7, prefixed: 8 } as const;
const HOW_BITS = 4;
const DAY_MS = 86_400_000;

type How = (typeof HOW)[keyof typeof HOW];

function howOf(text: string): How {
  const first = text.charCodeAt(0);
  const digit = first >= 0x30 && first <= 0x39;
  if (isUuid(text)) return HOW.uuid;
  if (splitEntry(text) !== null) return HOW.entry;
  if (isHex(text)) return HOW.hex;
  if (digit && dayOf(text) !== null) return HOW.day;
  if (digit && instantOf(text) !== null) return HOW.instant;
  if (text.length > UUID_CHARACTERS && text.length < KNOWN_STRING_MAX_CHARACTERS && isUuid(text.slice(-UUID_CHARACTERS))) return HOW.prefixed;
  return HOW.text;
}

/** The strings that stand at one place of one kind of body. */
export class StringColumn {
  readonly #property: string;
  readonly #column: number;
  #listed = new KnownList();
  /** What stood here after the same string before it; and for the same patient besides. */
  #sequels = new Map<number, string>();
  #memory = new Map<number, string>();
  #slots = -1;
  #days = new IntColumn();
  #instants = new IntColumn();
  #places = new PlaceColumn();
  #hexes = new HexColumn();

  /** `property`: the name under which the column stands. */
  constructor(property: string) {
    this.#property = property;
    this.#column = columnNumber(property);
  }

  /** Without what belongs to patients. */
  copy(): StringColumn {
    const copy = new StringColumn(this.#property);
    copy.#listed = this.#listed.copy();
    copy.#sequels = new Map(this.#sequels);
    copy.#slots = this.#slots;
    copy.#days = this.#days.copy();
    copy.#instants = this.#instants.copy();
    copy.#places = this.#places.copy();
    copy.#hexes = this.#hexes.copy();
    return copy;
  }

  code(now: Circumstances, text: string | null): string {
    const { coder } = now;
    if (this.#slots === -1) this.#slots = coder.probabilities.reserve(SLOTS);
    const key = memoryKey(now);
    const memory = this.#memory.get(key) ?? null;
    const sequel = this.#sequels.get(now.previousString) ?? null;
    const hit = this.#hit(coder, text, memory, sequel);
    if (hit !== null) {
      this.#remember(now, key, hit);
      return hit;
    }
    const listed = text === null ? -1 : this.#listed.placeOf(text);
    const known = text === null || listed >= 0 ? -1 : now.strings.placeOf(text);
    const how = codeTree(coder, this.#slots + SLOT.how, HOW_BITS, text === null ? 0 : listed >= 0 ? HOW.listed : known >= 0 ? HOW.known : howOf(text));
    if (how > HOW.text) return this.#shaped(now, how, text);
    const found = how === HOW.text ? now.texts.text(coder, text, this.#column) : how === HOW.listed ? this.#listed.at(codeSymbol(coder, this.#slots + SLOT.listed, listed)) : now.strings.at(codeUint(coder, this.#slots + SLOT.known, known));
    if (found.length <= KNOWN_STRING_MAX_CHARACTERS) this.#remember(now, key, found);
    return found;
  }

  /** The memory or the sequel, where one of them is it. */
  #hit(coder: Coder, text: string | null, memory: string | null, sequel: string | null): string | null {
    if (memory === null && sequel === null) return null;
    const context = (memory === null ? 0 : 1) + (sequel === null ? 0 : sequel === memory ? 3 : 2) - 1;
    const hit = codeTree(coder, this.#slots + SLOT.hit + context * 4, 2, text === null ? 0 : text === memory ? HIT.memory : text === sequel ? HIT.sequel : HIT.none);
    if (hit === HIT.none) return null;
    const found = hit === HIT.memory ? memory : sequel;
    if (found === null) throw new MalformedBytes('no such guess');
    return found;
  }

  #remember(now: Circumstances, key: number, text: string): void {
    now.strings.add(text);
    this.#listed.add(text);
    if (now.patientNumber > 0) this.#memory.set(key, text);
    this.#sequels.set(now.previousString, text);
    now.previousString = now.strings.placeOf(text) + 1;
  }

  /** Ids and times: compared with others of their kind, not with what stood before them, and not remembered as words. */
  #shaped(now: Circumstances, how: number, text: string | null): string {
    const { coder, budget } = now;
    switch (how) {
      case HOW.uuid: return this.#reference(now, text);
      case HOW.entry: {
        const { segment, sequence } = this.#places.code(coder, now.records.segments, text === null ? null : splitEntry(text));
        return `${segment}.${sequence}`;
      }
      case HOW.hex: return this.#hexes.code(coder, now.hexes, text);
      case HOW.day: return written(dayText(this.#days.code(coder, text === null ? 0 : (dayOf(text) ?? 0), { at: Math.floor(now.at / DAY_MS), origin: Math.floor(now.origin / DAY_MS) })));
      case HOW.instant: return this.#instant(now, text);
      case HOW.prefixed: {
        const prefix = text === null ? null : text.slice(0, -UUID_CHARACTERS);
        budget.value();
        return this.#prefix(now, prefix) + this.#reference(now, text === null ? null : text.slice(-UUID_CHARACTERS));
      }
      default: throw new MalformedBytes('no such way to write a string');
    }
  }

  #prefix(now: Circumstances, prefix: string | null): string {
    const { coder } = now;
    const listed = prefix === null ? -1 : this.#listed.placeOf(prefix);
    if (coder.bit(this.#slots + SLOT.prefix, listed >= 0 ? 1 : 0) === 1) return this.#listed.at(codeSymbol(coder, this.#slots + SLOT.listed, listed));
    const text = now.texts.text(coder, prefix, this.#column);
    this.#listed.add(text);
    return text;
  }

  /** The last one under this name for this patient, the patient, or the record that the entry is about. */
  #reference(now: Circumstances, id: string | null): string {
    const place = `${this.#property} ${now.patientNumber}`;
    let column = now.references.get(this.#property);
    if (column === undefined) {
      column = new ReferenceColumn();
      now.references.set(this.#property, column);
    }
    const found = column.code(now.coder, now.records, id, [now.patient, now.lastReferences.get(place) ?? null, now.record]);
    now.lastReferences.set(place, found);
    return found;
  }

  #instant(now: Circumstances, text: string | null): string {
    const { coder } = now;
    const slots = this.#slots;
    const instant = text === null ? null : instantOf(text);
    const hasMilliseconds = coder.bit(slots + SLOT.milliseconds, instant?.hasMilliseconds === true ? 1 : 0) === 1;
    const isLocal = coder.bit(slots + SLOT.local, instant !== null && instant.offset !== null ? 1 : 0) === 1;
    const offset = isLocal ? codeInt(coder, slots + SLOT.offset, instant?.offset ?? 0) : null;
    const value = this.#instants.code(coder, instant?.value ?? 0, hasMilliseconds ? now : { at: Math.floor(now.at / 1000), origin: Math.floor(now.origin / 1000) });
    return written(instantText({ value, hasMilliseconds, offset }));
  }
}

function written(text: string | null): string {
  if (text === null) throw new MalformedBytes('no such time');
  return text;
}

const SLOT = { hit: 0, how: 16, listed: 32, known: 32 + SYMBOL_SLOTS, prefix: 32 + SYMBOL_SLOTS + UINT_SLOTS, milliseconds: 33 + SYMBOL_SLOTS + UINT_SLOTS, local: 34 + SYMBOL_SLOTS + UINT_SLOTS, offset: 35 + SYMBOL_SLOTS + UINT_SLOTS } as const;
const SLOTS = SLOT.offset + UINT_SLOTS;
