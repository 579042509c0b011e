import { assertHolds } from '../base/result.ts';
import { concatBytes } from '../base/bytes.ts';
import { BundleElement } from './bundle-element.ts';
import { BundleRoot } from './bundle-root.ts';
import { isWhitespaceByte, nameUnexpected, type JsonExpectation } from './json-fault.ts';
import type { JsonUnit } from './json-unit.ts';
import { nameMistake, parseUnit, readBareResource, readBundleEntry, type ParsedUnit, type ReadEntry } from './resource-entry.ts';
import { STREAM_LIMITS, type ResourceStreamEvent, type StreamFaultCode, type StreamLimits } from './resource-events.ts';
import { ENCODING_PROBE_BYTES, nameFirstByte, sniffEncoding } from './source-encoding.ts';

/**
 * Takes a file of FHIR JSON piece by piece and hands out its resources: a Bundle with its members in any order, a
 * resource on its own, or NDJSON (a resource or a bundle per line), told apart by content. A byte slice may be
 * overwritten once `feed` has returned. After a `fault` nothing more comes: the file as a whole is refused, also
 * the resources handed out before.
 */
export type ResourceStream = {
  feed(chunk: Uint8Array): readonly ResourceStreamEvent[];
  /** Call once, after the last byte: gives a fault, or an `end` with the totals. */
  end(): readonly ResourceStreamEvent[];
};

/** Holds at most one entry and one chunk at a time, whatever the size of the file. */
export function createResourceStream(limits: StreamLimits = STREAM_LIMITS): ResourceStream {
  return new Reader(limits);
}

type Phase = 'head' | 'between' | 'root' | 'elements' | 'element' | 'closed';

const NEWLINE = 0x0a;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;

class Reader implements ResourceStream {
  readonly #limits: StreamLimits;
  readonly #root: BundleRoot;
  readonly #element: BundleElement;
  #events: ResourceStreamEvent[] = [];
  #phase: Phase = 'head';
  #head = new Uint8Array(0);
  /** Stream offset of the current chunk's first byte. */
  #base = 0;
  #line = 1;
  #entries = 0;
  #resources = 0;
  #problems = 0;
  #roots = 0;
  #newlineSinceRoot = false;
  #someRootSpansLines = false;
  #bundleType: string | null = null;
  #sawBundle = false;
  #expectation: JsonExpectation = 'value-or-end';

  constructor(limits: StreamLimits) {
    this.#limits = limits;
    this.#root = new BundleRoot(limits.depthMax);
    // The entry around a resource nests one level more.
    this.#element = new BundleElement(limits.depthMax + 1);
  }

  feed(chunk: Uint8Array): readonly ResourceStreamEvent[] {
    this.#events = [];
    if (this.#phase !== 'head') {
      this.#read(chunk, 0);
    } else {
      const joined = this.#head.length === 0 ? chunk : concatBytes(this.#head, chunk);
      if (joined.length >= ENCODING_PROBE_BYTES) this.#readHead(joined);
      else this.#head = concatBytes(joined);
    }
    return this.#events;
  }

