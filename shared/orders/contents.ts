import { z } from 'zod';
import { DeviceId, UserId } from '../base/ids.ts';

/**
 * What each kind of order says. Fields this version does not know are passed over, and a word it does not know in a
 * known field is read as the careful one.
 */
const NAME_MAX_CHARACTERS = 200;
const LOGIN_MAX_CHARACTERS = 64;
const REASON_MAX_CHARACTERS = 200;
export const ROSTER_STAFF_MAX = 5000;
export const ROSTER_DEVICES_MAX = 2000;
const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const Reason = z.string().max(REASON_MAX_CHARACTERS);

/** `suspended` may come back, `ended` does not. A state of a later version keeps its holder out. */
export const LoginState = z.enum(['active', 'suspended', 'ended']);
export type LoginState = z.infer<typeof LoginState>;

export const RosterMember = z.looseObject({
  user: UserId,
  /**
   * The sign-in name this person has at every workstation; null where only the account with this very id is meant.
   * Accounts are made at each workstation with ids of their own, so the name is what joins them.
   */
  login: z.string().min(1).max(LOGIN_MAX_CHARACTERS).nullable(),
  name: z.string().min(1).max(NAME_MAX_CHARACTERS),
  /** As in shared/access/vocabulary.ts; one of a later version leaves the role as it is. */
  role: z.string().min(1).max(LOGIN_MAX_CHARACTERS),
  state: LoginState.catch('suspended'),
});
export type RosterMember = z.infer<typeof RosterMember>;

export const RosterDevice = z.looseObject({
  device: DeviceId,
  name: z.string().min(1).max(NAME_MAX_CHARACTERS),
  /** Ed25519 public key that its batches and checkpoints are signed with. */
  signingKey: hex32,
  state: z.enum(['active', 'revoked']).catch('revoked'),
  /** Said of a device whose scope is not everything: `part`. A word of a later version is no more than that. */
  scope: z.string().max(LOGIN_MAX_CHARACTERS).optional(),
});
export type RosterDevice = z.infer<typeof RosterDevice>;

/** Whether this device may be handed the records of every patient. */
export const holdsEverything = ({ scope }: RosterDevice): boolean => scope === undefined || scope === 'everything';

/** Whether two devices, as the roster has them (null: not on it), may hand each other everything. Without a roster there are no parts; with one, both have to be on it. */
export function mayShare(self: RosterDevice | null, other: RosterDevice | null): boolean {
  if (self === null || other === null) return self === other;
  return holdsEverything(self) && holdsEverything(other);
}

const distinct = <Item>(items: readonly Item[], keyOf: (item: Item) => string | null): boolean => {
  const keys = items.map(keyOf).filter((key) => key !== null);
  return new Set(keys).size === keys.length;
};

/** A sign-in name in the form in which it is compared, as main/vault keeps it. */
export function comparedLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}

export const RosterStaff = z
  .array(RosterMember)
  .max(ROSTER_STAFF_MAX)
  .refine((staff) => distinct(staff, ({ user }) => user), { error: 'a user id stands twice' })
  .refine((staff) => distinct(staff, ({ login }) => (login === null ? null : comparedLogin(login))), { error: 'a login stands twice' });

export const Roster = z.looseObject({ staff: RosterStaff, devices: z.array(RosterDevice).max(ROSTER_DEVICES_MAX).refine((devices) => distinct(devices, ({ device }) => device)) });
export type Roster = z.infer<typeof Roster>;

/** The bundle as shared/access/policy.ts reads it; its version and issue date are those of the order. */
export const PolicyOrder = z.looseObject({ bundle: z.unknown() });

/** How long a workstation works since this was issued. Both lengths are counted by the workstation, from its contact. */
export const Lease = z.looseObject({
  /** Milliseconds; null: without limit. */
  lifeMs: z.int().min(1).nullable(),
  /** Milliseconds after the end in which the workstation can still be read. */
  graceMs: z.int().min(0),
});
export type Lease = z.infer<typeof Lease>;

/** `revoked: false` takes an earlier revocation back. */
export const Revocation = z.looseObject({ revoked: z.boolean(), reason: Reason });
export type Revocation = z.infer<typeof Revocation>;

/** `after-drain`: once everything it holds is with central. `cancelled` takes an earlier order back. */
export const Kill = z.looseObject({ mode: z.enum(['after-drain', 'now', 'cancelled']), reason: Reason });
export type Kill = z.infer<typeof Kill>;

/** Central's signature on what it holds of a device: see heads.ts for the digest. */
export const Cosign = z.looseObject({
  segments: z.int().min(0),
  entries: z.int().min(0),
  digest: hex32,
  /** Latest number of central's log then. */
  lsn: z.int().min(0),
  /** Device's clock when it stated them, epoch milliseconds. */
  statedAt: z.int().min(0),
});
export type Cosign = z.infer<typeof Cosign>;

/** Each kind, what it holds, and whether it speaks to every workstation or to one. */
export const ORDER_KINDS = {
  roster: { content: Roster, audience: 'all' },
  policy: { content: PolicyOrder, audience: 'all' },
  lease: { content: Lease, audience: 'device' },
  revocation: { content: Revocation, audience: 'device' },
  kill: { content: Kill, audience: 'device' },
  cosign: { content: Cosign, audience: 'device' },
} as const;
export type OrderKind = keyof typeof ORDER_KINDS;
export type ContentOf<Kind extends OrderKind> = z.infer<(typeof ORDER_KINDS)[Kind]['content']>;

export function isOrderKind(kind: string): kind is OrderKind {
  return Object.hasOwn(ORDER_KINDS, kind);
}
