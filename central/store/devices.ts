import { equalBytes } from '../../shared/base/bytes.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { HubClock } from '../world.ts';
import type { DeviceRecord } from '../../shared/sync/hub-store.ts';
import { noteEvent } from './events.ts';
import { bytesOf, numberOf, optionalNumberOf, textOf } from './row.ts';
import type { Reads, Sql, Writes } from './sql.ts';

export type IssuedCertificate = { /** SHA-256 of its DER, hexadecimal. */ readonly fingerprint: string; readonly expiresAt: number };

/** What the column `partial` says: nothing of scopes; a scope that the device has not been greeted with yet; one that it has. */
export const PARTIAL = { none: 0, ordered: 1, told: 2 } as const;

export async function deviceOf(sql: Reads, id: DeviceId): Promise<DeviceRecord | null> {
  const row = await sql.get('SELECT id, name, signing_key, sealing_key, state, partial FROM device WHERE id = ?', id);
  if (row === undefined) return null;
  return { device: id, name: textOf(row, 'name'), signingKey: bytesOf(row, 'signing_key'), sealingKey: bytesOf(row, 'sealing_key'), state: row['state'] === 'active' ? 'active' : 'revoked', ...(row['partial'] === PARTIAL.none ? {} : { partial: true }) };
}

/** Whose certificate it is and when it ends; null for one this central never issued. */
export async function certificateHolder(sql: Reads, fingerprint: string): Promise<{ readonly device: DeviceId; readonly expiresAt: number } | null> {
  const row = await sql.get('SELECT device, expires_at FROM certificate WHERE fingerprint = ?', fingerprint);
  return row === undefined ? null : { device: DeviceId.parse(textOf(row, 'device')), expiresAt: numberOf(row, 'expires_at') };
}

export async function keepCertificate(tx: Writes, clock: HubClock, device: DeviceId, { fingerprint, expiresAt }: IssuedCertificate): Promise<void> {
  await tx.run('INSERT INTO certificate (fingerprint, device, issued_at, expires_at) VALUES (?, ?, ?, ?)', fingerprint, device, Math.floor(clock.now()), expiresAt);
}

/** `device`: the code is for this device alone, and admits it even if it was revoked. */
export async function issueCode(sql: Sql, clock: HubClock, secretHash: string, lifeMs: number, device: DeviceId | null = null): Promise<number> {
  const now = Math.floor(clock.now());
  await sql.write('devices', (tx) => tx.run('INSERT INTO code (secret_hash, issued_at, expires_at, device) VALUES (?, ?, ?, ?)', secretHash, now, now + lifeMs, device));
  return now + lifeMs;
}

export type Enrolment = { readonly secretHash: string; readonly record: DeviceRecord; readonly certificate: IssuedCertificate };
export type EnrolmentRefusal = 'CODE_UNKNOWN' | 'CODE_OF_ANOTHER' | 'CODE_EXPIRED' | 'CODE_USED' | 'DEVICE_TAKEN' | 'DEVICE_REVOKED';

/** Whether the code admits this device now. A device whose answer was lost may ask again with the same code and keys. */
export async function admits(sql: Reads, clock: HubClock, secretHash: string, record: DeviceRecord): Promise<Result<null, EnrolmentRefusal>> {
  const code = await sql.get('SELECT expires_at, used_by, device FROM code WHERE secret_hash = ?', secretHash);
  if (code === undefined) return refuse('CODE_UNKNOWN');
  if (clock.now() >= numberOf(code, 'expires_at')) return refuse('CODE_EXPIRED');
  if (code['used_by'] !== null && code['used_by'] !== record.device) return refuse('CODE_USED');
  if (code['device'] !== null && code['device'] !== record.device) return refuse('CODE_OF_ANOTHER');
  const known = await deviceOf(sql, record.device);
  // A code is used once, so that one that admitted the device again does not undo the next revocation.
  if (known?.state === 'revoked' && (code['device'] === null || code['used_by'] !== null)) return refuse('DEVICE_REVOKED');
  if (known !== null && (!equalBytes(known.signingKey, record.signingKey) || !equalBytes(known.sealingKey, record.sealingKey))) return refuse('DEVICE_TAKEN');
  return ok(null);
}

