import type { Fault } from '../../shared/base/result.ts';
import type { VersionVerdict } from '../../shared/records/fhir-version.ts';
import type { SourcePosition, StreamFault, StreamFaultCode } from '../../shared/records/resource-events.ts';
import type { StoreFault } from '../store/store.ts';

/** Why a file as a whole is refused. `where` holds positions and rule names, never a word of the content. */
export type FileFaultCode = 'NOT_JSON' | 'TRUNCATED' | 'WRONG_ENCODING' | 'NOT_FHIR' | 'TOO_LARGE' | 'EMPTY' | 'UNSUPPORTED_FHIR_VERSION' | 'FILE_UNREADABLE' | 'CANCELLED' | StoreFault;
export type FileFault = { readonly code: FileFaultCode; readonly where: string | null };

const BY_STREAM_CODE: Readonly<Record<StreamFaultCode, FileFaultCode>> = {
  'bad-escape': 'NOT_JSON',
  'bad-number': 'NOT_JSON',
  comment: 'NOT_JSON',
  'content-after-end': 'NOT_JSON',
  'control-character': 'NOT_JSON',
  'mismatched-bracket': 'NOT_JSON',
  'missing-colon': 'NOT_JSON',
  'missing-comma': 'NOT_JSON',
  'nul-byte': 'NOT_JSON',
  'single-quote': 'NOT_JSON',
  'trailing-comma': 'NOT_JSON',
  truncated: 'TRUNCATED',
  'unexpected-character': 'NOT_JSON',
  'unquoted-text': 'NOT_JSON',
  'utf-16': 'WRONG_ENCODING',
  'utf-32': 'WRONG_ENCODING',
  compressed: 'WRONG_ENCODING',
  xml: 'NOT_JSON',
  'not-an-object': 'NOT_FHIR',
  'not-json': 'NOT_JSON',
  empty: 'EMPTY',
  'invalid-utf8': 'WRONG_ENCODING',
  'too-deep': 'TOO_LARGE',
  'resource-too-large': 'TOO_LARGE',
  'too-many-entries': 'TOO_LARGE',
  'malformed-bundle': 'NOT_FHIR',
  'duplicate-key': 'NOT_JSON',
};

export function streamFault({ code, at }: StreamFault): FileFault {
  return { code: BY_STREAM_CODE[code], where: `${code} at ${positionText(at)}` };
}

/** `entry[3], line 12, byte 4031`: the entry as FHIRPath counts, lines from 1, bytes from 0. */
export function positionText({ entry, line, offset }: SourcePosition): string {
  const place = `line ${line}, byte ${offset}`;
  return entry === null ? place : `entry[${entry}], ${place}`;
}

/** `STU3: Observation.context in 48 of 94 resources`; null for R4. */
export function versionFault({ release, evidence, resources }: VersionVerdict): FileFault | null {
  if (release === 'R4') return null;
  const first = evidence[0];
  const why = first === undefined ? '' : `: ${first.rule} in ${first.resources} of ${resources} resources`;
  return { code: 'UNSUPPORTED_FHIR_VERSION', where: `${release}${why}` };
}

export function storeFileFault(fault: Fault<StoreFault>): FileFault {
  const sqlite = fault.detail?.['sqlite'];
  return { code: fault.code, where: typeof sqlite === 'string' ? sqlite : null };
}
