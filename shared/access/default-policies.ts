import { assertHolds } from '../base/result.ts';
import { ANONYMOUS } from './attributes.ts';
import { loadBundle, type Bundle, type WrittenBundle } from './policy.ts';
import { ACTIONS, ROLES, type Action, type Role } from './vocabulary.ts';

/** The policies of a new clinic, as data: what central's first bundle replaces. SPEC.md has the table they make. */

const ISSUED_AT = Date.UTC(2026, 10, 1);
const STEP_UP = { type: 'stepUp', level: 3, maxAgeS: 300 };
const BREAK_GLASS_REASON_MIN_CHARACTERS = 10;

const role = { var: 'subject.role' };
const is = (...roles: readonly Role[]) => (roles.length === 1 ? { '===': [role, roles[0]] } : { in: [role, roles] });
const signedIn = { in: [role, [...ROLES]] };
const withOneTimeCode = { '>=': [{ var: 'subject.level' }, 2] };
const forTreatment = { in: [{ var: 'env.purpose' }, ['TREAT', 'ETREAT']] };
const forTreatmentOrOperations = { in: [{ var: 'env.purpose' }, ['TREAT', 'ETREAT', 'HOPERAT']] };
/** Clinicians see patients in order to treat them; the front desk also in order to run the clinic. */
const inPatientCare = { or: [{ and: [is('physician', 'nurse'), forTreatment] }, { and: [is('registrar'), forTreatmentOrOperations] }] };
const touches = (...scopes: readonly string[]) => ({ in: [{ var: 'resource.patient' }, scopes] });
const unrestricted = { '===': [{ var: 'resource.restricted' }, false] };
const onCareTeam = { in: [{ var: 'subject.id' }, { var: 'resource.careTeam' }] };
/** A restricted patient is open to the care team, and under break-glass. */
const openToCaller = { or: [unrestricted, onCareTeam, { var: 'env.breakGlass' }] };

const BEFORE_SIGN_IN: readonly Action[] = ['app.observe', 'setup.run', 'session.begin', 'vault.recover'];
const IN_CHARTS: readonly Action[] = ['chart.read', 'chart.write', 'note.sign', 'medication.prescribe', 'conflict.resolve', 'breakglass.open'];
/** What leaves the vault other than it was; keys and sessions live beside it and stay usable under a hold. */
const WRITES: readonly Action[] = [
  'setup.run', 'staff.manage', 'settings.manage', 'patient.register', 'patient.amend', 'chart.write', 'note.sign',
  'medication.prescribe', 'conflict.resolve', 'breakglass.open', 'import.run', 'sync.run', 'sync.enrol',
];
const everyType = ['System', 'Session', 'Staff', 'Patient', 'Chart', 'Ledger', 'Sync'] as const;
const allBut = (some: readonly Action[]): Action[] => ACTIONS.filter((action) => !some.includes(action));

