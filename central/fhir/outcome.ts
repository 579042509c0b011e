/** What a request is answered with. Bodies are FHIR JSON or NDJSON text, whole or in pieces. */
export type FhirResponse = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string | AsyncIterable<string> | null };

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';
export const NDJSON = 'application/fhir+ndjson';

/** Issue types of FHIR R4 (valueset-issue-type.html) with the HTTP status each is answered with. */
const STATUS = {
  invalid: 400, required: 400, value: 400, 'not-supported': 400, login: 401, forbidden: 403, 'not-found': 404, deleted: 410, conflict: 409, 'too-costly': 422, 'too-long': 413, throttled: 429, exception: 500,
} as const;
export type IssueCode = keyof typeof STATUS;

export type Issue = { readonly severity: 'error' | 'warning' | 'information'; readonly code: IssueCode; readonly diagnostics: string };

/** OperationOutcome; `diagnostics` never holds anything of a patient. */
export function outcomeOf(...issues: readonly Issue[]): object {
  return { resourceType: 'OperationOutcome', issue: issues };
}

export function refusal(code: IssueCode, diagnostics: string, status: number = STATUS[code], headers: Readonly<Record<string, string>> = {}): FhirResponse {
  return json(status, outcomeOf({ severity: 'error', code, diagnostics }), headers);
}

export function json(status: number, resource: object | string, headers: Readonly<Record<string, string>> = {}): FhirResponse {
  return { status, headers: { 'content-type': FHIR_JSON, ...headers }, body: typeof resource === 'string' ? resource : JSON.stringify(resource) };
}
