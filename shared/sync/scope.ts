import { z } from 'zod';
import { RecordId } from '../base/ids.ts';

/**
 * Which patients a device holds: all of them, or those of its catchments and those named one by one (a referral, an
 * emergency). Entries of no patient go to every device. A patient belongs to a catchment when a device of that catchment
 * wrote an entry of theirs.
 */
const CATCHMENTS_MAX = 256;
const NAMED_PATIENTS_MAX = 10_000;

/** A code the organisation gives to a place and to the devices that stand there. */
export const Catchment = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
export const ScopeRule = z.strictObject({ everything: z.boolean(), catchments: z.array(Catchment).max(CATCHMENTS_MAX), patients: z.array(RecordId).max(NAMED_PATIENTS_MAX) });
export type ScopeRule = z.infer<typeof ScopeRule>;
export const EVERYTHING: ScopeRule = { everything: true, catchments: [], patients: [] };

/**
 * Where one patient stands in one device's scope. `entering` and `leaving` are under way, `in` and `out` are done by the
 * device's own word. Entries up to `since` come in a patient stream, later ones in the log. `version` counts the changes of
 * the device's scope: a device restored from a backup names the last it has done, and hears of the later ones again.
 */
export type Member = { readonly state: 'entering' | 'in' | 'leaving' | 'out'; readonly since: number; readonly version: number };

const isRead = (member: Member): boolean => member.state === 'entering' || member.state === 'in';

export function isWanted(rule: ScopeRule, patient: string, catchments: Iterable<string>): boolean {
  if (rule.everything || rule.patients.some((each) => each === patient)) return true;
  for (const catchment of catchments) if (rule.catchments.includes(catchment)) return true;
  return false;
}

/** Whether the streams of the log bring this entry to a device. */
export function isInScope(everything: boolean, member: Member | null, entry: { readonly patient: string | null; readonly lsn: number }): boolean {
  if (entry.patient === null) return true;
  return member === null ? everything : isRead(member) && entry.lsn > member.since;
}

/**
 * What becomes of a patient's standing when the rule, or what is known of the patient, changes; null where it stays.
 * `everything`: the rule until now. `latest`: the log's latest number, to which the device has read in its old scope.
 */
export function nextMember(member: Member | null, everything: boolean, wanted: boolean, wantsEverything: boolean, latest: number): Omit<Member, 'version'> | null {
  const current = member === null ? everything : isRead(member);
  if (wanted && !current) return { state: 'entering', since: latest };
  if (!wanted && current) return { state: 'leaving', since: latest };
  // Until now it came with everything else; from now on it has to be said.
  return wanted && member === null && !wantsEverything ? { state: 'in', since: 0 } : null;
}

/** Of one device's decisions as they were when it was told of them, 8 random bytes, hexadecimal: a hub that does not know it was restored to before. */
export const ScopeMark = z.string().regex(/^[0-9a-f]{16}$/);
export type ScopeMark = z.infer<typeof ScopeMark>;

/** Somebody of whom a device holds what others wrote. `apart`: they were removed once and are not all here again. */
export type Resident = { readonly patient: RecordId; readonly apart: boolean };

/** What a device that is asked for it says of whom it holds. */
export type ResidentList = {
  readonly residents: readonly Resident[];
  /** The last change it has done. */
  readonly version: number;
  /** Whether that number is one of this hub's own; else it is of a history that was lost. */
  readonly known: boolean;
  /** The place in the log from which it reads on: what lies before it should be here. */
  readonly readTo: number;
};

/**
 * What becomes of a patient's standing when a device says whom it holds (SYN-231); null where it stays. `isRenumbered`: the
 * device counts by numbers of a lost history, so whatever it has to do has to be said under new ones. `isSeen`: something was
 * written about them that this hub knows. `missed`: the log behind the device's place has entries of theirs.
 */
export function reconciledMember(member: Member | null, { resident, isWanted: wanted, isSeen, missed, isRenumbered, readTo, latest }: { readonly resident: Resident | null; readonly isWanted: boolean; readonly isSeen: boolean; readonly missed: boolean; readonly isRenumbered: boolean; readonly readTo: number; readonly latest: number }): Omit<Member, 'version'> | null {
  // Perhaps the last who holds them: until somebody has given their entries back, nobody decides about them.
  if (resident !== null && !isSeen) return member === null ? { state: 'in', since: 0 } : null;
  if (!wanted) {
    if (resident === null) return member?.state === 'leaving' ? { state: 'out', since: member.since } : null;
    return member?.state === 'leaving' && !isRenumbered ? null : { state: 'leaving', since: latest };
  }
  if (member?.state === 'entering' && !isRenumbered) return null;
  // A device of a lost history may have passed over entries of anybody, and reads the log from its beginning.
  if (resident?.apart === false && isRenumbered) return { state: 'in', since: 0 };
  // Their entries up to `since` come in no page of the log: a device that has not read so far lacks some.
  const isWhole = resident === null ? !missed && !isRenumbered : !resident.apart && (member?.since ?? 0) <= readTo;
  if (!isWhole) return { state: 'entering', since: latest };
  return member === null ? { state: 'in', since: 0 } : null;
}

/** Changes that a device has not confirmed, as it has to hear of them. */
export type ScopeChange = { readonly patient: RecordId; readonly version: number; /** Of one who comes in: their entries up to here come in a patient stream. Null of one who goes. */ readonly upTo: number | null };

export function changeOf(patient: RecordId, { state, since, version }: Member): ScopeChange {
  return { patient, version, upTo: state === 'entering' || state === 'in' ? since : null };
}
