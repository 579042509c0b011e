import { fromHex, toHex } from '../base/bytes.ts';
import { MalformedBytes } from '../sync/wire-bytes.ts';
import type { Coder } from './coder.ts';
import { KnownList, Recents } from './known-list.ts';
import { codeBytes, codeInt, codeSymbol, codeTree, codeUint, SYMBOL_SLOTS, UINT_SLOTS } from './numbers.ts';
import type { Probabilities } from './probabilities.ts';
import { madeBy, recordIdFrom, SEQUENCE_LIMIT, uuidOf } from './record-ids.ts';

const SEGMENT_BYTES = 8;
const UUID_BYTES = 16;
const NO_SEGMENT = '0000000000000000';

/** Segments that have been named, and how far into each: later names are near earlier ones. */
export class SegmentTable {
  readonly #known = new KnownList();
  readonly #lasts: number[] = [];
  /** The run that is being written or read, and where in it. */
  segment = NO_SEGMENT;
  sequence = 0;

  begin(segment: string): void {
    this.segment = segment;
    this.#known.add(segment);
  }

  placeOf(segment: string): number {
    return this.#known.placeOf(segment);
  }

  get length(): number {
    return this.#known.length;
  }

  at(place: number): string {
    return this.#known.at(place);
  }

  last(segment: string): number {
    return this.#lasts[this.#known.placeOf(segment)] ?? 0;
  }

  move(segment: string, sequence: number): void {
    this.#known.add(segment);
    const place = this.#known.placeOf(segment);
    if (place >= 0) this.#lasts[place] = sequence;
  }
}

type Place = { readonly segment: string; readonly sequence: number };
const ANOTHER = { here: 0, known: 1, unknown: 2 } as const;

/** Segment and sequence of an entry: in this run counted back from here, elsewhere from the last one named there. */
export class PlaceColumn {
  #how = -1;
  #back = -1;
  #segment = -1;
  #step = -1;
  #first = -1;

  copy(): PlaceColumn {
    const copy = new PlaceColumn();
    copy.#how = this.#how;
    copy.#back = this.#back;
    copy.#segment = this.#segment;
    copy.#step = this.#step;
    copy.#first = this.#first;
    return copy;
  }

  code(coder: Coder, table: SegmentTable, place: Place | null): Place {
    if (this.#how === -1) this.#reserve(coder.probabilities);
    const known = place === null ? -1 : table.placeOf(place.segment);
    const here = place !== null && place.segment === table.segment && place.sequence <= table.sequence;
    const how = codeTree(coder, this.#how, 2, here ? ANOTHER.here : known >= 0 ? ANOTHER.known : ANOTHER.unknown);
    if (how === ANOTHER.here) return checked({ segment: table.segment, sequence: table.sequence - codeUint(coder, this.#back, table.sequence - (place?.sequence ?? 0)) });
    let found: Place;
    if (how === ANOTHER.known) {
      const segment = table.at(table.length - 1 - codeSymbol(coder, this.#segment, table.length - 1 - known));
      found = checked({ segment, sequence: table.last(segment) + codeInt(coder, this.#step, (place?.sequence ?? 0) - table.last(segment)) });
    } else {
      const segment = toHex(codeBytes(coder, SEGMENT_BYTES, place === null ? null : fromHex(place.segment)));
      found = checked({ segment, sequence: codeUint(coder, this.#first, place?.sequence ?? 0) });
    }
    table.move(found.segment, found.sequence);
    return found;
  }

  #reserve(probabilities: Probabilities): void {
    this.#how = probabilities.reserve(4);
    this.#back = probabilities.reserve(UINT_SLOTS);
    this.#segment = probabilities.reserve(SYMBOL_SLOTS);
    this.#step = probabilities.reserve(UINT_SLOTS);
    this.#first = probabilities.reserve(UINT_SLOTS);
  }
}

function checked(place: Place): Place {
  if (place.sequence < 0 || place.sequence >= SEQUENCE_LIMIT) throw new MalformedBytes('no such sequence');
  return place;
}

/** Record ids of the whole content. */
export class RecordTable {
  readonly known = new KnownList();
  readonly recents = new Recents();
  readonly segments = new SegmentTable();

  note(id: string): void {
    this.known.add(id);
    this.recents.touch(id);
  }
}

const HOW = { first: 0, second: 1, third: 2, recent: 3, known: 4, made: 5, other: 6 } as const;
const HOW_BITS = 3;

/** A column of record ids: one of the guesses, one that was named before, one made by an entry that can be named, or 16 bytes. */
export class ReferenceColumn {
  #how = -1;
  #recent = -1;
  #known = -1;
  #part = -1;
  #places = new PlaceColumn();

  copy(): ReferenceColumn {
    const copy = new ReferenceColumn();
    copy.#how = this.#how;
    copy.#recent = this.#recent;
    copy.#known = this.#known;
    copy.#part = this.#part;
    copy.#places = this.#places.copy();
    return copy;
  }

  /** `guesses`: likeliest first, null where there is none. */
  code(coder: Coder, table: RecordTable, id: string | null, guesses: readonly [string | null, string | null, string | null]): string {
    if (this.#how === -1) this.#reserve(coder.probabilities);
    const made = id === null ? null : madeBy(id);
    const how = codeTree(coder, this.#how, HOW_BITS, id === null ? 0 : this.#choose(table, id, guesses, made !== null));
    const result = this.#by(coder, table, how, id, guesses, made);
    table.note(result);
    return result;
  }

  #choose(table: RecordTable, id: string, guesses: readonly (string | null)[], isMade: boolean): number {
    const guess = guesses.indexOf(id);
    if (guess >= 0) return guess;
    if (table.recents.rankOf(id) >= 0) return HOW.recent;
    if (table.known.placeOf(id) >= 0) return HOW.known;
    return isMade ? HOW.made : HOW.other;
  }

  #by(coder: Coder, table: RecordTable, how: number, id: string | null, guesses: readonly (string | null)[], made: ReturnType<typeof madeBy>): string {
    switch (how) {
      case HOW.first: case HOW.second: case HOW.third: {
        const guess = guesses[how] ?? null;
        if (guess === null) throw new MalformedBytes('no such guess');
        return guess;
      }
      case HOW.recent: return table.recents.at(codeSymbol(coder, this.#recent, id === null ? 0 : table.recents.rankOf(id)));
      case HOW.known: {
        const { length } = table.known;
        return table.known.at(length - 1 - codeUint(coder, this.#known, id === null ? 0 : length - 1 - table.known.placeOf(id)));
      }
      case HOW.made: {
        const place = this.#places.code(coder, table.segments, made);
        return recordIdFrom({ ...place, part: codeUint(coder, this.#part, made?.part ?? 0) & 0xff });
      }
      case HOW.other: return uuidOf(toHex(codeBytes(coder, UUID_BYTES, id === null ? null : fromHex(id.replaceAll('-', '')))));
      default: throw new MalformedBytes('no such way to name a record');
    }
  }

  #reserve(probabilities: Probabilities): void {
    this.#how = probabilities.reserve(1 << HOW_BITS);
    this.#recent = probabilities.reserve(SYMBOL_SLOTS);
    this.#known = probabilities.reserve(UINT_SLOTS);
    this.#part = probabilities.reserve(UINT_SLOTS);
  }
}