  end(): readonly ResourceStreamEvent[] {
    this.#events = [];
    if (this.#phase === 'head') this.#readHead(this.#head);
    if (this.#phase === 'between') {
      if (this.#roots === 0) this.#fault('empty', this.#base, this.#line);
      else this.#finish();
    } else if (this.#phase === 'element') {
      this.#faultIn(this.#element, nameMistake(this.#element.buffered(), 'truncated'));
    } else if (this.#phase === 'root') {
      this.#faultInRoot(nameMistake(this.#root.buffered(), 'truncated'));
    } else if (this.#phase === 'elements') {
      this.#fault('truncated', this.#base, this.#line);
    }
    this.#phase = 'closed';
    return this.#events;
  }

  #readHead(head: Uint8Array): void {
    const encoding = sniffEncoding(head);
    if (!encoding.ok) return this.#fault(encoding.code, 0, 1);
    this.#phase = 'between';
    this.#read(head, encoding.skip);
  }

  #read(chunk: Uint8Array, from: number): void {
    let at = from;
    while (at < chunk.length && this.#phase !== 'closed') {
      if (this.#phase === 'element') at = this.#readElement(chunk, at);
      else if (this.#phase === 'elements') at = this.#readBetweenElements(chunk, at);
      else if (this.#phase === 'root') at = this.#readRoot(chunk, at);
      else at = this.#readBetween(chunk, at);
    }
    if (this.#phase === 'element') this.#keep(this.#element, chunk);
    if (this.#phase !== 'closed' && this.#phase !== 'between' && !this.#root.paused) this.#keep(this.#root, chunk);
    this.#base += chunk.length;
  }

  #keep(unit: JsonUnit, chunk: Uint8Array): void {
    unit.absorb(chunk, chunk.length);
    unit.loose = 0;
    if (unit.bufferedLength <= this.#limits.resourceMaxBytes) return;
    if (unit === this.#root && this.#root.kind === 'undecided' && this.#phase !== 'root') this.#root.becomeBundle();
    else this.#faultTooLarge(unit, unit.buffered());
  }

  /** Whitespace before, between and behind the outermost objects. */
  #readBetween(chunk: Uint8Array, from: number): number {
    let at = from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === NEWLINE) {
        this.#line += 1;
        this.#newlineSinceRoot = true;
      } else if (!isWhitespaceByte(byte)) {
        break;
      }
    }
    const byte = chunk[at];
    if (byte === undefined) return at;
    const follows = this.#roots > 0;
    if (follows && (byte !== OPEN_OBJECT || !this.#newlineSinceRoot || this.#someRootSpansLines)) this.#fault('content-after-end', this.#base + at, this.#line);
    else if (byte !== OPEN_OBJECT) this.#fault(nameFirstByte(byte), this.#base + at, this.#line);
    else {
      this.#root.begin(this.#base + at, this.#line, at);
      this.#phase = 'root';
    }
    return at;
  }

  #scan(unit: JsonUnit, chunk: Uint8Array, at: number): number {
    const before = unit.scanner.newlines;
    const next = unit.scanner.scan(chunk, at, this.#base);
    this.#line += unit.scanner.newlines - before;
    return next;
  }

  #readRoot(chunk: Uint8Array, from: number): number {
    const root = this.#root;
    const at = this.#scan(root, chunk, from);
    const { stop } = root.scanner;
    if (stop === 'name') {
      if (!root.noteName(chunk, this.#base)) this.#fault('duplicate-key', root.scanner.stringStart, this.#line);
    } else if (stop === 'string') root.noteString(chunk, this.#base);
    else if (stop === 'opened') {
      if (root.noteOpened(chunk, at, chunk[at - 1] === OPEN_ARRAY)) {
        this.#expectation = 'value-or-end';
        this.#phase = 'elements';
      }
    } else if (stop === 'too-deep') this.#fault('too-deep', this.#base + at - 1, this.#line);
    else if (stop === 'end') this.#finishRoot(root.bytes(chunk, at));
    return at;
  }

  #finishRoot(bytes: Uint8Array): void {
    const root = this.#root;
    if (bytes.length > this.#limits.resourceMaxBytes) return this.#faultTooLarge(root, bytes);
    const spansLines = this.#line !== root.line;
    if (this.#roots > 0 && spansLines) return this.#fault('content-after-end', root.start, root.line);
    const unit = parseUnit(bytes);
    if (!unit.ok) return this.#faultInRoot(unit);
    if (root.kind === 'bundle') {
      const envelope = root.readEnvelope(unit);
      if (!envelope.ok) return this.#fault(envelope.fault.code, root.start, root.line);
      this.#sawBundle = true;
      this.#bundleType = envelope.value.type;
    } else if (unit.value['resourceType'] === 'Bundle') {
      return this.#fault('malformed-bundle', root.start, root.line);
    } else {
      const at = this.#nextEntry(root);
      if (at !== null) this.#deliver(readBareResource(bytes, unit, root.scanner, at), at);
    }
    if (this.#phase === 'closed') return;
    this.#roots += 1;
    this.#newlineSinceRoot = false;
    this.#someRootSpansLines ||= spansLines;
    this.#phase = 'between';
  }

  /** Commas and whitespace between the entries of a bundle. */
  #readBetweenElements(chunk: Uint8Array, from: number): number {
    let at = from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (isWhitespaceByte(byte)) {
        if (byte === NEWLINE) this.#line += 1;
      } else if (byte === COMMA && this.#expectation === 'comma-or-end') {
        this.#expectation = 'value-after-comma';
      } else break;
    }
    const byte = chunk[at];
    if (byte === undefined) return at;
    if (byte === CLOSE_ARRAY && this.#expectation !== 'value-after-comma') {
      this.#root.resume(this.#base + at, this.#line, at);
      this.#phase = 'root';
    } else if (this.#expectation === 'comma-or-end') {
      this.#fault(nameUnexpected(byte, this.#expectation), this.#base + at, this.#line);
    } else if (byte === OPEN_OBJECT) {
      this.#element.begin(this.#base + at, this.#line, at);
      this.#phase = 'element';
    } else if (this.#root.kind === 'undecided') {
      this.#root.becomeResource();
      this.#phase = 'root';
    } else {
      const isOtherValue = '"[-0123456789tfn'.includes(String.fromCharCode(byte));
      this.#fault(isOtherValue ? 'malformed-bundle' : nameUnexpected(byte, this.#expectation), this.#base + at, this.#line);
    }
    return at;
  }

  #readElement(chunk: Uint8Array, from: number): number {
    const element = this.#element;
    const at = this.#scan(element, chunk, from);
    if (element.scanner.stop === 'end') this.#finishElement(element.bytes(chunk, at));
    else if (element.scanner.stop === 'too-deep') this.#fault('too-deep', this.#base + at - 1, this.#line);
    else element.note(chunk, this.#base, at);
    return at;
  }

  #finishElement(bytes: Uint8Array): void {
    const element = this.#element;
    if (bytes.length > this.#limits.resourceMaxBytes) return this.#faultTooLarge(element, bytes);
    const unit = parseUnit(bytes);
    if (!unit.ok) return this.#faultIn(element, unit);
    if (this.#root.kind === 'undecided' && !this.#root.decideBy(unit.value, element.scanner)) {
      this.#phase = 'root';
      return;
    }
    const at = this.#nextEntry(element);
    if (at === null) return;
    this.#deliver(readBundleEntry(bytes, unit, element.scanner, element.resourceFrom, element.resourceTo, at), at);
    this.#expectation = 'comma-or-end';
    this.#phase = 'elements';
  }

  #nextEntry(unit: JsonUnit): { offset: number; line: number; entry: number } | null {
    if (this.#entries >= this.#limits.entriesMax) {
      this.#fault('too-many-entries', unit.start, unit.line);
      return null;
    }
    const at = { offset: unit.start, line: unit.line, entry: this.#entries };
    this.#entries += 1;
    return at;
  }

  #deliver(read: ReadEntry, at: { offset: number; line: number; entry: number }): void {
    if (read.ok) this.#resources += 1;
    else this.#problems += 1;
    this.#events.push(read.ok ? read.resource : { kind: 'problem', code: read.code, at });
  }

  #finish(): void {
    const shape = this.#roots > 1 ? 'ndjson' : this.#sawBundle ? 'bundle' : 'resource';
    this.#events.push({ kind: 'end', shape, bundleType: this.#bundleType, bytes: this.#base, resources: this.#resources, problems: this.#problems });
  }

  #fault(code: StreamFaultCode, offset: number, line: number): void {
    assertHolds(this.#phase !== 'closed', 'a stream reports one fault');
    const inEntry = this.#phase === 'element' || (this.#phase === 'root' && this.#root.kind !== 'bundle');
    this.#events.push({ kind: 'fault', code, at: { offset, line, entry: inEntry ? this.#entries : null } });
    this.#phase = 'closed';
  }

  #faultIn(unit: JsonUnit, mistake: ParsedUnit & { ok: false }): void {
    this.#fault(mistake.code, unit.start + mistake.offset, unit.line + mistake.newlines);
  }

  #faultInRoot(mistake: ParsedUnit & { ok: false }): void {
    const { offset, line } = this.#root.locate(mistake);
    this.#fault(mistake.code, offset, line);
  }

  #faultTooLarge(unit: JsonUnit, bytes: Uint8Array): void {
    // A missing quote or bracket swallows what follows it, so look for one before blaming the size.
    const mistake = nameMistake(bytes.subarray(0, this.#limits.resourceMaxBytes), 'resource-too-large');
    if (mistake.code === 'truncated') this.#fault('resource-too-large', unit.start, unit.line);
    else this.#faultIn(unit, mistake);
  }
}