/** Uses the code up and enters the device, in one transaction with `also`, if the code still admits it. */
export async function enter(sql: Sql, clock: HubClock, { secretHash, record, certificate }: Enrolment, also: (tx: Writes) => Promise<void> = async () => undefined): Promise<Result<null, EnrolmentRefusal>> {
  return sql.write('devices', async (tx) => {
    const admitted = await admits(tx, clock, secretHash, record);
    if (!admitted.ok) return admitted;
    const now = Math.floor(clock.now());
    await tx.run('UPDATE code SET used_at = ?, used_by = ? WHERE secret_hash = ?', now, record.device, secretHash);
    await tx.run(
      "INSERT INTO device (id, name, signing_key, sealing_key, state, enrolled_at) VALUES (?, ?, ?, ?, 'active', ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = 'active', revoked_at = NULL",
      record.device, record.name, record.signingKey, record.sealingKey, now,
    );
    await keepCertificate(tx, clock, record.device, certificate);
    await noteEvent(tx, clock, { device: record.device, code: 'ENROLLED', what: '' });
    await also(tx);
    await tx.announce('devices', record.device);
    return ok(null);
  });
}

/** Within the caller's transaction. Revoking twice changes nothing. */
export async function markRevoked(tx: Writes, clock: HubClock, device: DeviceId, what: string): Promise<void> {
  const { changes } = await tx.run("UPDATE device SET state = 'revoked', revoked_at = ? WHERE id = ? AND state = 'active'", Math.floor(clock.now()), device);
  if (changes === 0) return;
  await noteEvent(tx, clock, { device, code: 'REVOKED', what });
  await tx.announce('devices', device);
}

/** False where there is no such device. Revoking twice changes nothing. */
export async function revokeDevice(sql: Sql, clock: HubClock, device: DeviceId): Promise<boolean> {
  return sql.write('devices', async (tx) => {
    if ((await deviceOf(tx, device)) === null) return false;
    await markRevoked(tx, clock, device, '');
    return true;
  });
}

export type DeviceLine = {
  readonly device: string;
  readonly name: string;
  readonly state: string;
  readonly enrolledAt: number;
  readonly lastSeenAt: number | null;
  readonly certificateExpiresAt: number | null;
  readonly segments: number;
  readonly entries: number;
  readonly quarantined: number;
  /** Number of the log up to which entries were handed out to it, and when that was noted. */
  readonly readTo: number | null;
  readonly readAt: number | null;
};

export async function listDevices(sql: Reads): Promise<DeviceLine[]> {
  const rows = await sql.all(`
    SELECT device.id, name, state, enrolled_at, last_seen_at, read_lsn, read_at,
      (SELECT max(expires_at) FROM certificate WHERE certificate.device = device.id) AS expires_at,
      (SELECT count(*) FROM segment WHERE segment.device = device.id) AS segments,
      (SELECT coalesce(sum(length), 0) FROM segment WHERE segment.device = device.id) AS entries,
      (SELECT coalesce(sum(quarantined), 0) FROM segment WHERE segment.device = device.id) AS quarantined
    FROM device ORDER BY enrolled_at, id`);
  return rows.map((row) => ({
    device: textOf(row, 'id'), name: textOf(row, 'name'), state: textOf(row, 'state'), enrolledAt: numberOf(row, 'enrolled_at'), lastSeenAt: optionalNumberOf(row, 'last_seen_at'),
    certificateExpiresAt: optionalNumberOf(row, 'expires_at'), segments: numberOf(row, 'segments'), entries: numberOf(row, 'entries'), quarantined: numberOf(row, 'quarantined'), readTo: optionalNumberOf(row, 'read_lsn'), readAt: optionalNumberOf(row, 'read_at'),
  }));
}
