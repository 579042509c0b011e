import { describe, expect, it } from 'vitest';
import { contract } from '../ipc/contract.ts';
import { ANONYMOUS, PATIENT_SCOPES, SESSION_STATES, SUBJECT_ROLES, type AccessRequest } from './attributes.ts';
import { decide, type Decision } from './decide.ts';
import { DEFAULT_BUNDLE, DEFAULT_POLICIES } from './default-policies.ts';
import { ACTIONS, Purpose, RESOURCE_TYPES, ROLES, type Action, type ResourceType } from './vocabulary.ts';

type SubjectRole = (typeof SUBJECT_ROLES)[number];
type Circumstances = {
  role: SubjectRole;
  action: Action;
  type: ResourceType;
  level: 0 | 1 | 2 | 3;
  codeAgeS: number | null;
  purpose: Purpose;
  sessionState: (typeof SESSION_STATES)[number];
  held: boolean;
  patient: (typeof PATIENT_SCOPES)[number];
  restricted: boolean;
  onTeam: boolean;
  breakGlass: boolean;
};

const USER = '00000000000000aa';

function requestOf(each: Circumstances): AccessRequest {
  return {
    subject: { role: each.role, id: each.role === ANONYMOUS ? '' : USER, level: each.level, ...(each.codeAgeS === null ? {} : { codeAgeS: each.codeAgeS }) },
    resource: { type: each.type, patient: each.patient, restricted: each.restricted, careTeam: each.onTeam ? ['00000000000000bb', USER] : ['00000000000000bb'] },
    env: { purpose: each.purpose, sessionState: each.sessionState, held: each.held, breakGlass: each.breakGlass, clockSuspect: false },
    action: { name: each.action },
  };
}

/** The resource type and the patient scope with which an action is asked for. */
const ASKED: Readonly<Record<Action, readonly [ResourceType, Circumstances['patient']]>> = {
  'app.observe': ['System', 'none'],
  'setup.run': ['System', 'none'],
  'session.begin': ['Session', 'none'],
  'session.use': ['Session', 'none'],
  'vault.recover': ['Session', 'none'],
  'staff.read': ['Staff', 'none'],
  'staff.manage': ['Staff', 'none'],
  'settings.manage': ['System', 'none'],
  'patient.search': ['Patient', 'none'],
  'patient.register': ['Patient', 'none'],
  'patient.read': ['Patient', 'one'],
  'patient.amend': ['Patient', 'one'],
  'chart.read': ['Chart', 'one'],
  'chart.write': ['Chart', 'one'],
  'note.sign': ['Chart', 'one'],
  'medication.prescribe': ['Chart', 'one'],
  'conflict.resolve': ['Chart', 'one'],
  'breakglass.open': ['Chart', 'one'],
  'import.run': ['Patient', 'none'],
  'export.run': ['Patient', 'one'],
  'sync.read': ['Sync', 'none'],
  'sync.run': ['Sync', 'none'],
  'sync.enrol': ['Sync', 'none'],
  'audit.read': ['Ledger', 'none'],
  'audit.verify': ['Ledger', 'none'],
  'audit.export': ['Ledger', 'none'],
};

/** Signed in with a code ten seconds ago, an ordinary patient not on one's care team, an honest vault. */
function ordinary(role: SubjectRole, action: Action): Circumstances {
  const [type, patient] = ASKED[action];
  const anonymous = role === ANONYMOUS;
  return {
    role,
    action,
    type,
    level: anonymous ? 0 : 3,
    codeAgeS: anonymous ? null : 10,
    purpose: role === 'physician' || role === 'nurse' ? 'TREAT' : 'HOPERAT',
    sessionState: anonymous ? 'locked' : 'unlocked',
    held: false,
    patient,
    restricted: false,
    onTeam: false,
    breakGlass: false,
  };
}

const ask = (each: Circumstances): Decision => decide(DEFAULT_BUNDLE, requestOf(each));
const short = (decision: Decision): string => (decision.effect === 'permit' ? 'permit' : `${decision.because} ${decision.rule}`);

const P = 'permit';
const out = 'deny-rule sign-in-first';
const chart = 'deny-rule charts-are-for-clinicians';
const no = 'default default';

