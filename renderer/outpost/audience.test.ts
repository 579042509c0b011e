import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../shared/access/attributes.ts';
import { decide } from '../../shared/access/decide.ts';
import { DEFAULT_BUNDLE, DEFAULT_POLICIES } from '../../shared/access/default-policies.ts';
import { ROLES, type Action, type ResourceType, type Role } from '../../shared/access/vocabulary.ts';
import { contract } from '../../shared/ipc/contract.ts';
import { AUDIENCES, PRESCRIBED_TYPES, type AudienceName } from './audience.ts';

const ASKS: Readonly<Record<AudienceName, readonly [action: Action, type: ResourceType, patient: 'none' | 'one']>> = {
  patients: ['patient.search', 'Patient', 'none'],
  charts: ['chart.read', 'Chart', 'one'],
  prescribing: ['medication.prescribe', 'Chart', 'one'],
  import: ['import.run', 'Patient', 'none'],
  staff: ['staff.read', 'Staff', 'none'],
  trail: ['audit.read', 'Ledger', 'none'],
  joining: ['sync.enrol', 'Sync', 'none'],
  syncing: ['sync.run', 'Sync', 'none'],
};

function permitted(role: Role, name: AudienceName): boolean {
  const [action, type, patient] = ASKS[name];
  const request: AccessRequest = {
    subject: { role, id: '00000000000000aa', level: 2, codeAgeS: 10 },
    resource: { type, patient, restricted: false, careTeam: [] },
    env: { purpose: role === 'physician' || role === 'nurse' ? 'TREAT' : 'HOPERAT', sessionState: 'unlocked', held: false, breakGlass: false, clockSuspect: false },
    action: { name: action },
  };
  return decide(DEFAULT_BUNDLE, request).effect === 'permit';
}

describe('who a part of the window is for', () => {
  it.each(Object.keys(ASKS) as AudienceName[])('%s: exactly those whom a new clinic\'s policies permit', (name) => {
    expect(ROLES.filter((role) => permitted(role, name))).toEqual(ROLES.filter((role) => AUDIENCES[name].roles.includes(role)));
    expect(DEFAULT_POLICIES.policies.map(({ id }) => id)).toContain(AUDIENCES[name].rule);
  });

  it.each(['record.amend', 'conflicts.resolve'] as const)('IPC-16 %s is offered by type as the contract asks for the permission to prescribe', (name) => {
    expect(Object.entries(contract[name].access.byType ?? {}).filter(([, action]) => action === 'medication.prescribe').map(([type]) => type)).toEqual(PRESCRIBED_TYPES);
  });
});
