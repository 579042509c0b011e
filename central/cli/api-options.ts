import { refuse, ok, type Result } from '../../shared/base/result.ts';
import { SCOPE } from '../fhir/clients.ts';

/** What is asked of the FHIR API on the command line. */
export type ApiCommand =
  | { readonly name: 'client-add'; readonly home: string; readonly json: boolean; readonly client: string; readonly scopes: readonly string[]; readonly days: number; readonly tokenFile: string }
  | { readonly name: 'client-revoke'; readonly home: string; readonly json: boolean; readonly client: string }
  | { readonly name: 'client-list'; readonly home: string; readonly json: boolean }
  | { readonly name: 'access-log'; readonly home: string; readonly json: boolean; readonly limit: number };

/** Where `serve` answers FHIR, and what it forwards. */
export type ApiServing = {
  readonly host: string;
  readonly port: number;
  readonly names: readonly string[];
  readonly forward: { readonly url: string; readonly tokenFile: string | null; readonly authorityFile: string | null } | null;
};

const DAYS_DEFAULT = 365;
const DAYS_MAX = 3650;
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 100_000;
const NAME_MAX_CHARACTERS = 100;

export const API_USAGE = `
  central client add NAME   --home DIR --token-file FILE [--scope SCOPE ...] [--days N] [--json]
  central client list       --home DIR [--json]
  central client revoke ID  --home DIR [--json]
  central access-log        --home DIR [--limit N] [--json]

serve --fhir HOST:PORT also answers FHIR R4 reads there, over TLS 1.3, to whoever has a token that client add made.
--fhir-name NAME is what clients call this server (once or more often; else HOST). --forward URL sends every new version
on to another FHIR R4 server; its bearer token stands in --forward-token-file, its authority in --forward-authority-file.
Scopes: system/*.read (the default), system/TYPE.read, and restricted for records that are labelled so.
`;

export type ApiValues = { readonly scope?: string[]; readonly days?: string; readonly limit?: string; readonly 'token-file'?: string };

/** `words` are the positional arguments after `client` or `access-log`. */
export function parseApiCommand(name: 'client' | 'access-log', words: readonly string[], values: ApiValues, common: { readonly home: string; readonly json: boolean }): Result<ApiCommand, 'USAGE'> {
  const usage = (what: string): Result<never, 'USAGE'> => refuse('USAGE', { what });
  const [verb, subject, ...rest] = words;
  if (name === 'access-log') {
    const limit = Number(values.limit ?? LIMIT_DEFAULT);
    if (words.length > 0) return usage('too many arguments');
    return Number.isInteger(limit) && limit > 0 && limit <= LIMIT_MAX ? ok({ name, ...common, limit }) : usage(`--limit takes a number up to ${LIMIT_MAX}`);
  }
  if (rest.length > 0) return usage('too many arguments');
  if (verb === 'list' && subject === undefined) return ok({ name: 'client-list', ...common });
  if (verb === 'revoke' && subject !== undefined) return /^[0-9a-f]{16}$/.test(subject) ? ok({ name: 'client-revoke', ...common, client: subject }) : usage('client revoke takes the id of a client');
  if (verb !== 'add' || subject === undefined) return usage('client takes add NAME, list, or revoke ID');
  const scopes = values.scope ?? ['system/*.read'];
  const bad = scopes.find((scope) => !SCOPE.test(scope));
  const days = Number(values.days ?? DAYS_DEFAULT);
  const tokenFile = values['token-file'];
  if (subject.length > NAME_MAX_CHARACTERS) return usage('the name is too long');
  if (bad !== undefined) return usage(`no scope ${bad}`);
  if (!(days > 0 && days <= DAYS_MAX)) return usage(`--days takes a number up to ${DAYS_MAX}`);
  if (tokenFile === undefined || tokenFile === '') return usage('--token-file FILE is needed: the token is written there and shown nowhere');
  return ok({ name: 'client-add', ...common, client: subject, scopes, days, tokenFile });
}

export type ServingValues = { readonly fhir?: string; readonly 'fhir-name'?: string[]; readonly forward?: string; readonly 'forward-token-file'?: string; readonly 'forward-authority-file'?: string };

/** Null where no API is asked for. */
export function parseServing(values: ServingValues, parseAddress: (text: string) => { readonly host: string; readonly port: number } | null): Result<ApiServing | null, 'USAGE'> {
  const extras = [values['fhir-name'], values.forward, values['forward-token-file'], values['forward-authority-file']].some((value) => value !== undefined);
  if (values.fhir === undefined) return extras ? refuse('USAGE', { what: '--fhir HOST:PORT is needed for what belongs to it' }) : ok(null);
  const address = parseAddress(values.fhir);
  if (address === null) return refuse('USAGE', { what: '--fhir takes HOST:PORT' });
  if (values.forward !== undefined && !/^https:\/\/[^\s?#]+$/.test(values.forward)) return refuse('USAGE', { what: '--forward takes an https address' });
  const forward = values.forward === undefined ? null : { url: values.forward.replace(/\/$/, ''), tokenFile: values['forward-token-file'] ?? null, authorityFile: values['forward-authority-file'] ?? null };
  return ok({ ...address, names: values['fhir-name'] ?? [address.host], forward });
}
