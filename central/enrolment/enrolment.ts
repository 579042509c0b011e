import type { TLSSocket } from 'node:tls';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { decodeJson, encodeJson, EnrolRequest, verifyEnrolment, type EnrolAnswer, type Enrolled } from '../../shared/sync/enrolment.ts';
import { ENROLMENT_SECRET_BYTES, printEnrolmentCode } from '../../shared/sync/enrolment-code.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import type { DeviceRecord } from '../../shared/sync/hub-store.ts';
import { CONTROL_MESSAGE_MAX_BYTES, GREETING_MAX_MS } from '../../shared/sync/limits.ts';
import { authorityFingerprint, certificateFingerprint, issueDeviceCertificate, parseCertificate } from '../authority/certificates.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import { createSyncCrypto, ed25519PublicKey, sha256, verifyEd25519, x25519PublicKey } from '../hub/cipher.ts';
import { floorsOf, takeBack } from '../orders/issue.ts';
import { CENTRAL } from '../orders/order-store.ts';
import { admits, enter, issueCode, type EnrolmentRefusal } from '../store/devices.ts';
import { noteEvent } from '../store/events.ts';
import { claimNumberPrefix } from '../store/number-prefixes.ts';
import type { Sql } from '../store/sql.ts';
import { createLine, isEndOfLine } from '../wire/line.ts';
import type { HubClock, HubTimers } from '../world.ts';

type EnrolmentWorld = { readonly sql: Sql; readonly keys: OrganizationKeys; readonly clock: HubClock; readonly random: Random };

/** Prints a code for one device and keeps its hash. `device`: for this one alone, revoked or not. */
export async function makeEnrolmentCode({ sql, keys, clock, random }: EnrolmentWorld, address: { readonly host: string; readonly port: number }, lifeMs: number, device: DeviceId | null = null): Promise<{ readonly code: string; readonly expiresAt: number }> {
  const secret = random.bytes(ENROLMENT_SECRET_BYTES);
  const code = printEnrolmentCode(sha256, { ...address, authorityFingerprint: authorityFingerprint(keys.authority), secret });
  return { code, expiresAt: await issueCode(sql, clock, hashOf(secret), lifeMs, device) };
}

/** 128 random bits need no slow hash. */
function hashOf(secret: Uint8Array): string {
  return toHex(sha256(secret));
}

async function enrol({ sql, keys, clock, random }: EnrolmentWorld, bytes: Uint8Array): Promise<Result<Enrolled, EnrolmentRefusal | 'MALFORMED'>> {
  const request = decodeJson(EnrolRequest, bytes);
  if (request === null || !verifyEnrolment(verifyEd25519, request)) return refuse('MALFORMED');
  const record: DeviceRecord = { device: request.device, name: request.deviceName, signingKey: fromHex(request.signingKey), sealingKey: fromHex(request.sealingKey), state: 'active' };
  const secretHash = hashOf(fromHex(request.secret));
  const admitted = await admits(sql, clock, secretHash, record);
  if (!admitted.ok) return admitted;
  const certificate = await issueDeviceCertificate(keys.authority, record.device, request.request, clock, random);
  if (certificate === null) return refuse('MALFORMED');
  const parsed = parseCertificate(certificate);
  const issuing = { sql, cells: sql.cells, organization: keys.id, sign: createSyncCrypto({ openWith: keys.sealing, signWith: keys.signing }).sign, clock, random, by: CENTRAL };
  const issued = { fingerprint: certificateFingerprint(parsed), expiresAt: Date.parse(parsed.validTo) };
  let prefix: string | null = null;
  const entered = await enter(sql, clock, { secretHash, record, certificate: issued }, async (tx) => {
    // Version 0.1.0 asks for none and goes on with what its id says.
    if (request.numberPrefix !== undefined) prefix = await claimNumberPrefix(tx, random, record.device, request.numberPrefix);
    await takeBack(tx, issuing, record.device);
  });
  if (!entered.ok) return entered;
  return ok({
    organization: keys.id,
    organizationName: keys.name,
    authority: keys.authority.certificate,
    certificate,
    sealingKey: toHex(x25519PublicKey(keys.sealing)),
    hubSigningKey: toHex(ed25519PublicKey(keys.signing)),
    orders: await floorsOf(sql, sql, record.device),
    ...(prefix === null ? {} : { numberPrefix: prefix }),
  });
}

/** One question, one answer, and the line ends. From outside every refusal is the same. */
export async function serveEnrolment(options: EnrolmentWorld & { readonly socket: TLSSocket; readonly timers: HubTimers; readonly onEvent: (code: string, device: string | null, detail: string | null) => void }): Promise<void> {
  const { socket, sql, clock, timers } = options;
  const line = createLine(socket, timers);
  const frames = createFrameReader(CONTROL_MESSAGE_MAX_BYTES);
  const stopWaiting = timers.after(GREETING_MAX_MS, line.cut);
  try {
    for await (const chunk of socket as AsyncIterable<Uint8Array>) {
      const messages = frames.push(chunk);
      if (!messages.ok) break;
      const [message] = messages.value;
      if (message === undefined) continue;
      const outcome = await enrol(options, message);
      if (!outcome.ok) await sql.write('events', (tx) => noteEvent(tx, clock, { device: null, code: 'ENROLMENT_REFUSED', what: outcome.fault.code }));
      options.onEvent(outcome.ok ? 'ENROLLED' : 'ENROLMENT_REFUSED', null, outcome.ok ? null : outcome.fault.code);
      const answer: EnrolAnswer = outcome.ok ? { enrolled: outcome.value } : { refused: true };
      for (const frame of framesOf(encodeJson(answer))) await line.write(frame);
      break;
    }
  } catch (error) {
    if (!isEndOfLine(socket, error)) options.onEvent('FAILED', null, error instanceof Error ? error.name : null);
  } finally {
    stopWaiting();
    line.end();
  }
}
