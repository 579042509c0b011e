import { equalBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import type { SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import { bodyCommitment, chainHash, SALT_BYTES } from '../ledger/entry.ts';
import { SALT_SEED_BYTES, saltsFrom } from '../ledger/salt.ts';
import { ENTRY_HEADER_MAX_BYTES, ENTRY_MAX_BYTES } from '../sync/limits.ts';
import { MalformedBytes } from '../sync/wire-bytes.ts';
import { BodyPlace, type PlaceCount } from './body-columns.ts';
import type { Budget } from './budget.ts';
import type { Circumstances } from './circumstances.ts';
import type { Coder } from './coder.ts';
import { FORM, HeaderColumns } from './header-columns.ts';
import { readHeaderText, renderHeader, type HeaderFields } from './header-text.ts';
import { HexTable } from './hex-column.ts';
import { treeOf, type JsonTree } from './json-tree.ts';
import { KnownList } from './known-list.ts';
import { codeBytes, codeTree, codeUint, UINT_SLOTS } from './numbers.ts';
import type { Probabilities } from './probabilities.ts';
import { RecordTable, type ReferenceColumn } from './reference-column.ts';
import { readUtf8, type TextColumn } from './text-column.ts';

/** An entry to be written. Its chain hash is computed where it is not given. */
export type ColumnEntry = { readonly headerText: string; readonly salt: Uint8Array; readonly body: Uint8Array | null; readonly hash?: Uint8Array };

/** An entry as it was read. `header`: the fields of one that was put together here, so that it is in their one text and commits to this body; null where that is still to be checked. */
export type ReadEntry = ColumnEntry & { readonly hash: Uint8Array; readonly header: HeaderFields | null };

export type ColumnRun = { readonly segment: SegmentId; readonly from: number; readonly count: number; /** Chain hash before the first entry. */ readonly previous: Uint8Array };

const SALT = { derived: 0, whole: 1, none: 2 } as const;
const COMMITMENT_BYTES = 32;
const COMMITMENT_CHARACTERS = 64;
const COMMITMENT_KEY = '"body":"';
const BYTE_ORDER_MARK = 0xef;
/** A seed costs as much as so many salts. */
const SEED_IN_SALTS = SALT_SEED_BYTES / SALT_BYTES;

const SLOT = { hasSeed: 0, salt: 1, length: 5, hasBody: 5 + UINT_SLOTS, omitted: 6 + UINT_SLOTS } as const;
const SLOT_COUNT = SLOT.omitted + UINT_SLOTS;

/** What is to be written of one entry, in the form that was chosen for it. */
type Plan =
  | { readonly form: typeof FORM.json; readonly fields: HeaderFields; readonly tree: JsonTree }
  | { readonly form: typeof FORM.none; readonly fields: HeaderFields }
  | { readonly form: typeof FORM.bytes; readonly fields: HeaderFields; readonly body: Uint8Array }
  | { readonly form: typeof FORM.erased; readonly fields: HeaderFields; readonly commitment: string }
  | { readonly form: typeof FORM.foreign; readonly fields: null };

/** Everything that is learned from the entries of a content, in the order in which they stand. */
export class ContentColumns {
  readonly probabilities: Probabilities;
  readonly #headers: HeaderColumns;
  readonly #bodies: Map<string, BodyPlace>;
  readonly #places: PlaceCount;
  readonly #strings: KnownList;
  readonly #references: Map<string, ReferenceColumn>;
  readonly #slots: number;

  constructor(probabilities: Probabilities, parts?: { readonly headers: HeaderColumns; readonly bodies: Map<string, BodyPlace>; readonly places: PlaceCount; readonly strings: KnownList; readonly references: Map<string, ReferenceColumn>; readonly slots: number }) {
    this.probabilities = probabilities;
    this.#headers = parts?.headers ?? new HeaderColumns();
    this.#bodies = parts?.bodies ?? new Map();
    this.#places = parts?.places ?? { places: 0 };
    this.#strings = parts?.strings ?? new KnownList();
    this.#references = parts?.references ?? new Map();
    this.#slots = parts?.slots ?? probabilities.reserve(SLOT_COUNT);
  }

  /** A fresh start from what was learned: without patients, ids, moments. */
  copy(): ContentColumns {
    const places = { places: 0 };
    return new ContentColumns(this.probabilities.copy(), {
      headers: this.#headers.copy(),
      bodies: new Map([...this.#bodies].map(([kind, place]) => [kind, place.copy(places)])),
      places,
      strings: this.#strings.copy(),
      references: new Map([...this.#references].map(([name, column]) => [name, column.copy()])),
      slots: this.#slots,
    });
  }

  /** For the entries of one content; use a copy for each. */
  open(sha256: Sha256, coder: Coder, texts: TextColumn, budget: Budget): RunCoder {
    const now: Circumstances = {
      coder, budget, texts, records: new RecordTable(), hexes: new HexTable(), strings: this.#strings, references: this.#references, lastReferences: new Map(),
      at: 0, origin: 0, times: new Map(), patient: null, patientNumber: 0, record: null, previousString: 0,
    };
    return new RunCoder({ sha256, now, headers: this.#headers, bodies: this.#bodies, places: this.#places, slots: this.#slots });
  }
}

type RunParts = { readonly sha256: Sha256; readonly now: Circumstances; readonly headers: HeaderColumns; readonly bodies: Map<string, BodyPlace>; readonly places: PlaceCount; readonly slots: number };

/** Writes or reads runs, one after the other. */
export class RunCoder {
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  write(run: ColumnRun, entries: readonly ColumnEntry[], seed: Uint8Array | null): void {
    this.#begin(run);
    const salts = seed === null ? null : saltsFrom(this.#parts.sha256, seed);
    const derived = entries.map(({ salt }, index) => salts !== null && equalBytes(salt, salts(run.from + index)));
    // The first run of a segment brings the seed along, so that its receiver has it for others.
    const sent = derived.filter(Boolean).length >= SEED_IN_SALTS || (run.from === 0 && derived.includes(true)) ? seed : null;
    this.#codeSeed(sent);
    let { previous } = run;
    for (const [index, entry] of entries.entries()) {
      const isDerived = sent !== null && derived[index] === true;
      this.#write(run, run.from + index, entry, isDerived ? SALT.derived : entry.salt.length === 0 ? SALT.none : SALT.whole);
      previous = entry.hash ?? chainHash(this.#parts.sha256, previous, entry.headerText);
      this.#parts.now.hexes.addHash(previous);
    }
  }

  read(run: ColumnRun): { readonly entries: readonly ReadEntry[]; readonly seed: Uint8Array | null } {
    this.#begin(run);
    const seed = this.#codeSeed(null);
    const salts = seed === null ? null : saltsFrom(this.#parts.sha256, seed);
    const entries: ReadEntry[] = [];
    let previous = run.previous;
    for (let sequence = run.from; sequence < run.from + run.count; sequence += 1) {
      const entry = this.#read(run, sequence, previous, salts);
      entries.push(entry);
      previous = entry.hash;
    }
    return { entries, seed };
  }

  /** A run that both sides hold: what follows is written as if it stood before it. Of salts nothing can be learned. */
  learn(run: ColumnRun, entries: readonly ColumnEntry[]): void {
    this.#begin(run);
    let { previous } = run;
    for (const [index, entry] of entries.entries()) {
      this.#write(run, run.from + index, entry, null);
      previous = entry.hash ?? chainHash(this.#parts.sha256, previous, entry.headerText);
      this.#parts.now.hexes.addHash(previous);
    }
  }

  /** From here on with these. */
  goOn({ coder, texts, budget }: Pick<Circumstances, 'coder' | 'texts' | 'budget'>): void {
    const { now } = this.#parts;
    now.coder = coder;
    now.texts = texts;
    now.budget = budget;
  }

  #begin(run: ColumnRun): void {
    const { now, headers } = this.#parts;
    now.records.segments.begin(run.segment);
    now.hexes.known.add(run.segment);
    now.hexes.addHash(run.previous);
    headers.beginRun(run.from);
    now.times.set(run.segment, { from: run.from, at: [] });
  }

  #codeSeed(seed: Uint8Array | null): Uint8Array | null {
    const { now: { coder }, slots } = this.#parts;
    return coder.bit(slots + SLOT.hasSeed, seed === null ? 0 : 1) === 0 ? null : codeBytes(coder, SALT_SEED_BYTES, seed);
  }

  #write(run: ColumnRun, sequence: number, entry: ColumnEntry, saltForm: number | null): void {
    const { now, headers, slots } = this.#parts;
    const { coder } = now;
    now.records.segments.sequence = sequence;
    const plan = this.#plan(run, sequence, entry, saltForm === null);
    headers.codeForm(coder, plan.form);
    if (saltForm !== null) codeTree(coder, slots + SLOT.salt, 2, saltForm);
    if (saltForm === SALT.whole) codeBytes(coder, SALT_BYTES, entry.salt);
    if (plan.form === FORM.foreign) {
      this.#writeForeign(entry);
    } else {
      const { kind } = headers.code(now, plan.fields);
      if (plan.form === FORM.json) this.#body(kind).code(now, plan.tree);
      if (plan.form === FORM.bytes) this.#codeLong(plan.body, ENTRY_MAX_BYTES);
      if (plan.form === FORM.erased) codeBytes(coder, COMMITMENT_BYTES, fromHex(plan.commitment));
    }
  }

  /** `isHeld`: whoever holds it has checked what it commits to. */
  #plan(run: ColumnRun, sequence: number, { headerText, salt, body }: ColumnEntry, isHeld: boolean): Plan {
    const { now: { budget }, headers, sha256 } = this.#parts;
    const fields = readHeaderText(headerText, run.segment, sequence);
    const foreign = { form: FORM.foreign, fields: null };
    // A value takes at least two characters, so that more cannot come out than this.
    const fits = headerText.length + (body?.length ?? 0) < 2 * budget.valuesLeft();
    if (fields === null || !headers.takes(fields) || !fits) return foreign;
    if (body === null) return fields.body === null ? { form: FORM.none, fields } : { form: FORM.erased, fields, commitment: fields.body };
    if (!isHeld && fields.body !== toHex(bodyCommitment(sha256, salt, body))) return foreign;
    const tree = body[0] === BYTE_ORDER_MARK ? null : treeOfBytes(body);
    return tree === null ? { form: FORM.bytes, fields, body } : { form: FORM.json, fields, tree };
  }

  #read(run: ColumnRun, sequence: number, previous: Uint8Array, salts: ((sequence: number) => Uint8Array) | null): ReadEntry {
    const { sha256, now, headers, slots } = this.#parts;
    const { coder, budget } = now;
    now.records.segments.sequence = sequence;
    const form = headers.codeForm(coder, 0);
    const salt = this.#readSalt(codeTree(coder, slots + SLOT.salt, 2, 0), sequence, salts);
    const read = form === FORM.foreign ? this.#readForeign(salt) : this.#readOwn(run, sequence, form, salt);
    budget.text(read.headerText.length + salt.length);
    if (read.headerText.length > ENTRY_HEADER_MAX_BYTES) throw new MalformedBytes('header too long');
    const hash = chainHash(sha256, previous, read.headerText);
    now.hexes.addHash(hash);
    return { ...read, salt, hash };
  }

  #readOwn(run: ColumnRun, sequence: number, form: number, salt: Uint8Array): Omit<ReadEntry, 'salt' | 'hash'> {
    const { sha256, now } = this.#parts;
    const fields = this.#parts.headers.code(now, null);
    const finish = (body: Uint8Array | null, commitment: string | null): Omit<ReadEntry, 'salt' | 'hash'> => {
      // The fields are this entry's own, and a copy of each would cost as much as reading half of them.
      const header: HeaderFields = Object.assign(fields, { body: commitment });
      return { headerText: renderHeader(header, run.segment, sequence), body, header };
    };
    switch (form) {
      case FORM.none: return finish(null, null);
      case FORM.erased: return finish(null, toHex(codeBytes(now.coder, COMMITMENT_BYTES, null)));
      case FORM.json: case FORM.bytes: {
        const body = form === FORM.json ? utf8(this.#body(fields.kind).code(now, null)) : this.#codeLong(null, ENTRY_MAX_BYTES);
        return finish(body, toHex(bodyCommitment(sha256, salt, body)));
      }
      default: throw new MalformedBytes('no such form');
    }
  }

  #readSalt(form: number, sequence: number, salts: ((sequence: number) => Uint8Array) | null): Uint8Array {
    if (form === SALT.none) return new Uint8Array();
    if (form === SALT.whole) return codeBytes(this.#parts.now.coder, SALT_BYTES, null);
    if (form !== SALT.derived || salts === null) throw new MalformedBytes('no such salt');
    return salts(sequence);
  }

  #body(kind: string): BodyPlace {
    const { bodies, places } = this.#parts;
    const known = bodies.get(kind);
    if (known !== undefined) return known;
    const place = new BodyPlace('', places);
    bodies.set(kind, place);
    return place;
  }

  #codeLong(bytes: Uint8Array | null, max: number): Uint8Array {
    const { now: { coder, texts, budget }, slots } = this.#parts;
    const length = codeUint(coder, slots + SLOT.length, bytes?.length ?? 0);
    if (length > max) throw new MalformedBytes('too long');
    budget.text(length);
    return texts.bytes(coder, length, bytes);
  }

  /** A header that has no columns travels as its text; only a commitment that the receiver can compute is left out. */
  #writeForeign({ headerText, salt, body }: ColumnEntry): void {
    const { now: { coder }, slots, sha256 } = this.#parts;
    const at = body === null ? -1 : commitmentAt(headerText, toHex(bodyCommitment(sha256, salt, body)));
    codeUint(coder, slots + SLOT.omitted, at + 1);
    this.#codeLong(utf8(at < 0 ? headerText : headerText.slice(0, at) + headerText.slice(at + COMMITMENT_CHARACTERS)), ENTRY_HEADER_MAX_BYTES * 4);
    if (coder.bit(slots + SLOT.hasBody, body === null ? 0 : 1) === 1) this.#codeLong(body, ENTRY_MAX_BYTES);
  }

  #readForeign(salt: Uint8Array): Omit<ReadEntry, 'salt' | 'hash'> {
    const { now: { coder }, slots, sha256 } = this.#parts;
    const at = codeUint(coder, slots + SLOT.omitted, 0) - 1;
    const text = readUtf8(this.#codeLong(null, ENTRY_HEADER_MAX_BYTES * 4));
    const body = coder.bit(slots + SLOT.hasBody, 0) === 1 ? this.#codeLong(null, ENTRY_MAX_BYTES) : null;
    if (at < 0) return { headerText: text, body, header: null };
    if (body === null || at > text.length) throw new MalformedBytes('commitment left out without a body');
    return { headerText: text.slice(0, at) + toHex(bodyCommitment(sha256, salt, body)) + text.slice(at), body, header: null };
  }
}

function commitmentAt(headerText: string, commitment: string): number {
  const at = headerText.indexOf(COMMITMENT_KEY + commitment);
  return at < 0 ? -1 : at + COMMITMENT_KEY.length;
}

function treeOfBytes(body: Uint8Array): JsonTree | null {
  let text: string;
  try {
    text = readUtf8(body);
  } catch {
    return null;
  }
  return treeOf(text);
}
