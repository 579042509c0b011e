/** A system that may read: its name, and what its token allows. */
export type ApiClient = { readonly id: string; readonly name: string; readonly scopes: readonly string[] };

/**
 * Scopes in the manner of SMART on FHIR system scopes: `system/*.read` or `system/Observation.read`, and `restricted`
 * for what is labelled as restricted. Nothing is allowed that no scope names.
 */
export const SCOPE = /^(?:system\/(?:\*|[A-Z][A-Za-z]{1,63})\.read|restricted)$/;

export function mayRead({ scopes }: ApiClient, type: string): boolean {
  return scopes.includes('system/*.read') || scopes.includes(`system/${type}.read`);
}

export function mayReadAll({ scopes }: ApiClient): boolean {
  return scopes.includes('system/*.read');
}

export function seesRestricted({ scopes }: ApiClient): boolean {
  return scopes.includes('restricted');
}

/** One access of a client to patients' data, kept before the data goes out (45 CFR 164.312(b)). */
export type ApiAccess = {
  readonly client: string;
  readonly interaction: string;
  readonly type: string | null;
  /** Names of the parameters asked with; never their values, which may name a patient. */
  readonly parameters: string;
  readonly patients: readonly string[];
  readonly count: number;
};

/** What the API needs kept: tokens and the record of who saw what. */
export type ClientDesk = {
  /** Null for a token nobody holds, one revoked or expired. */
  byToken(token: string): Promise<ApiClient | null>;
  note(access: ApiAccess): Promise<void>;
};
