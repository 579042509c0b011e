import { decide } from '../access/decide.ts';
import type { AccessRequest } from '../access/attributes.ts';
import { loadBundle, type Bundle, type BundleFault } from '../access/policy.ts';
import type { Action, ResourceType, Role } from '../access/vocabulary.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { KnownOrder } from './judge.ts';

/**
 * What every policy bundle must leave possible, whatever else it forbids: whoever is locked out by a slip must still
 * be able to sign in and to receive the next bundle, and a clinic without anybody who may read a chart is no clinic.
 */
type Need = { readonly action: Action; readonly type: ResourceType; readonly role: Role | 'anonymous'; readonly state: 'setup' | 'locked' | 'unlocked'; readonly patient: 'none' | 'one' };

const need = (action: Action, type: ResourceType, role: Need['role'], state: Need['state'] = 'unlocked', patient: Need['patient'] = 'none'): Need => ({ action, type, role, state, patient });

/** Every one of these. */
const EACH: readonly Need[] = [
  need('app.observe', 'System', 'anonymous', 'locked'),
  need('session.begin', 'Session', 'anonymous', 'locked'),
  need('vault.recover', 'Session', 'anonymous', 'locked'),
  need('app.observe', 'System', 'administrator'),
  need('session.begin', 'Session', 'administrator'),
  need('session.use', 'Session', 'administrator'),
  need('sync.read', 'Sync', 'administrator'),
  need('sync.run', 'Sync', 'administrator'),
  need('sync.enrol', 'Sync', 'administrator'),
  need('staff.manage', 'Staff', 'administrator'),
];
/** Of each list, one at least. */
const SOME: readonly (readonly Need[])[] = (['chart.read', 'chart.write'] as const).map((action) => (['physician', 'nurse'] as const).map((role) => need(action, 'Chart', role, 'unlocked', 'one')));
const REGISTRATION = (['physician', 'nurse', 'registrar'] as const).map((role) => need('patient.search', 'Patient', role));
const ALL_SOME = [...SOME, REGISTRATION];

export type PolicyFault = BundleFault | 'LOCKS_OUT' | 'VERSION_DIFFERS';

/** The first thing nobody could do any more, as `action role`; null where the bundle leaves all of it possible. */
export function lockedOut(bundle: Bundle): string | null {
  const missing = EACH.find((each) => !permits(bundle, each));
  if (missing !== undefined) return `${missing.action} ${missing.role}`;
  const nobody = ALL_SOME.find((list) => !list.some((each) => permits(bundle, each)));
  return nobody?.[0] === undefined ? null : `${nobody[0].action} anybody`;
}

/** The bundle of an order: loaded whole, of the order's own version and date, and livable. */
export function policyOf(order: Extract<KnownOrder, { kind: 'policy' }>): Result<Bundle, PolicyFault> {
  const loaded = loadBundle(order.content.bundle);
  if (!loaded.ok) return loaded;
  if (loaded.value.version !== order.version || loaded.value.issuedAt !== order.issuedAt) return refuse('VERSION_DIFFERS', { version: loaded.value.version });
  const missing = lockedOut(loaded.value);
  return missing === null ? ok(loaded.value) : refuse('LOCKS_OUT', { missing });
}

function permits(bundle: Bundle, { action, type, role, state, patient }: Need): boolean {
  const anonymous = role === 'anonymous';
  const request: AccessRequest = {
    subject: anonymous ? { role, id: '', level: 0 } : { role, id: '00000000000000a1', level: 3, codeAgeS: 0 },
    resource: { type, patient, restricted: false, careTeam: [] },
    env: { purpose: role === 'physician' || role === 'nurse' || role === 'registrar' ? 'TREAT' : 'HOPERAT', sessionState: state, held: false, breakGlass: false, clockSuspect: false },
    action: { name: action },
  };
  return decide(bundle, request).effect === 'permit';
}
