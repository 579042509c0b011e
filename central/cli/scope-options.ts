import { RecordId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { EVERYTHING, ScopeRule } from '../../shared/sync/scope.ts';
import { isDeviceId } from './orders-options.ts';

/** Which patients a workstation holds, on the command line. */
export type ScopeCommand = { readonly home: string; readonly json: boolean; readonly device: string } & (
  | { readonly name: 'scope-show' }
  | { readonly name: 'scope-set'; readonly rule: ScopeRule }
  | { readonly name: 'site-set'; /** Null: it stands nowhere. */ readonly site: string | null }
);

export const SCOPE_USAGE = `
  central device-scope DEVICE                        --home DIR [--json]
  central device-scope DEVICE --everything           --home DIR [--json]
  central device-scope DEVICE [--catchment CODE ...] [--patient ID ...]  --home DIR [--json]
  central device-site DEVICE CODE | --nowhere        --home DIR [--json]

A workstation holds the records of every patient unless device-scope says of whom: those seen at the named places, and those
named by record id (a referral). device-site says where a workstation stands: whoever it writes about was seen there.
A workstation that cannot hold a part of the records is refused (VERSION) while its scope is not everything.
`;

export const SCOPE_OPTIONS = { everything: { type: 'boolean' }, catchment: { type: 'string', multiple: true }, patient: { type: 'string', multiple: true }, nowhere: { type: 'boolean' } } as const;
export const SCOPE_WORDS = ['device-scope', 'device-site'] as const;
export type ScopeWord = (typeof SCOPE_WORDS)[number];
/** Options of one command only. */
export const SCOPE_OWN_OPTIONS: Readonly<Record<ScopeWord, readonly string[]>> = { 'device-scope': ['everything', 'catchment', 'patient'], 'device-site': ['nowhere'] };
export type ScopeValues = { readonly everything?: boolean; readonly catchment?: string[]; readonly patient?: string[]; readonly nowhere?: boolean };

export function isScopeWord(word: string): word is ScopeWord {
  return SCOPE_WORDS.some((each) => each === word);
}

const usage = (what: string): Result<never, 'USAGE'> => refuse('USAGE', { what });
const Site = ScopeRule.shape.catchments.element;

/** `words` are the positional arguments behind the first. */
export function parseScopeCommand(word: ScopeWord, words: readonly string[], values: ScopeValues, common: { readonly home: string; readonly json: boolean }): Result<ScopeCommand, 'USAGE'> {
  const [device, place, ...rest] = words;
  if (rest.length > 0 || (word === 'device-scope' && place !== undefined)) return usage('too many arguments');
  if (!isDeviceId(device)) return usage(`${word} takes the id of a device`);
  const named = { ...common, device };
  if (word === 'device-site') {
    if ((place === undefined) === (values.nowhere !== true)) return usage('device-site takes a CODE or --nowhere');
    if (place === undefined) return ok({ name: 'site-set', ...named, site: null });
    const site = Site.safeParse(place);
    return site.success ? ok({ name: 'site-set', ...named, site: site.data }) : usage('a CODE has up to 64 letters, digits, dots, dashes and underscores');
  }
  const { catchment = [], patient = [] } = values;
  const some = catchment.length + patient.length > 0;
  if (values.everything === true) return some ? usage('--everything leaves nothing to name') : ok({ name: 'scope-set', ...named, rule: EVERYTHING });
  if (!some) return ok({ name: 'scope-show', ...named });
  const foreign = patient.find((each) => !RecordId.safeParse(each).success);
  if (foreign !== undefined) return usage('--patient takes the record id of a patient');
  const rule = ScopeRule.safeParse({ everything: false, catchments: [...new Set(catchment)], patients: [...new Set(patient)] });
  return rule.success ? ok({ name: 'scope-set', ...named, rule: rule.data }) : usage('--catchment takes the CODE of a place; at most 256 places and 10000 patients');
}
