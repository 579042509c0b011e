import type { DeviceId, RecordId } from '../../shared/base/ids.ts';
import { changeOf, EVERYTHING, isInScope, isWanted, nextMember, type Member, type ScopeChange, type ScopeRule } from '../../shared/sync/scope.ts';

/** Which patients each device holds, as a simulated central keeps it. Whoever calls makes it part of a transaction. */
export type HubScopes = {
  /** Its scope is not everything, or was not, as far as it has been told. */
  isPartial(device: DeviceId): boolean;
  /** It is greeted and names the last change it has done: more than are known here means that central was restored. */
  greet(device: DeviceId, version: number): void;
  /** Whether the log brings this row to the device. */
  comes(device: DeviceId, row: { readonly patient: string | null; readonly lsn: number }): boolean;
  member(device: DeviceId, patient: string): Member | null;
  /** Patients an author writes about belong to its catchment, and so to the scope of devices that hold it. */
  notice(author: DeviceId, patients: ReadonlySet<string>, latest: number): void;
  /** Changes after a version are said now: who comes in comes up to the log's end of this moment in a stream. */
  raise(device: DeviceId, after: number, latest: number): void;
  changes(device: DeviceId, after: number, max: number): readonly ScopeChange[];
  settle(device: DeviceId, patient: RecordId, version: number): void;
  setScope(device: DeviceId, rule: ScopeRule, latest: number): void;
  setCatchment(device: DeviceId, catchment: string | null): void;
  /** Whether it is to hold this patient in the end. */
  wants(device: DeviceId, patient: string): boolean;
  /** Everybody anything was written about, by name. */
  patients(): readonly string[];
  /** All of it as it is now, to go back to. */
  image(): () => void;
};

export function createHubScopes(): HubScopes {
  let rules = new Map<DeviceId, ScopeRule>();
  let catchments = new Map<DeviceId, string>();
  let seenIn = new Map<string, ReadonlySet<string>>();
  let members = new Map<DeviceId, Map<string, Member>>();
  let versions = new Map<DeviceId, number>();
  /** Devices that have been greeted with a scope. */
  let heard = new Set<DeviceId>();

  const ruleOf = (device: DeviceId): ScopeRule => rules.get(device) ?? EVERYTHING;
  const member = (device: DeviceId, patient: string): Member | null => members.get(device)?.get(patient) ?? null;
  const isPartial = (device: DeviceId): boolean => !ruleOf(device).everything || (members.get(device)?.size ?? 0) > 0 || heard.has(device);
  const setMember = (device: DeviceId, patient: string, next: Omit<Member, 'version'>, version?: number): void => {
    const theirs = members.get(device) ?? new Map<string, Member>();
    members.set(device, theirs);
    theirs.set(patient, { ...next, version: version ?? (versions.get(device) ?? 0) + 1 });
    if (version === undefined) versions.set(device, (versions.get(device) ?? 0) + 1);
  };
  const review = (device: DeviceId, rule: ScopeRule, patient: string, everything: boolean, latest: number): void => {
    const next = nextMember(member(device, patient), everything, isWanted(rule, patient, seenIn.get(patient) ?? []), rule.everything, latest);
    // Of whom nothing was known before, everything comes in the log.
    if (next !== null) setMember(device, patient, next, next.state === 'in' ? 0 : undefined);
  };

  return {
    isPartial,
    member,
    comes: (device, row) => isInScope(ruleOf(device).everything, row.patient === null ? null : member(device, row.patient), row),
    greet(device, version) {
      if (isPartial(device)) heard.add(device);
      if (version <= (versions.get(device) ?? 0)) return;
      versions.set(device, version);
      for (const [patient, each] of members.get(device) ?? []) setMember(device, patient, each);
    },
    notice(author, patients, latest) {
      for (const patient of patients) {
        const known = seenIn.get(patient);
        const catchment = catchments.get(author) ?? '';
        if (known?.has(catchment) === true) continue;
        seenIn.set(patient, new Set([...(known ?? []), catchment]));
        for (const [device, rule] of rules) {
          if (rule.everything) continue;
          if (known === undefined && isWanted(rule, patient, [catchment])) setMember(device, patient, { state: 'in', since: 0 }, 0);
          else review(device, rule, patient, false, latest);
        }
      }
    },
    raise(device, after, latest) {
      for (const [patient, each] of members.get(device) ?? []) if (each.version > after && each.state === 'entering') setMember(device, patient, { ...each, since: latest }, each.version);
    },
    changes(device, after, max) {
      const found = [...(members.get(device) ?? [])].filter(([, { version }]) => version > after).map(([patient, each]) => changeOf(patient as RecordId, each));
      return found.toSorted((left, right) => left.version - right.version).slice(0, max);
    },
    settle(device, patient, version) {
      const current = member(device, patient);
      if (current?.version === version) setMember(device, patient, { ...current, state: changeOf(patient, current).upTo === null ? 'out' : 'in' }, version);
    },
    setScope(device, rule, latest) {
      const { everything } = ruleOf(device);
      rules.set(device, rule);
      if (rule.everything && !heard.has(device)) return void members.delete(device);
      for (const patient of [...seenIn.keys()].toSorted()) review(device, rule, patient, everything, latest);
      return undefined;
    },
    setCatchment: (device, catchment) => void (catchment === null ? catchments.delete(device) : catchments.set(device, catchment)),
    wants: (device, patient) => isWanted(ruleOf(device), patient, seenIn.get(patient) ?? []),
    patients: () => [...seenIn.keys()],
    image() {
      const kept = structuredClone({ rules, catchments, seenIn, members, versions, heard });
      return () => {
        ({ rules, catchments, seenIn, members, versions, heard } = structuredClone(kept));
      };
    },
  };
}