// One row per action: anonymous, physician, nurse, registrar, administrator, auditor.
const TABLE: Readonly<Record<Action, readonly [string, string, string, string, string, string]>> = {
  'app.observe': [P, P, P, P, P, P],
  'setup.run': [no, no, no, no, no, no],
  'session.begin': [P, P, P, P, P, P],
  'session.use': [out, P, P, P, P, P],
  'vault.recover': [P, no, no, no, no, no],
  'staff.read': [out, no, no, no, P, P],
  'staff.manage': [out, no, no, no, P, no],
  'settings.manage': [out, no, no, no, P, no],
  'patient.search': [out, P, P, P, no, no],
  'patient.register': [out, P, P, P, no, no],
  'patient.read': [out, P, P, P, no, no],
  'patient.amend': [out, P, P, P, no, no],
  'chart.read': [out, P, P, chart, chart, chart],
  'chart.write': [out, P, P, chart, chart, chart],
  'note.sign': [out, P, P, chart, chart, chart],
  'medication.prescribe': [out, P, 'deny-rule nurses-do-not-prescribe', chart, chart, chart],
  'conflict.resolve': [out, P, P, chart, chart, chart],
  'breakglass.open': [out, P, P, chart, chart, chart],
  'import.run': [out, P, no, no, P, no],
  'export.run': [out, no, no, no, P, no],
  'sync.read': [out, P, P, P, P, P],
  'sync.run': [out, P, P, P, P, no],
  'sync.enrol': [out, no, no, no, P, no],
  'audit.read': [out, no, no, no, P, P],
  'audit.verify': [out, no, no, no, P, P],
  'audit.export': [out, no, no, no, P, P],
};

