import type { DeviceId, RecordId } from '../../shared/base/ids.ts';
import type { HubEpoch } from '../../shared/sync/envelope.ts';
import type { DevicePlaces } from '../../shared/sync/hub-rules.ts';
import type { GreetedScope } from '../../shared/sync/hub-store.ts';
import { changeOf, EVERYTHING, isInScope, isWanted, nextMember, reconciledMember, type Member, type ResidentList, type ScopeChange, type ScopeMark, type ScopeRule } from '../../shared/sync/scope.ts';

/** Which patients each device holds, as a simulated central keeps it. Whoever calls makes it part of a transaction. */
export type HubScopes = {
  /** Its scope is not everything, or was not, as far as it has been told. */
  isPartial(device: DeviceId): boolean;
  /** It is greeted and names what it was told and has done: what is not known here means that central was restored. Null where it holds everything. */
  greet(device: DeviceId, places: DevicePlaces, epoch: HubEpoch): GreetedScope | null;
  /** Of all that is decided by now. */
  mark(device: DeviceId): ScopeMark;
  /** `wrote`: whether others than the device wrote about a patient up to a place of the log. Where the changes begin that it has to hear of. */
  reconcile(device: DeviceId, list: ResidentList, latest: number, wrote: (patient: string, upTo: number) => boolean): number;
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

/** `hex`: random bytes, hexadecimal. */
export function createHubScopes(hex: (bytes: number) => string): HubScopes {
  let rules = new Map<DeviceId, ScopeRule>();
  let catchments = new Map<DeviceId, string>();
  let seenIn = new Map<string, ReadonlySet<string>>();
  let members = new Map<DeviceId, Map<string, Member>>();
  let versions = new Map<DeviceId, number>();
  /** Devices that have been greeted with a scope. */
  let heard = new Set<DeviceId>();
  /** The mark of what is decided now, where a device was told of it; and all it was ever told. */
  let marks = new Map<DeviceId, ScopeMark>();
  let told = new Map<DeviceId, ReadonlySet<ScopeMark>>();

  const ruleOf = (device: DeviceId): ScopeRule => rules.get(device) ?? EVERYTHING;
  const member = (device: DeviceId, patient: string): Member | null => members.get(device)?.get(patient) ?? null;
  const isPartial = (device: DeviceId): boolean => !ruleOf(device).everything || (members.get(device)?.size ?? 0) > 0 || heard.has(device);
  const setMember = (device: DeviceId, patient: string, next: Omit<Member, 'version'>, version?: number): void => {
    const theirs = members.get(device) ?? new Map<string, Member>();
    members.set(device, theirs);
    theirs.set(patient, { ...next, version: version ?? (versions.get(device) ?? 0) + 1 });
    if (version !== undefined) return;
    versions.set(device, (versions.get(device) ?? 0) + 1);
    marks.delete(device);
  };
  const forget = (device: DeviceId): void => {
    for (const each of [members, rules, marks]) each.delete(device);
    heard.delete(device);
  };
  const mark = (device: DeviceId): ScopeMark => {
    const kept = marks.get(device) ?? hex(8);
    marks.set(device, kept);
    told.set(device, new Set([...(told.get(device) ?? []), kept]));
    return kept;
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
    mark,
    greet(device, { cursors: [cursor], scope: done, scopeMark }, epoch) {
      if (!isPartial(device)) return null;
      heard.add(device);
      const known = scopeMark === null || told.get(device)?.has(scopeMark) === true;
      const { everything } = ruleOf(device);
      if (everything && !known) {
        forget(device);
        return null;
      }
      for (const [patient, each] of members.get(device) ?? []) {
        if (known && each.version > 0 && each.version <= done) setMember(device, patient, settledAs(patient, each), each.version);
      }
      return { mark: mark(device), known, asks: !everything && cursor !== undefined && (!known || scopeMark === null || cursor.epoch !== epoch) };
    },
    reconcile(device, { residents, version, known, readTo }, latest, wrote) {
      const theirs = members.get(device) ?? new Map<string, Member>();
      const listed = new Map(residents.map((each) => [each.patient as string, each]));
      const begun = known ? version : Math.max(version, versions.get(device) ?? 0);
      versions.set(device, Math.max(begun, versions.get(device) ?? 0));
      marks.delete(device);
      for (const patient of [...new Set([...theirs.keys(), ...listed.keys()])].toSorted()) {
        const current = theirs.get(patient) ?? null;
        const places = seenIn.get(patient);
        const missed = current?.state === 'in' && wrote(patient, Math.max(readTo, current.since));
        const next = reconciledMember(current, { resident: listed.get(patient) ?? null, isWanted: isWanted(ruleOf(device), patient, places ?? []), isSeen: places !== undefined, missed, isRenumbered: !known, readTo, latest });
        if (next !== null) setMember(device, patient, next, next.state === 'entering' || next.state === 'leaving' ? undefined : (current?.version ?? 0));
      }
      return begun;
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
      if (current?.version === version) setMember(device, patient, settledAs(patient, current), version);
    },
    setScope(device, rule, latest) {
      const { everything } = ruleOf(device);
      rules.set(device, rule);
      marks.delete(device);
      if (rule.everything && !heard.has(device)) return forget(device);
      for (const patient of [...seenIn.keys()].toSorted()) review(device, rule, patient, everything, latest);
      return undefined;
    },
    setCatchment(device, catchment) {
      if (catchment === null) catchments.delete(device);
      else catchments.set(device, catchment);
      marks.clear();
    },
    wants: (device, patient) => isWanted(ruleOf(device), patient, seenIn.get(patient) ?? []),
    patients: () => [...seenIn.keys()],
    image() {
      const kept = structuredClone({ rules, catchments, seenIn, members, versions, heard, marks, told });
      return () => {
        ({ rules, catchments, seenIn, members, versions, heard, marks, told } = structuredClone(kept));
      };
    },
  };
}

const settledAs = (patient: string, member: Member): Member => ({ ...member, state: changeOf(patient as RecordId, member).upTo === null ? 'out' : 'in' });