export const DEFAULT_POLICIES: WrittenBundle = {
  version: 1,
  issuedAt: ISSUED_AT,
  policies: [
    // Forbidden, whatever a clinic may permit besides
    {
      id: 'integrity-hold',
      effect: 'deny',
      target: { actions: [...WRITES], resourceTypes: [...everyType] },
      when: { var: 'env.held' },
      note: 'A vault whose integrity is in doubt is read and not written.',
    },
    {
      id: 'sign-in-first',
      effect: 'deny',
      target: { actions: allBut(BEFORE_SIGN_IN), resourceTypes: [...everyType] },
      when: { or: [{ '===': [role, ANONYMOUS] }, { in: [{ var: 'env.sessionState' }, ['setup', 'locked']] }] },
      note: 'Nobody does anything in a vault that is locked or not yet made.',
    },
    {
      id: 'charts-are-for-clinicians',
      effect: 'deny',
      target: { actions: [...IN_CHARTS], resourceTypes: [...everyType] },
      when: { '!': [is('physician', 'nurse')] },
      note: 'Front desk, administration and audit stay out of charts (45 CFR 164.514(d), minimum necessary).',
    },
    {
      id: 'nurses-do-not-prescribe',
      effect: 'deny',
      target: { actions: ['medication.prescribe'], resourceTypes: [...everyType] },
      when: is('nurse'),
      note: 'Prescribing is outside the scope of a nurse.',
    },

    // Everyone at the keyboard
    {
      id: 'anyone-observes-the-app',
      effect: 'permit',
      target: { actions: ['app.observe'], resourceTypes: ['System'] },
      when: { in: [role, [ANONYMOUS, ...ROLES]] },
      note: 'State, version and clock; no patient data.',
    },
    {
      id: 'first-start-sets-up',
      effect: 'permit',
      target: { actions: ['setup.run'], resourceTypes: ['System'] },
      when: { and: [{ '===': [role, ANONYMOUS] }, { '===': [{ var: 'env.sessionState' }, 'setup'] }] },
      note: 'A vault is made only where there is none.',
    },
    {
      id: 'anyone-begins-a-session',
      effect: 'permit',
      target: { actions: ['session.begin'], resourceTypes: ['Session'] },
      when: { and: [{ in: [role, [ANONYMOUS, ...ROLES]] }, { '!==': [{ var: 'env.sessionState' }, 'setup'] }] },
      note: 'Signing in, locking and changing places at a shared workstation.',
    },
    {
      id: 'recovery-while-locked',
      effect: 'permit',
      target: { actions: ['vault.recover'], resourceTypes: ['Session'] },
      when: { and: [{ '===': [role, ANONYMOUS] }, { '===': [{ var: 'env.sessionState' }, 'locked'] }] },
      note: 'The recovery code is the credential.',
    },
    {
      id: 'staff-use-own-session',
      effect: 'permit',
      target: { actions: ['session.use'], resourceTypes: ['Session', 'System'] },
      when: signedIn,
      note: 'Own password, step-up, idle timer, own jobs, the clinic\'s name.',
    },
    {
      id: 'staff-see-the-sync-light',
      effect: 'permit',
      target: { actions: ['sync.read'], resourceTypes: ['Sync'] },
      when: signedIn,
      note: 'Counts and times only.',
    },

    // Patients
    {
      id: 'patient-care-searches-and-registers',
      effect: 'permit',
      target: { actions: ['patient.search', 'patient.register'], resourceTypes: ['Patient'] },
      when: { and: [inPatientCare, withOneTimeCode] },
      note: 'Restricted patients are listed and marked, so that they are not registered twice and can be found in an emergency.',
    },
    {
      id: 'patient-care-keeps-demographics',
      effect: 'permit',
      target: { actions: ['patient.read', 'patient.amend'], resourceTypes: ['Patient'] },
      when: { and: [inPatientCare, withOneTimeCode, touches('one'), openToCaller] },
      note: 'Who the patient is and where to reach them.',
    },
    {
      id: 'clinicians-read-charts',
      effect: 'permit',
      target: { actions: ['chart.read'], resourceTypes: ['Chart'] },
      when: { and: [is('physician', 'nurse'), withOneTimeCode, forTreatment, touches('one', 'each', 'none'), openToCaller] },
      note: 'Of many, each is decided again.',
    },
    {
      id: 'clinicians-write-charts',
      effect: 'permit',
      target: { actions: ['chart.write', 'note.sign', 'conflict.resolve'], resourceTypes: ['Chart'] },
      when: { and: [is('physician', 'nurse'), withOneTimeCode, forTreatment, touches('one'), openToCaller] },
      note: 'Charting, signing, and deciding between values that two people wrote.',
    },
    {
      id: 'physicians-prescribe',
      effect: 'permit',
      target: { actions: ['medication.prescribe'], resourceTypes: ['Chart'] },
      when: { and: [is('physician'), withOneTimeCode, forTreatment, touches('one'), openToCaller] },
      note: 'Only physicians prescribe.',
    },
    {
      id: 'clinicians-break-glass',
      effect: 'permit',
      target: { actions: ['breakglass.open'], resourceTypes: ['Chart'] },
      when: { and: [is('physician', 'nurse'), withOneTimeCode, forTreatment, touches('one')] },
      obligations: [{ type: 'reason', minCharacters: BREAK_GLASS_REASON_MIN_CHARACTERS }, { type: 'notify', office: 'privacy-officer' }],
      note: 'One patient, with a reason, always reviewed (45 CFR 164.312(a)(2)(ii)).',
    },

    // Bulk, sync, administration
    {
      id: 'import',
      effect: 'permit',
      target: { actions: ['import.run'], resourceTypes: ['Patient'] },
      when: { and: [is('administrator', 'physician'), withOneTimeCode] },
      note: 'Records from another system.',
    },
    {
      id: 'export-behind-step-up',
      effect: 'permit',
      target: { actions: ['export.run'], resourceTypes: ['Patient'] },
      when: { and: [is('administrator'), withOneTimeCode, touches('one', 'each'), { or: [unrestricted, onCareTeam] }] },
      obligations: [STEP_UP],
      note: 'Of many, each is decided again; restricted patients stay out.',
    },
    {
      id: 'patient-care-runs-sync',
      effect: 'permit',
      target: { actions: ['sync.run'], resourceTypes: ['Sync'] },
      when: { and: [is('physician', 'nurse', 'registrar', 'administrator'), withOneTimeCode] },
      note: 'Sends what everyone wrote; shows nothing.',
    },
    {
      id: 'administrators-manage-staff',
      effect: 'permit',
      target: { actions: ['staff.read', 'staff.manage'], resourceTypes: ['Staff'] },
      when: { and: [is('administrator'), withOneTimeCode] },
      note: 'Accounts, roles, who is still here.',
    },
    {
      id: 'administrators-manage-settings',
      effect: 'permit',
      target: { actions: ['settings.manage'], resourceTypes: ['System'] },
      when: { and: [is('administrator'), withOneTimeCode] },
      note: 'The clinic, its site, this workstation.',
    },
    {
      id: 'administrators-enrol',
      effect: 'permit',
      target: { actions: ['sync.enrol'], resourceTypes: ['Sync'] },
      when: { and: [is('administrator'), withOneTimeCode] },
      note: 'Joining this workstation to an organisation.',
    },
    {
      id: 'auditors-see-who-works-here',
      effect: 'permit',
      target: { actions: ['staff.read'], resourceTypes: ['Staff'] },
      when: { and: [is('auditor'), withOneTimeCode] },
      note: 'Names and roles, to read the trail by.',
    },
    {
      id: 'trail-read-and-verified',
      effect: 'permit',
      target: { actions: ['audit.read', 'audit.verify'], resourceTypes: ['Ledger'] },
      when: { and: [is('administrator', 'auditor'), withOneTimeCode] },
      note: 'Who did what to whom; not what was charted.',
    },
    {
      id: 'trail-export-behind-step-up',
      effect: 'permit',
      target: { actions: ['audit.export'], resourceTypes: ['Ledger'] },
      when: { and: [is('administrator', 'auditor'), withOneTimeCode] },
      obligations: [STEP_UP],
      note: 'The trail leaves the workstation.',
    },
  ],
};

export const DEFAULT_BUNDLE: Bundle = loadDefault();

function loadDefault(): Bundle {
  const result = loadBundle(DEFAULT_POLICIES);
  assertHolds(result.ok, 'the default policies load');
  return result.value;
}
