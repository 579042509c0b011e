import { DeviceId, RecordId } from '../../shared/base/ids.ts';
import { changeOf, EVERYTHING, isWanted, nextMember, ScopeRule, type Member, type ScopeChange } from '../../shared/sync/scope.ts';
import { PARTIAL } from './devices.ts';
import { logEnd } from './log-marks.ts';
import { numberOf, textOf, type Row, type Value } from './row.ts';
import type { Reads, Writes } from './sql.ts';

/** Which patients each device holds. The rules are those of shared/sync/scope.ts; here they are kept and asked. */

export function ruleOf(row: Row | undefined): ScopeRule {
  const kept = row?.['scope'];
  return typeof kept === 'string' ? ScopeRule.parse(JSON.parse(kept)) : EVERYTHING;
}

export function memberOf(row: Row | undefined): Member | null {
  if (row === undefined) return null;
  const state = textOf(row, 'state');
  if (state !== 'entering' && state !== 'in' && state !== 'leaving' && state !== 'out') throw new Error('broken assumption: a member has one of four states');
  return { state, since: numberOf(row, 'since'), version: numberOf(row, 'version') };
}

export async function nextVersion(tx: Writes, device: DeviceId): Promise<number> {
  const row = await tx.get('UPDATE device SET scope_version = scope_version + 1, scope_mark = NULL WHERE id = ? RETURNING scope_version', device);
  if (row === undefined) throw new Error('broken assumption: a scope belongs to a device');
  return numberOf(row, 'scope_version');
}

export async function keepMember(tx: Writes, device: DeviceId, patient: string, { state, since, version }: Member): Promise<void> {
  await tx.run(
    'INSERT INTO scope_member (device, patient, state, since, version) VALUES (?, ?, ?, ?, ?) ON CONFLICT (device, patient) DO UPDATE SET state = excluded.state, since = excluded.since, version = excluded.version',
    device, patient, state, since, version,
  );
}

type Review = { readonly device: DeviceId; readonly patient: string; readonly catchments: readonly string[]; readonly everything: boolean; readonly rule: ScopeRule; readonly latest: number };

/** What becomes of one patient's standing at one device, kept if it changes. */
export async function review(tx: Writes, { device, patient, catchments, everything, rule, latest }: Review): Promise<void> {
  const member = memberOf(await tx.get('SELECT state, since, version FROM scope_member WHERE device = ? AND patient = ?', device, patient));
  const next = nextMember(member, everything, isWanted(rule, patient, catchments), rule.everything, latest);
  // Who is held already, and only has to be said from now on, is no change for the device.
  if (next !== null) await keepMember(tx, device, patient, { ...next, version: next.state === 'in' ? 0 : await nextVersion(tx, device) });
}

/** Each patient's catchments; a statement for each power of two of patients, not one for each number of them. */
export async function catchmentsOf(tx: Reads, patients: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const [last] = patients.slice(-1);
  if (last === undefined) return new Map();
  const slots = 2 ** Math.ceil(Math.log2(patients.length));
  const asked = [...patients, ...Array.from({ length: slots - patients.length }, () => last)];
  const rows = await tx.all(`SELECT patient, catchment FROM patient_catchment WHERE patient IN (${asked.map(() => '?').join(', ')})`, ...asked);
  const groups = Map.groupBy(rows, (row) => textOf(row, 'patient'));
  return new Map([...groups].map(([patient, theirs]) => [patient, theirs.map((row) => textOf(row, 'catchment'))]));
}

/**
 * An author writes about these patients: they belong to its catchment from now on, and so to the scope of devices that hold
 * it. `latest`: the log's end before these entries.
 */
