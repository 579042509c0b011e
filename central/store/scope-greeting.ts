import { toHex } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubEpoch } from '../../shared/sync/envelope.ts';
import type { DevicePlaces } from '../../shared/sync/hub-rules.ts';
import type { GreetedScope } from '../../shared/sync/hub-store.ts';
import { isWanted, reconciledMember, ScopeMark, type ResidentList } from '../../shared/sync/scope.ts';
import { PARTIAL } from './devices.ts';
import { logEnd } from './log-marks.ts';
import { textOf } from './row.ts';
import { catchmentsOf, forgetScope, keepMember, memberOf, nextVersion, noteTold, ruleOf } from './scopes.ts';
import type { Reads, Writes } from './sql.ts';

/** Whether a device that holds a part and this database mean the same decisions; and what follows where they do not. */

const MARK_BYTES = 8;
/** Patients whose catchments are asked for in one statement. */
const PATIENTS_AT_ONCE = 256;

async function isKnown(view: Reads, device: DeviceId, mark: string): Promise<boolean> {
  return (await view.get('SELECT 1 AS known FROM scope_mark WHERE device = ? AND mark = ?', device, mark)) !== undefined;
}

/** The mark of what is decided for a device by now, drawn where it has none. */
export async function markOfScope(tx: Writes, device: DeviceId, random: Random): Promise<ScopeMark> {
  const kept = (await tx.get('SELECT scope_mark FROM device WHERE id = ?', device))?.['scope_mark'];
  if (typeof kept === 'string') return ScopeMark.parse(kept);
  const mark = ScopeMark.parse(toHex(random.bytes(MARK_BYTES)));
  await tx.run('UPDATE device SET scope_mark = ? WHERE id = ?', mark, device);
  await tx.insert('scope_mark', ['device', 'mark'], [[device, mark]]);
  return mark;
}

/** Null for a device that holds everything. A device that names what was never decided here, and is to hold everything, begins anew like one that was never narrowed. */
export async function greetScope(tx: Writes, device: DeviceId, { cursors: [cursor], scope: done, scopeMark }: DevicePlaces, epoch: HubEpoch, random: Random): Promise<GreetedScope | null> {
  const row = await tx.get('SELECT scope, partial FROM device WHERE id = ?', device);
  if (row === undefined || row['partial'] === PARTIAL.none) return null;
  await noteTold(tx, device);
  // Of one that was never told anything every change is to come, whichever history its number 0 is of.
  const known = scopeMark === null || (await isKnown(tx, device, scopeMark));
  const { everything } = ruleOf(row);
  if (everything && !known) {
    await forgetScope(tx, device);
    return null;
  }
  // What it says is done is done, though the word that said so was lost with its line.
  if (known) await tx.run("UPDATE scope_member SET state = CASE state WHEN 'entering' THEN 'in' ELSE 'out' END WHERE device = ? AND version > 0 AND version <= ? AND state IN ('entering', 'leaving')", device, done);
  const asks = !everything && cursor !== undefined && (!known || scopeMark === null || cursor.epoch !== epoch);
  return { mark: await markOfScope(tx, device, random), known, asks };
}

/** Of whom the device should hold something of others, having read so far. */
async function readOf(tx: Reads, device: DeviceId, readTo: number): Promise<ReadonlySet<string>> {
  const rows = await tx.all(
    `SELECT patient FROM scope_member AS member WHERE device = ? AND state = 'in'
       AND EXISTS (SELECT 1 FROM op WHERE op.patient = member.patient AND op.lsn <= CASE WHEN member.since > ? THEN member.since ELSE ? END AND op.device <> ?)`,
    device, readTo, readTo, device,
  );
  return new Set(rows.map((row) => textOf(row, 'patient')));
}

/** Compares whom a device holds with whom it should; where changes begin that it has to hear of. */
export async function reconcileScope(tx: Writes, device: DeviceId, { residents, version, known, readTo }: ResidentList): Promise<number> {
  const row = await tx.get('SELECT scope, scope_version FROM device WHERE id = ?', device);
  const rule = ruleOf(row);
  const { lsn: latest } = await logEnd(tx);
  const members = new Map((await tx.all('SELECT patient, state, since, version FROM scope_member WHERE device = ?', device)).map((each) => [textOf(each, 'patient'), memberOf(each)]));
  const listed = new Map<string, (typeof residents)[number]>(residents.map((each) => [each.patient, each]));
  const read = await readOf(tx, device, readTo);
  const begun = known ? version : Math.max(version, Number(row?.['scope_version']));
  await tx.run('UPDATE device SET scope_version = CASE WHEN scope_version < ? THEN ? ELSE scope_version END, scope_mark = NULL WHERE id = ?', begun, begun, device);
  const patients = [...new Set([...members.keys(), ...listed.keys()])].toSorted();
  for (let at = 0; at < patients.length; at += PATIENTS_AT_ONCE) {
    const some = patients.slice(at, at + PATIENTS_AT_ONCE);
    const catchments = await catchmentsOf(tx, some);
    for (const patient of some) {
      const places = catchments.get(patient);
      const member = members.get(patient) ?? null;
      const next = reconciledMember(member, { resident: listed.get(patient) ?? null, isWanted: isWanted(rule, patient, places ?? []), isSeen: places !== undefined, missed: read.has(patient), isRenumbered: !known, readTo, latest });
      if (next === null) continue;
      const isChange = next.state === 'entering' || next.state === 'leaving';
      await keepMember(tx, device, patient, { ...next, version: isChange ? await nextVersion(tx, device) : (member?.version ?? 0) });
    }
  }
  return begun;
}