describe('default policies', () => {
  const cells = ACTIONS.flatMap((action) => SUBJECT_ROLES.map((role, column) => ({ action, role, expected: TABLE[action][column] })));
  it.each(cells)('ACC-20 $role, $action: $expected', ({ action, role, expected }) => {
    expect(short(ask(ordinary(role, action)))).toBe(expected);
  });

  it('ACC-21 a vault is set up before sign-in where there is none, and only there', () => {
    const first = { ...ordinary(ANONYMOUS, 'setup.run'), sessionState: 'setup' as const };
    expect(short(ask(first))).toBe(P);
    for (const sessionState of ['locked', 'unlocked', 'held'] as const) expect(ask({ ...first, sessionState }).effect).toBe('deny');
  });

  it('ACC-22 exports need level 3 and a code at most 300 s old, and say so', () => {
    for (const [action, role] of [['export.run', 'administrator'], ['audit.export', 'administrator'], ['audit.export', 'auditor']] as const) {
      const fresh = ordinary(role, action);
      const stepUp = { type: 'stepUp', level: 3, maxAgeS: 300 };
      expect(ask({ ...fresh, codeAgeS: 300 }).effect).toBe('permit');
      for (const stale of [{ codeAgeS: 301 }, { codeAgeS: -1 }, { codeAgeS: null }, { level: 2 as const }]) {
        expect(ask({ ...fresh, ...stale })).toMatchObject({ effect: 'deny', because: 'step-up', stepUp });
      }
    }
  });

  it('ACC-23 break-glass asks for a reason and tells the privacy officer', () => {
    expect(ask({ ...ordinary('nurse', 'breakglass.open'), restricted: true })).toEqual({
      effect: 'permit',
      decisionId: '1/clinicians-break-glass',
      rules: ['clinicians-break-glass'],
      obligations: [{ type: 'reason', minCharacters: 10 }, { type: 'notify', office: 'privacy-officer' }],
    });
  });

  it('ACC-24 an id that names nobody is refused as a restricted patient is', () => {
    for (const role of SUBJECT_ROLES) {
      for (const action of ['chart.read', 'chart.write', 'patient.read', 'patient.amend'] as const) {
        const nobody = ask({ ...ordinary(role, action), patient: 'unknown' });
        expect(nobody).toEqual(ask({ ...ordinary(role, action), restricted: true }));
        expect(nobody.effect).toBe('deny');
      }
    }
  });

  it('ACC-25 in every circumstance there is, the decision equals an oracle written by hand, and every policy decides something', () => {
    let asked = 0;
    const deciding = new Set<string>();
    const wrong: Circumstances[] = [];
    for (const each of everyCircumstance()) {
      asked += 1;
      const decision = ask(each);
      if ((decision.effect === 'permit') !== oracle(each)) wrong.push(each);
      if (decision.effect === 'permit') for (const rule of decision.rules) deciding.add(rule);
      else if (decision.because === 'deny-rule') deciding.add(decision.rule);
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(asked).toBe(SUBJECT_ROLES.length * ACTIONS.length * 4 * 3 * 4 * SESSION_STATES.length * 2 * 4 * 8);
    expect([...deciding].sort()).toEqual(DEFAULT_POLICIES.policies.map(({ id }) => id).sort());
  }, 120_000);

  it('ACC-26 an action is permitted on its own resource types only', () => {
    const legal = new Map<Action, Set<ResourceType>>(ACTIONS.map((action) => [action, new Set([ASKED[action][0]])]));
    for (const { access } of Object.values(contract)) legal.get(access.action)?.add(access.resource);
    for (const action of ACTIONS) {
      for (const type of RESOURCE_TYPES) {
        const permits = SUBJECT_ROLES.some((role) =>
          (['setup', 'locked', 'unlocked'] as const).some((sessionState) => ask({ ...ordinary(role, action), type, sessionState }).effect === 'permit'),
        );
        expect([action, type, permits]).toEqual([action, type, legal.get(action)?.has(type) === true]);
      }
    }
  });

  it.each(Object.entries(contract))('ACC-27 %s: somebody may call it in every state in which it is legal', (_name, { access, states }) => {
    for (const sessionState of states) {
      const held = sessionState === 'held';
      const permits = SUBJECT_ROLES.filter((role) => {
        const signedIn = sessionState !== 'setup' && sessionState !== 'locked';
        if (signedIn === (role === ANONYMOUS)) return false;
        return ask({ ...ordinary(role, access.action), type: access.resource, sessionState, held }).effect === 'permit';
      });
      expect([sessionState, permits.length > 0]).toEqual([sessionState, true]);
    }
  });

  it('ACC-28 a held vault is never written, by the rule of that name', () => {
    const writes: readonly Action[] = ['staff.manage', 'settings.manage', 'patient.register', 'patient.amend', 'chart.write', 'note.sign', 'medication.prescribe', 'conflict.resolve', 'breakglass.open', 'import.run', 'sync.run', 'sync.enrol'];
    for (const action of writes) {
      for (const role of ROLES) expect(short(ask({ ...ordinary(role, action), held: true, sessionState: 'held' }))).toBe('deny-rule integrity-hold');
    }
  });
});

function* everyCircumstance(): Generator<Circumstances> {
  const flags = [false, true];
  for (const role of SUBJECT_ROLES)
    for (const action of ACTIONS)
      for (const level of [0, 1, 2, 3] as const)
        for (const codeAgeS of [null, 10, 301])
          for (const purpose of Purpose.options)
            for (const sessionState of SESSION_STATES)
              for (const held of flags)
                for (const patient of PATIENT_SCOPES)
                  for (const restricted of flags)
                    for (const onTeam of flags)
                      for (const breakGlass of flags)
                        yield { role, action, type: ASKED[action][0], level, codeAgeS, purpose, sessionState, held, patient, restricted, onTeam, breakGlass };
}

/** The defaults told a second time, in plain code and from the other end: by role. */
function oracle(each: Circumstances): boolean {
  const { role, action, sessionState, level, purpose, patient, held } = each;
  if (action === 'app.observe') return true;
  if (action === 'setup.run') return role === ANONYMOUS && sessionState === 'setup' && !held;
  if (action === 'session.begin') return sessionState !== 'setup';
  if (action === 'vault.recover') return role === ANONYMOUS && sessionState === 'locked';
  if (role === ANONYMOUS || sessionState === 'setup' || sessionState === 'locked') return false;
  if (action === 'session.use' || action === 'sync.read') return true;
  if (level < 2) return false;
  const reads = ['staff.read', 'patient.search', 'patient.read', 'chart.read', 'export.run', 'audit.read', 'audit.verify', 'audit.export'];
  if (held && !reads.includes(action)) return false;
  const open = !each.restricted || each.onTeam || each.breakGlass;
  const fresh = level === 3 && each.codeAgeS !== null && each.codeAgeS <= 300;
  const treating = purpose === 'TREAT' || purpose === 'ETREAT';
  switch (role) {
    case 'physician':
    case 'nurse':
      if (action === 'sync.run') return true;
      if (action === 'import.run') return role === 'physician';
      if (!treating) return false;
      if (action === 'patient.search' || action === 'patient.register') return true;
      if (action === 'breakglass.open') return patient === 'one';
      if (action === 'medication.prescribe') return role === 'physician' && patient === 'one' && open;
      if (action === 'chart.read') return patient !== 'unknown' && open;
      return ['patient.read', 'patient.amend', 'chart.write', 'note.sign', 'conflict.resolve'].includes(action) && patient === 'one' && open;
    case 'registrar':
      if (action === 'sync.run') return true;
      if (purpose === 'SYSADMIN') return false;
      if (action === 'patient.search' || action === 'patient.register') return true;
      return (action === 'patient.read' || action === 'patient.amend') && patient === 'one' && open;
    case 'administrator':
      if (action === 'export.run') return fresh && (patient === 'one' || patient === 'each') && (!each.restricted || each.onTeam);
      if (action === 'audit.export') return fresh;
      return ['staff.read', 'staff.manage', 'settings.manage', 'import.run', 'sync.run', 'sync.enrol', 'audit.read', 'audit.verify'].includes(action);
    case 'auditor':
      if (action === 'audit.export') return fresh;
      return ['staff.read', 'audit.read', 'audit.verify'].includes(action);
  }
}
