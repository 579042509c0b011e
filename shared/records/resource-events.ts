import { ENTRY_HEADER_MAX_BYTES, ENTRY_MAX_BYTES } from '../sync/limits.ts';
import type { EncodingFaultCode } from './source-encoding.ts';
import type { JsonFaultCode } from './json-fault.ts';
import type { JsonHazard } from './json-checks.ts';
import type { JsonObject } from './json.ts';

/** Why a whole file is refused. */
export type StreamFaultCode =
  | JsonFaultCode
  | EncodingFaultCode
  | 'empty'
  | 'invalid-utf8'
  | 'too-deep'
  | 'resource-too-large'
  | 'too-many-entries'
  | 'malformed-bundle'
  | 'duplicate-key';

/** Why one entry is passed over while the rest of its file stands. */
export type EntryProblemCode = JsonHazard | 'entry-without-resource' | 'no-resource-type';

/** Where in the file: byte offset from its beginning, line from 1, entry (or NDJSON record) from 0. */
export type SourcePosition = { readonly offset: number; readonly line: number; readonly entry: number | null };

/** `Bundle.entry.request` (FHIR R4 bundle-definitions), of transactions, batches and histories. */
export type EntryRequest = { readonly method: string | null; readonly url: string | null; readonly ifNoneExist: string | null };

/** One resource as it stands in its file. */
export type SourceResource = {
  readonly kind: 'resource';
  readonly at: SourcePosition & { readonly entry: number };
  readonly type: string;
  readonly fullUrl: string | null;
  readonly request: EntryRequest | null;
  /** The resource's own JSON text, whitespace between tokens removed, nothing else changed. */
  readonly text: string;
  readonly value: JsonObject;
};

export type EntryProblem = { readonly kind: 'problem'; readonly code: EntryProblemCode; readonly at: SourcePosition & { readonly entry: number } };
export type StreamFault = { readonly kind: 'fault'; readonly code: StreamFaultCode; readonly at: SourcePosition };
export type StreamEnd = {
  readonly kind: 'end';
  /** `ndjson` as soon as there are two records, or one that no bundle wraps and a newline ends. */
  readonly shape: 'bundle' | 'resource' | 'ndjson';
  /** `Bundle.type` of the last bundle. */
  readonly bundleType: string | null;
  readonly bytes: number;
  readonly resources: number;
  readonly problems: number;
};
export type ResourceStreamEvent = SourceResource | EntryProblem | StreamFault | StreamEnd;

/** One resource with the bundle entry around it, whitespace included. It has to fit into one entry of the ledger. */
export const RESOURCE_MAX_BYTES = ENTRY_MAX_BYTES - 2 * ENTRY_HEADER_MAX_BYTES;
/** Nesting of one resource; FHIR's own examples stay below 20. */
export const JSON_MAX_DEPTH = 64;
/** Entries of all bundles and lines of one file. */
export const BUNDLE_MAX_ENTRIES = 10_000_000;

export type StreamLimits = { readonly resourceMaxBytes: number; readonly depthMax: number; readonly entriesMax: number };
export const STREAM_LIMITS: StreamLimits = { resourceMaxBytes: RESOURCE_MAX_BYTES, depthMax: JSON_MAX_DEPTH, entriesMax: BUNDLE_MAX_ENTRIES };
