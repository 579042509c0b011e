import { equalBytes } from '../../shared/base/bytes.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { HubClock } from '../world.ts';
import type { DeviceRecord } from '../../shared/sync/hub-store.ts';
import { bytesOf, numberOf, textOf, type HubDatabase } from './database.ts';
import { noteEvent } from './events.ts';

export type IssuedCertificate = { /** SHA-256 of its DER, hexadecimal. */ readonly fingerprint: string; readonly expiresAt: number };

export function deviceOf(database: HubDatabase, id: DeviceId): DeviceRecord | null {
  const row = database.get('SELECT id, name, signing_key, sealing_key, state FROM device WHERE id = ?', id);
  if (row === undefined) return null;
  return { device: id, name: textOf(row, 'name'), signingKey: bytesOf(row, 'signing_key'), sealingKey: bytesOf(row, 'sealing_key'), state: row['state'] === 'active' ? 'active' : 'revoked' };
}

/** Whose certificate it is and when it ends; null for one this central never issued. */
export function certificateHolder(database: HubDatabase, fingerprint: string): { readonly device: DeviceId; readonly expiresAt: number } | null {
  const row = database.get('SELECT device, expires_at FROM certificate WHERE fingerprint = ?', fingerprint);
  return row === undefined ? null : { device: DeviceId.parse(textOf(row, 'device')), expiresAt: numberOf(row, 'expires_at') };
}

export function keepCertificate(database: HubDatabase, clock: HubClock, device: DeviceId, { fingerprint, expiresAt }: IssuedCertificate): void {
  database.run('INSERT INTO certificate (fingerprint, device, issued_at, expires_at) VALUES (?, ?, ?, ?)', fingerprint, device, Math.floor(clock.now()), expiresAt);
}

export function issueCode(database: HubDatabase, clock: HubClock, secretHash: string, lifeMs: number): number {
  const now = Math.floor(clock.now());
  database.write(() => database.run('INSERT INTO code (secret_hash, issued_at, expires_at) VALUES (?, ?, ?)', secretHash, now, now + lifeMs));
  return now + lifeMs;
}

export type Enrolment = { readonly secretHash: string; readonly record: DeviceRecord; readonly certificate: IssuedCertificate };
export type EnrolmentRefusal = 'CODE_UNKNOWN' | 'CODE_EXPIRED' | 'CODE_USED' | 'DEVICE_TAKEN' | 'DEVICE_REVOKED';

/** Whether the code admits this device now. A device whose answer was lost may ask again with the same code and keys. */
export function admits(database: HubDatabase, clock: HubClock, secretHash: string, record: DeviceRecord): Result<null, EnrolmentRefusal> {
  const code = database.get('SELECT expires_at, used_by FROM code WHERE secret_hash = ?', secretHash);
  if (code === undefined) return refuse('CODE_UNKNOWN');
  if (clock.now() >= numberOf(code, 'expires_at')) return refuse('CODE_EXPIRED');
  if (code['used_by'] !== null && code['used_by'] !== record.device) return refuse('CODE_USED');
  const known = deviceOf(database, record.device);
  if (known?.state === 'revoked') return refuse('DEVICE_REVOKED');
  if (known !== null && (!equalBytes(known.signingKey, record.signingKey) || !equalBytes(known.sealingKey, record.sealingKey))) return refuse('DEVICE_TAKEN');
  return ok(null);
}

/** Uses the code up and enters the device, in one transaction, if the code still admits it. */
export function enter(database: HubDatabase, clock: HubClock, { secretHash, record, certificate }: Enrolment): Result<null, EnrolmentRefusal> {
  return database.write(() => {
    const admitted = admits(database, clock, secretHash, record);
    if (!admitted.ok) return admitted;
    const now = Math.floor(clock.now());
    database.run('UPDATE code SET used_at = ?, used_by = ? WHERE secret_hash = ?', now, record.device, secretHash);
    database.run(
      "INSERT INTO device (id, name, signing_key, sealing_key, state, enrolled_at) VALUES (?, ?, ?, ?, 'active', ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
      record.device, record.name, record.signingKey, record.sealingKey, now,
    );
    keepCertificate(database, clock, record.device, certificate);
    noteEvent(database, clock, { device: record.device, code: 'ENROLLED', what: '' });
    return ok(null);
  });
}

/** False where there is no such device. Revoking twice changes nothing. */
export function revokeDevice(database: HubDatabase, clock: HubClock, device: DeviceId): boolean {
  return database.write(() => {
    const known = deviceOf(database, device);
    if (known === null) return false;
    if (known.state === 'revoked') return true;
    database.run("UPDATE device SET state = 'revoked', revoked_at = ? WHERE id = ?", Math.floor(clock.now()), device);
    noteEvent(database, clock, { device, code: 'REVOKED', what: '' });
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
};

export function listDevices(database: HubDatabase): DeviceLine[] {
  const rows = database.all(`
    SELECT device.id, name, state, enrolled_at, last_seen_at,
      (SELECT max(expires_at) FROM certificate WHERE certificate.device = device.id) AS expires_at,
      (SELECT count(*) FROM segment WHERE segment.device = device.id) AS segments,
      (SELECT total(length) FROM segment WHERE segment.device = device.id) AS entries,
      (SELECT total(quarantined) FROM segment WHERE segment.device = device.id) AS quarantined
    FROM device ORDER BY enrolled_at, id`);
  const optional = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  return rows.map((row) => ({
    device: textOf(row, 'id'), name: textOf(row, 'name'), state: textOf(row, 'state'), enrolledAt: numberOf(row, 'enrolled_at'), lastSeenAt: optional(row['last_seen_at']),
    certificateExpiresAt: optional(row['expires_at']), segments: numberOf(row, 'segments'), entries: numberOf(row, 'entries'), quarantined: numberOf(row, 'quarantined'),
  }));
}
