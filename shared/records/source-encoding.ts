import type { JsonFaultCode } from './json-fault.ts';

/** Why the beginning of a file shows that it cannot be FHIR JSON in UTF-8. */
export type EncodingFaultCode = 'utf-16' | 'utf-32' | 'compressed' | 'xml' | 'not-an-object' | 'not-json';

/** So many first bytes settle the encoding (RFC 4627 section 3 told them apart the same way). */
export const ENCODING_PROBE_BYTES = 4;
export const UTF8_BOM_BYTES = 3;

export type SourceEncoding = { readonly ok: true; readonly skip: number } | { readonly ok: false; readonly code: EncodingFaultCode };

function isSet(byte: number | undefined): boolean {
  return byte !== undefined && byte !== 0;
}

/** Judges the first bytes of a file (up to four; fewer only when the file is shorter). `skip` steps over a UTF-8 mark. */
export function sniffEncoding(head: Uint8Array): SourceEncoding {
  const [a, b, c, d] = head;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { ok: true, skip: UTF8_BOM_BYTES };
  if (a === 0xff && b === 0xfe) return { ok: false, code: c === 0 && d === 0 ? 'utf-32' : 'utf-16' };
  if (a === 0xfe && b === 0xff) return { ok: false, code: 'utf-16' };
  if (a === 0 && b === 0 && ((c === 0xfe && d === 0xff) || (c === 0 && isSet(d)))) return { ok: false, code: 'utf-32' };
  if (isSet(a) && b === 0 && c === 0 && d === 0) return { ok: false, code: 'utf-32' };
  if ((isSet(a) && b === 0 && isSet(c) && d === 0) || (a === 0 && isSet(b) && c === 0 && isSet(d))) return { ok: false, code: 'utf-16' };
  const isGzip = a === 0x1f && b === 0x8b;
  const isZip = a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04;
  if (isGzip || isZip) return { ok: false, code: 'compressed' };
  return { ok: true, skip: 0 };
}

/** Names what stands where the first brace of a file should. */
export function nameFirstByte(byte: number): EncodingFaultCode | JsonFaultCode {
  if (byte === 0) return 'nul-byte';
  if (byte === 0x3c) return 'xml';
  if (byte === 0x2f) return 'comment';
  const isScalarStart = byte === 0x5b || byte === 0x22 || byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
  return isScalarStart ? 'not-an-object' : 'not-json';
}