export async function noticePatients(tx: Writes, author: DeviceId, patients: ReadonlySet<string>, latest: number): Promise<void> {
  if (patients.size === 0) return;
  const [where, known] = await Promise.all([tx.get('SELECT catchment FROM device WHERE id = ?', author), catchmentsOf(tx, [...patients])]);
  const catchment = typeof where?.['catchment'] === 'string' ? where['catchment'] : '';
  const seenHere = [...patients].filter((patient) => known.get(patient)?.includes(catchment) !== true);
  if (seenHere.length === 0) return;
  const [, holders] = await Promise.all([
    tx.insert('patient_catchment', ['patient', 'catchment'], seenHere.map((patient) => [patient, catchment])),
    tx.all('SELECT id, scope FROM device WHERE scope IS NOT NULL'),
  ]);
  for (const row of holders) {
    const device = DeviceId.parse(textOf(row, 'id'));
    const rule = ruleOf(row);
    for (const patient of seenHere) {
      const before = known.get(patient) ?? [];
      // Of somebody new everything comes in the log.
      if (before.length === 0 && isWanted(rule, patient, [catchment])) await keepMember(tx, device, patient, { state: 'in', since: 0, version: 0 });
      else await review(tx, { device, patient, catchments: [...before, catchment], everything: false, rule, latest });
    }
  }
}

/** Which rows of the log come to a device, as a condition over `op`. */
export async function scopeCondition(view: Reads, device: DeviceId): Promise<{ readonly where: string; readonly values: readonly Value[] }> {
  const row = await view.get('SELECT scope, partial FROM device WHERE id = ?', device);
  if (row === undefined || row['partial'] === PARTIAL.none) return { where: '1 = 1', values: [] };
  const otherwise = ruleOf(row).everything ? 1 : 0;
  const where = `(op.patient IS NULL OR coalesce((SELECT CASE WHEN member.state IN ('entering', 'in') AND op.lsn > member.since THEN 1 ELSE 0 END
    FROM scope_member AS member WHERE member.device = ? AND member.patient = op.patient), ${otherwise}) = 1)`;
  return { where, values: [device] };
}

/** Up to where a patient's entries come in a stream of their own; null for one who is not in this device's scope by name. */
export async function patientStreamEnd(view: Reads, device: DeviceId, patient: RecordId): Promise<number | null> {
  const member = memberOf(await view.get('SELECT state, since, version FROM scope_member WHERE device = ? AND patient = ?', device, patient));
  return member === null ? null : changeOf(patient, member).upTo;
}

/** Changes after one of the device's versions, in their order. */
export async function scopeChanges(sql: Reads, device: DeviceId, after: number, max: number): Promise<readonly ScopeChange[]> {
  const rows = await sql.all('SELECT patient, state, since, version FROM scope_member WHERE device = ? AND version > ? ORDER BY version LIMIT ?', device, after, max);
  return rows.flatMap((row) => {
    const member = memberOf(row);
    return member === null ? [] : [changeOf(RecordId.parse(textOf(row, 'patient')), member)];
  });
}

/**
 * The same, as they are said to the device now. Who comes in comes with all that the log holds by now: what it brought of
 * them since the decision may be among what the device has just removed, being told a moment ago that they leave.
 */
export async function sayScopeChanges(tx: Writes, device: DeviceId, after: number, max: number): Promise<readonly ScopeChange[]> {
  const { lsn } = await logEnd(tx);
  await tx.run("UPDATE scope_member SET since = ? WHERE device = ? AND version > ? AND state = 'entering' AND since < ?", lsn, device, after, lsn);
  return scopeChanges(tx, device, after, max);
}

/** From now on the device may have passed over somebody, or removed them: taking its scope back has to bring them. */
export async function noteTold(tx: Writes, device: DeviceId): Promise<void> {
  await tx.run('UPDATE device SET partial = ? WHERE id = ? AND partial = ?', PARTIAL.told, device, PARTIAL.ordered);
}

/** Taken back before the device heard of it, and so for good also of one that could not have followed. */
export async function forgetScope(tx: Writes, device: DeviceId): Promise<void> {
  await tx.run('DELETE FROM scope_member WHERE device = ?', device);
  await tx.run('UPDATE device SET scope = NULL, partial = ?, scope_mark = NULL WHERE id = ?', PARTIAL.none, device);
}

export async function scopeSettled(tx: Writes, device: DeviceId, patient: RecordId, version: number): Promise<void> {
  await tx.run("UPDATE scope_member SET state = CASE WHEN state IN ('entering', 'in') THEN 'in' ELSE 'out' END WHERE device = ? AND patient = ? AND version = ?", device, patient, version);
}
