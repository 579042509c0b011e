import { DeviceId } from '../../shared/base/ids.ts';
import type { ScopeAdministration } from '../../shared/sync/hub-store.ts';
import type { ScopeRule } from '../../shared/sync/scope.ts';
import { PARTIAL } from './devices.ts';
import { logEnd } from './log-marks.ts';
import { numberOf, optionalTextOf, textOf } from './row.ts';
import { forgetScope, review, ruleOf } from './scopes.ts';
import type { Reads, Sql, Writes } from './sql.ts';

/** What an administrator decides of scopes and places, within the caller's transaction under the log's lock. */

export async function decideScope(tx: Writes, device: DeviceId, rule: ScopeRule): Promise<void> {
  const row = await tx.get('SELECT scope, partial FROM device WHERE id = ?', device);
  if (rule.everything && row?.['partial'] !== PARTIAL.told) await forgetScope(tx, device);
  else await reviewAll(tx, device, ruleOf(row).everything, rule);
  await tx.announce('devices', device);
}

async function reviewAll(tx: Writes, device: DeviceId, everything: boolean, rule: ScopeRule): Promise<void> {
  await tx.run('UPDATE device SET scope = ?, partial = CASE WHEN partial = ? THEN ? ELSE partial END, scope_mark = NULL WHERE id = ?', rule.everything ? null : JSON.stringify(rule), PARTIAL.none, PARTIAL.ordered, device);
  const { lsn: latest } = await logEnd(tx);
  const catchments = new Map<string, string[]>();
  for (const row of await tx.all('SELECT patient, catchment FROM patient_catchment ORDER BY patient')) {
    const patient = textOf(row, 'patient');
    catchments.set(patient, [...(catchments.get(patient) ?? []), textOf(row, 'catchment')]);
  }
  for (const [patient, places] of catchments) await review(tx, { device, patient, catchments: places, everything, rule, latest });
}

/** Where a device stands from now on; what it wrote before stays where it was written. */
export async function moveDevice(tx: Writes, device: DeviceId, catchment: string | null): Promise<void> {
  await tx.run('UPDATE device SET catchment = ? WHERE id = ?', catchment, device);
  // Of whom it writes about from now on, others are sent what they were not sent before.
  await tx.run('UPDATE device SET scope_mark = NULL WHERE scope_mark IS NOT NULL');
}

/**
 * A device that stood nowhere is given its place: whom it wrote about until now were seen there, so that an organisation
 * may begin with scopes after years without. How many patients came to the place by this.
 */
export async function placeWithPast(tx: Writes, device: DeviceId, catchment: string): Promise<number> {
  const rows = await tx.all(
    'SELECT DISTINCT patient FROM op WHERE device = ? AND patient IS NOT NULL AND NOT EXISTS (SELECT 1 FROM patient_catchment AS seen WHERE seen.patient = op.patient AND seen.catchment = ?)', device, catchment,
  );
  const patients = rows.map((row) => textOf(row, 'patient'));
  await tx.insert('patient_catchment', ['patient', 'catchment'], patients.map((patient) => [patient, catchment]));
  const { lsn: latest } = await logEnd(tx);
  for (const row of await tx.all('SELECT id, scope FROM device WHERE scope IS NOT NULL ORDER BY id')) {
    const holder = DeviceId.parse(textOf(row, 'id'));
    const rule = ruleOf(row);
    if (rule.catchments.includes(catchment)) for (const patient of patients) await review(tx, { device: holder, patient, catchments: [catchment], everything: false, rule, latest });
  }
  return patients.length;
}

export type ScopeView = {
  readonly rule: ScopeRule;
  /** The code of the place where the device stands. */
  readonly site: string | null;
  /** How many patients are held by name, on their way in, on their way out; of a device that holds everything none is by name. */
  readonly held: number;
  readonly entering: number;
  readonly leaving: number;
};

/** Null for a device that is not known. */
export async function scopeView(view: Reads, device: DeviceId): Promise<ScopeView | null> {
  const row = await view.get('SELECT scope, catchment FROM device WHERE id = ?', device);
  if (row === undefined) return null;
  const counts = new Map((await view.all('SELECT state, count(*) AS patients FROM scope_member WHERE device = ? GROUP BY state', device)).map((each) => [textOf(each, 'state'), numberOf(each, 'patients')]));
  return { rule: ruleOf(row), site: optionalTextOf(row, 'catchment'), held: counts.get('in') ?? 0, entering: counts.get('entering') ?? 0, leaving: counts.get('leaving') ?? 0 };
}

export function createScopeAdministration(sql: Sql): ScopeAdministration {
  return {
    setScope: (device, rule) => sql.write('log', (tx) => decideScope(tx, device, rule)),
    setCatchment: (device, catchment) => sql.write('log', (tx) => moveDevice(tx, device, catchment)),
  };
}
