import { z } from 'zod';
import { fromHex, fromUtf8, utf8 } from '../base/bytes.ts';
import { DeviceId } from '../base/ids.ts';
import { HelloOrders } from '../orders/messages.ts';
import { NUMBER_PREFIX } from '../records/patient-number.ts';
import { OrganizationId, signedBytes } from './envelope.ts';
import type { Sign, Verify } from './sealing.ts';

/** The one question and answer of `outpost-enrol/1`, JSON in the same frames as sync. */

const PEM_MAX_CHARACTERS = 8192;
const NAME_MAX_CHARACTERS = 200;
const hex16 = z.string().regex(/^[0-9a-f]{32}$/);
const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const hex64 = z.string().regex(/^[0-9a-f]{128}$/);
const Pem = z.string().max(PEM_MAX_CHARACTERS);

export const EnrolRequest = z.looseObject({
  /** The secret of the one-time code. */
  secret: hex16,
  device: DeviceId,
  deviceName: z.string().min(1).max(NAME_MAX_CHARACTERS),
  /** PKCS #10, ECDSA P-256, PEM. */
  request: Pem,
  /** Ed25519 and X25519 public keys. */
  signingKey: hex32,
  sealingKey: hex32,
  /** Ed25519 over the secret, the sealing key and the request: whoever enrols holds the signing key. */
  proof: hex64,
  /** What the numbers on patients' cards begin with that this device gives so far. */
  numberPrefix: z.string().regex(NUMBER_PREFIX).optional(),
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

export const Enrolled = z.looseObject({
  organization: OrganizationId,
  organizationName: z.string().min(1).max(NAME_MAX_CHARACTERS),
  /** PEM. */
  authority: Pem,
  certificate: Pem,
  /** X25519 public key that batches are sealed to. */
  sealingKey: hex32,
  /** Ed25519 public key that receipts and pages are signed with. */
  hubSigningKey: hex32,
  /** Orders against this device up to these versions do not count any more (shared/orders/SPEC.md). */
  orders: HelloOrders.optional(),
  /** What they begin with from now on; left out by a central that leaves that to the device. */
  numberPrefix: z.string().regex(NUMBER_PREFIX).optional(),
});
export type Enrolled = z.infer<typeof Enrolled>;

/** Every refusal looks the same from outside; central's own log tells them apart. */
export const EnrolAnswer = z.union([z.object({ enrolled: Enrolled }), z.object({ refused: z.literal(true) })]);
export type EnrolAnswer = z.infer<typeof EnrolAnswer>;

type Signable = Pick<EnrolRequest, 'secret' | 'device' | 'request' | 'sealingKey'>;
const proofBytes = (request: Signable): Uint8Array => signedBytes('enrolment', fromHex(request.secret), fromHex(request.sealingKey), utf8(request.device), utf8(request.request));

export function signEnrolment(sign: Sign, request: Signable): Uint8Array {
  return sign(proofBytes(request));
}

export function verifyEnrolment(verify: Verify, request: EnrolRequest): boolean {
  return verify(fromHex(request.signingKey), proofBytes(request), fromHex(request.proof));
}

export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify(value));
}

export function decodeJson<Value>(schema: z.ZodType<Value>, bytes: Uint8Array): Value | null {
  try {
    const parsed = schema.safeParse(JSON.parse(fromUtf8(bytes)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
