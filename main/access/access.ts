import type { AccessRequest } from '../../shared/access/attributes.ts';
import { decide, type Denial, type Permit } from '../../shared/access/decide.ts';
import type { Obligation } from '../../shared/access/obligations.ts';
import type { Bundle } from '../../shared/access/policy.ts';
import type { Action, Purpose, ResourceType, Role } from '../../shared/access/vocabulary.ts';
import type { EntryId, RecordId, UserId } from '../../shared/base/ids.ts';
import { refuse, type Result } from '../../shared/base/result.ts';
import type { SessionState } from '../../shared/ipc/row.ts';
import { mintGrant, type Grant } from '../ledger/ledger.ts';
import type { ReadHandle } from '../store/store.ts';

/**
 * The one place where permission is given: asks the pure decision point and mints the grant without which nothing is
 * written. Promises: no call reaches the store without a decision, and search results and exports are decided patient
 * by patient. That a restricted patient exists is no secret (the name is listed, so that nobody is registered twice
 * and the glass can be broken); an id that names nobody tells nothing but that.
 */
export type Caller = {
  readonly userId: UserId;
  readonly role: Role;
  readonly level: number;
  /** Seconds since the last accepted one-time code. */
  readonly codeAgeS: number;
  readonly entry: EntryId;
};

export type Circumstances = { readonly state: SessionState; readonly held: boolean; readonly clockSuspect: boolean; readonly purpose: Purpose };
export type PatientScope = { readonly scope: 'none' } | { readonly scope: 'each' } | { readonly scope: 'one'; readonly patient: RecordId };
export type Granted = { readonly grant: Grant; readonly obligations: readonly Obligation[]; readonly decision: string };

export interface Access {
  decide(question: { readonly action: Action; readonly resource: ResourceType; readonly about: PatientScope; readonly caller: Caller | null; readonly circumstances: Circumstances }): Result<Granted, 'DENIED' | 'STEP_UP_REQUIRED' | 'NOT_FOUND'>;
  /** Whether the caller may see this patient's chart or, for the front desk, demographics. For filtering lists. */
  maySee(patient: RecordId, action: 'chart.read' | 'patient.read' | 'export.run', caller: Caller, circumstances: Circumstances): boolean;
  /** A grant of the engine itself: opening segments, checkpoints, refusals, what sync brings. */
  system(reason: string, session: EntryId | null): Grant;
  readonly policyVersion: string;
  readonly policyIssuedAt: number;
}

/** `inForce`: the policies that count now, which an order may replace at any time. `read` gives the open vault's handle, or null while it is locked; `now` never runs behind what was already seen. */
export function createAccess(inForce: () => Bundle, now: () => number, read: () => ReadHandle | null): Access {
  const ask = (action: Action, resource: ResourceType, about: PatientScope, caller: Caller | null, circumstances: Circumstances): Permit | Denial =>
    decide(inForce(), requestFor(action, resource, about, caller, circumstances, read(), now()));
  return {
    get policyVersion() {
      return String(inForce().version);
    },
    get policyIssuedAt() {
      return inForce().issuedAt;
    },
    decide({ action, resource, about, caller, circumstances }) {
      const decision = ask(action, resource, about, caller, circumstances);
      if (decision.effect === 'deny') return refusal(decision, about, read(), caller);
      const patient = about.scope === 'one' ? about.patient : null;
      const grant = mintGrant({ decision: decision.decisionId, purpose: circumstances.purpose, session: caller?.entry ?? null, patient });
      return { ok: true, value: { grant, obligations: decision.obligations, decision: decision.decisionId } };
    },
    maySee: (patient, action, caller, circumstances) =>
      ask(action, action === 'chart.read' ? 'Chart' : 'Patient', { scope: 'one', patient }, caller, circumstances).effect === 'permit',
    system: (reason, session) => mintGrant({ decision: `${inForce().version}/system-${reason}`, purpose: 'SYSADMIN', session, patient: null }),
  };
}

function refusal(denial: Denial, about: PatientScope, read: ReadHandle | null, caller: Caller | null): Result<never, 'DENIED' | 'STEP_UP_REQUIRED' | 'NOT_FOUND'> {
  if (denial.because === 'step-up') return refuse('STEP_UP_REQUIRED', { rule: denial.rule, level: denial.stepUp.level, maxAgeS: denial.stepUp.maxAgeS });
  const unknown = about.scope === 'one' && caller !== null && !isPatient(read, about.patient);
  return unknown && denial.because === 'default' ? refuse('NOT_FOUND') : refuse('DENIED', { rule: denial.rule, because: denial.because });
}

function isPatient(read: ReadHandle | null, patient: RecordId): boolean {
  return read?.get('SELECT 1 FROM patient WHERE record = ?', patient) !== undefined;
}

function requestFor(action: Action, resource: ResourceType, about: PatientScope, caller: Caller | null, circumstances: Circumstances, read: ReadHandle | null, now: number): AccessRequest {
  const facts = about.scope === 'one' && read !== null ? patientFacts(read, about.patient, caller?.userId ?? null, now) : undefined;
  return {
    subject: caller === null ? { role: 'anonymous', id: '', level: 0 } : { role: caller.role, id: caller.userId, level: levelOf(caller.level), codeAgeS: caller.codeAgeS },
    resource: {
      type: resource,
      patient: about.scope === 'one' ? (facts === undefined ? 'unknown' : 'one') : about.scope,
      restricted: facts?.restricted ?? false,
      careTeam: facts?.careTeam ?? [],
    },
    env: {
      purpose: circumstances.purpose,
      sessionState: circumstances.state,
      held: circumstances.held,
      breakGlass: facts?.breakGlass ?? false,
      clockSuspect: circumstances.clockSuspect,
    },
    action: { name: action },
  };
}

function levelOf(level: number): 0 | 1 | 2 | 3 {
  return level >= 3 ? 3 : level >= 2 ? 2 : level >= 1 ? 1 : 0;
}

function patientFacts(read: ReadHandle, patient: RecordId, user: UserId | null, now: number): { readonly restricted: boolean; readonly careTeam: readonly string[]; readonly breakGlass: boolean } | undefined {
  const row = read.get('SELECT restricted FROM patient WHERE record = ?', patient);
  if (row === undefined) return undefined;
  const restricted = row['restricted'] === 1;
  if (!restricted) return { restricted, careTeam: [], breakGlass: false };
  const careTeam = read.all('SELECT user FROM care_team WHERE patient = ?', patient).map((each) => String(each['user']));
  const glass = read.get('SELECT until FROM break_glass WHERE patient = ? AND user = ?', patient, user ?? '');
  return { restricted, careTeam, breakGlass: typeof glass?.['until'] === 'number' && glass['until'] > now };
}
