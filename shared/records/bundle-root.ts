import { ok, refuse, type Result } from '../base/result.ts';
import { findHazard } from './json-checks.ts';
import type { JsonScanner } from './json-scanner.ts';
import { JsonUnit } from './json-unit.ts';
import type { JsonObject } from './json.ts';
import type { ParsedUnit } from './resource-entry.ts';

/** Names that an entry of a Bundle may have (FHIR R4 bundle-definitions) and an entry of a List may not. */
const BUNDLE_ENTRY_NAMES = ['resource', 'fullUrl', 'request', 'response', 'search', 'link'];

/**
 * An outermost object that may turn out to be a Bundle, whose entries are then read one by one and not kept, or
 * any other resource, which is kept whole. `resourceType` decides, wherever it stands; before it is seen, the
 * first element of an `entry` array does, because a List has an `entry` too.
 */
export class BundleRoot extends JsonUnit {
  kind: 'undecided' | 'bundle' | 'resource' = 'undecided';
  /** The entries of a bundle pass by without being kept. */
  paused = false;
  #watchedName: 'entry' | 'resourceType' = 'entry';
  #sawEntries = false;
  #keptAtEntries = 0;
  #resumedOffset = 0;
  #resumedLine = 1;

  override begin(offset: number, line: number, chunkIndex: number): void {
    super.begin(offset, line, chunkIndex);
    this.kind = 'undecided';
    this.paused = false;
    this.#sawEntries = false;
  }

  /** At the colon behind a member's name. False when a bundle names its entries twice. */
  noteName(chunk: Uint8Array, base: number): boolean {
    this.scanner.watching = false;
    if (this.kind === 'resource') return true;
    const name = this.lastString(chunk, base);
    if (name !== 'entry' && name !== 'resourceType') return true;
    this.#watchedName = name;
    this.scanner.watching = true;
    return name !== 'entry' || !this.#sawEntries;
  }

  /** At the end of a watched member's string. */
  noteString(chunk: Uint8Array, base: number): void {
    this.scanner.watching = false;
    if (this.#watchedName !== 'resourceType') return;
    const type = this.lastString(chunk, base);
    if (type === 'Bundle') this.kind = 'bundle';
    else if (this.kind === 'undecided') this.kind = 'resource';
  }

  /** At the bracket of a watched member. True when the entries of what may be a bundle begin. */
  noteOpened(chunk: Uint8Array, at: number, isArray: boolean): boolean {
    this.scanner.watching = false;
    if (this.#watchedName !== 'entry' || !isArray) return false;
    this.#sawEntries = true;
    this.absorb(chunk, at);
    this.#keptAtEntries = this.bufferedLength;
    this.paused = this.kind === 'bundle';
    return true;
  }

  /** Decides by the first element of `entry`; true for a bundle. */
  decideBy(element: JsonObject, scanned: JsonScanner): boolean {
    if (Object.hasOwn(element, 'item') && !BUNDLE_ENTRY_NAMES.some((name) => Object.hasOwn(element, name))) {
      this.scanner.include(scanned);
      this.becomeResource();
      return false;
    }
    this.becomeBundle();
    return true;
  }

  becomeBundle(): void {
    this.kind = 'bundle';
    this.truncate(this.#keptAtEntries);
    this.paused = true;
  }

  becomeResource(): void {
    this.kind = 'resource';
  }

  /** At the bracket that ends the entries. */
  resume(offset: number, line: number, chunkIndex: number): void {
    this.#resumedOffset = offset;
    this.#resumedLine = line;
    if (this.paused) this.loose = chunkIndex;
    this.paused = false;
  }

  /** Where in the file a mistake in the kept bytes stands, the passed entries counted. */
  locate(mistake: ParsedUnit & { ok: false }): { readonly offset: number; readonly line: number } {
    if (this.kind !== 'bundle' || mistake.offset < this.#keptAtEntries || !this.#sawEntries) return { offset: this.start + mistake.offset, line: this.line + mistake.newlines };
    const kept = this.buffered();
    let newlines = 0;
    for (let at = this.#keptAtEntries; at < mistake.offset; at += 1) if (kept[at] === 0x0a) newlines += 1;
    return { offset: this.#resumedOffset + mistake.offset - this.#keptAtEntries, line: this.#resumedLine + newlines };
  }

  /** Checks what is left of a bundle when its entries have passed. */
  readEnvelope(unit: ParsedUnit & { ok: true }): Result<{ readonly type: string | null }, 'duplicate-key' | 'malformed-bundle'> {
    const hazard = findHazard(unit.text, unit.value, this.scanner);
    if (hazard === 'duplicate-key') return refuse('duplicate-key');
    const { resourceType, entry, type } = unit.value as { resourceType?: unknown; entry?: unknown; type?: unknown };
    const entriesPassed = entry === undefined || (Array.isArray(entry) && entry.length === 0);
    if (hazard === 'prototype-key' || resourceType !== 'Bundle' || !entriesPassed) return refuse('malformed-bundle');
    return ok({ type: typeof type === 'string' ? type : null });
  }
}
