import type { Role } from '../../shared/access/vocabulary.ts';
import { useCall } from './queries.ts';

/**
 * Parts of the window that are not for every role, so that nobody is led to a form the engine will refuse. It decides
 * nothing: whoever gets past it is asked by the engine like everybody else. `rule` is the policy that settles it; a
 * test holds each line against the policies of a new clinic.
 */
export type Audience = { readonly roles: readonly Role[]; readonly rule: string };
export type AudienceName = 'patients' | 'charts' | 'prescribing' | 'import' | 'trail' | 'staff' | 'joining' | 'syncing';

export const AUDIENCES: Readonly<Record<AudienceName, Audience>> = {
  patients: { roles: ['physician', 'nurse', 'registrar'], rule: 'patient-care-searches-and-registers' },
  charts: { roles: ['physician', 'nurse'], rule: 'charts-are-for-clinicians' },
  prescribing: { roles: ['physician'], rule: 'physicians-prescribe' },
  import: { roles: ['physician', 'administrator'], rule: 'import' },
  staff: { roles: ['administrator', 'auditor'], rule: 'administrators-manage-staff' },
  trail: { roles: ['administrator', 'auditor'], rule: 'trail-read-and-verified' },
  joining: { roles: ['administrator'], rule: 'administrators-enrol' },
  syncing: { roles: ['physician', 'nurse', 'registrar', 'administrator'], rule: 'patient-care-runs-sync' },
};

/** FHIR types that only prescribers change, by amending them or by deciding between their values (IPC-12). */
export const PRESCRIBED_TYPES: readonly string[] = ['MedicationRequest'];

/** Whether the person who is signed in is known to be outside an audience. False while nobody knows: then the engine says. */
export function useOutside(audience: AudienceName): boolean {
  const status = useCall('app.status', {});
  const role = status.at === 'ready' ? (status.value.session?.role ?? null) : null;
  return role !== null && !AUDIENCES[audience].roles.includes(role);
}

/** Whether this workstation is known to hold some patients only: whoever is not found may be on file elsewhere. */
export function useHoldsPart(): boolean {
  const status = useCall('app.status', {});
  return status.at === 'ready' && status.value.orders?.partial === true;
}

/** Whether the person who is signed in is known not to change records of this type. */
export function useMayNotChange(type: string): boolean {
  const mayNotPrescribe = useOutside('prescribing');
  return mayNotPrescribe && PRESCRIBED_TYPES.includes(type);
}
