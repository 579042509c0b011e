import { JsonUnit } from './json-unit.ts';

/** One element of `Bundle.entry` on its way through the chunks, and where in it the resource stands. */
export class BundleElement extends JsonUnit {
  /** Offsets from the element's own beginning; equal when no resource was seen. */
  resourceFrom = 0;
  resourceTo = 0;

  override begin(offset: number, line: number, chunkIndex: number): void {
    super.begin(offset, line, chunkIndex);
    this.resourceFrom = 0;
    this.resourceTo = 0;
  }

  /** Wherever the scanner stopped short of the end; `at` is the index behind that byte. */
  note(chunk: Uint8Array, base: number, at: number): void {
    const { scanner } = this;
    const offset = base + at - this.start;
    if (scanner.stop === 'name') {
      scanner.watching = this.#namesResource(chunk, base);
    } else if (scanner.stop === 'opened') {
      this.resourceFrom = offset - 1;
    } else if (scanner.stop === 'closed') {
      this.resourceTo = offset;
      scanner.watching = false;
    } else if (scanner.stop === 'string') scanner.watching = false;
  }

  #namesResource(chunk: Uint8Array, base: number): boolean {
    const length = this.scanner.stringEnd - this.scanner.stringStart;
    if (!this.scanner.stringEscaped && length !== 'resource'.length) return false;
    return this.lastString(chunk, base) === 'resource';
  }
}
