import { z } from 'zod';

export const ROLES = ['physician', 'nurse', 'registrar', 'administrator', 'auditor'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Purpose of use, HL7 v3 PurposeOfUse codes: treatment, emergency treatment, operations, record keeping by the system. */
export const Purpose = z.enum(['TREAT', 'ETREAT', 'HOPERAT', 'SYSADMIN']);
export type Purpose = z.infer<typeof Purpose>;

export const ACTIONS = [
  'app.observe', 'setup.run', 'session.begin', 'session.use', 'vault.recover',
  'staff.read', 'staff.manage', 'settings.manage',
  'patient.search', 'patient.register', 'patient.read', 'patient.amend',
  'chart.read', 'chart.write', 'note.sign', 'medication.prescribe', 'conflict.resolve', 'breakglass.open',
  'import.run', 'export.run',
  'sync.read', 'sync.run', 'sync.enrol',
  'audit.read', 'audit.verify', 'audit.export',
] as const;
export type Action = (typeof ACTIONS)[number];

export const RESOURCE_TYPES = ['System', 'Session', 'Staff', 'Patient', 'Chart', 'Ledger', 'Sync'] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];
