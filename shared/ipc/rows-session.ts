import { z } from 'zod';
import { Role } from '../access/vocabulary.ts';
import { UserId } from '../base/ids.ts';
import { row } from './row.ts';
import { Login, Nothing, OneTimeCode, OrdersView, Password, PersonName, Site, StaffMember, TotpEnrolment } from './shapes.ts';

/** Starting, signing in, locking, staff. */

const none = { by: 'none' } as const;
const everyState = ['setup', 'locked', 'unlocked', 'held', 'lapsed', 'closed'] as const;

export const SessionView = z.strictObject({
  userId: UserId,
  login: z.string(),
  name: z.string(),
  role: Role,
  level: z.int().min(1).max(3),
  /** When the screen locks by itself if nobody touches it. */
  locksAt: z.number(),
  signedInAt: z.number(),
});

export const sessionRows = {
  'app.status': row({
    type: 'query',
    input: Nothing,
    output: z.strictObject({
      state: z.enum(everyState),
      version: z.string(),
      clinic: z.string().nullable(),
      deviceName: z.string().nullable(),
      session: SessionView.nullable(),
      /** Now, as the engine sees it, with the local zone. */
      now: z.number(),
      zone: z.string(),
      offsetMinutes: z.number(),
      clock: z.enum(['ok', 'suspect']),
      policyVersion: z.string(),
      policyIssuedAt: z.number(),
      keystoreLevel: z.string(),
      /** Why writing is refused, while the state is `held`. */
      held: z.string().nullable(),
      /** Null while locked: orders lie in the vault. */
      orders: OrdersView.nullable(),
      /** The organisation had the vault that was here erased. */
      erased: z.strictObject({ at: z.number(), by: z.string() }).nullable(),
    }),
    faults: [],
    states: everyState,
    access: { action: 'app.observe', resource: 'System', subject: none },
    audit: { trace: 'none', because: 'holds no patient data and is asked every few seconds' },
  }),
  'setup.passwordAdvice': row({
    type: 'query',
    input: z.strictObject({ password: z.string().max(1024), context: z.array(z.string().max(200)).max(10) }),
    output: z.strictObject({ score: z.int().min(0).max(4), acceptable: z.boolean(), warning: z.string().nullable(), suggestions: z.array(z.string()) }),
    faults: [],
    states: everyState,
    access: { action: 'app.observe', resource: 'System', subject: none },
    audit: { trace: 'none', because: 'judges a password that is not yet anybody\'s' },
  }),
  /** Makes a one-time-code secret for an account about to be created; nothing is kept until it is confirmed. */
  'setup.prepareCode': row({
    type: 'command',
    input: z.strictObject({ login: Login }),
    output: TotpEnrolment,
    faults: [],
    states: everyState,
    access: { action: 'app.observe', resource: 'System', subject: none },
    audit: { trace: 'none', because: 'a random secret that nothing uses yet' },
  }),
  'setup.create': row({
    type: 'command',
    input: z.strictObject({
      clinic: PersonName,
      site: Site,
      deviceName: PersonName,
      administrator: z.strictObject({ login: Login, name: PersonName, password: Password }),
      totpSecretBase32: z.string().max(200),
      /** A code from the authenticator, which proves that the secret arrived there. */
      code: OneTimeCode,
    }),
    output: z.strictObject({ recoveryCode: z.string(), session: SessionView }),
    faults: ['PASSWORD_TOO_WEAK', 'CODE_REFUSED', 'ALREADY_SET_UP', 'KEYSTORE_UNAVAILABLE', 'VAULT_FROM_FUTURE', 'ACCOUNT_DISABLED'],
    states: ['setup'],
    access: { action: 'setup.run', resource: 'System', subject: none },
    audit: { trace: 'is-the-write', kinds: ['segment.open', 'session.open', 'settings.changed', 'staff.changed'] },
  }),
  /** Logins of this workstation, for the lock screen. */
  'session.people': row({
    type: 'query',
    input: Nothing,
    output: z.strictObject({ people: z.array(z.strictObject({ login: z.string(), enabled: z.boolean() })) }),
    faults: [],
    states: ['locked', 'unlocked', 'held', 'lapsed', 'closed'],
    access: { action: 'session.begin', resource: 'Session', subject: none },
    audit: { trace: 'none', because: 'logins are readable in the key file beside the vault' },
  }),
  'session.signIn': row({
    type: 'command',
    input: z.strictObject({ login: z.string().max(64), password: Password, code: OneTimeCode }),
    output: SessionView,
    faults: ['CREDENTIALS_REFUSED', 'TRY_LATER', 'ACCOUNT_DISABLED', 'KEYSTORE_UNAVAILABLE', 'KEYSTORE_CHANGED', 'VAULT_FROM_FUTURE'],
    states: ['locked', 'unlocked', 'held', 'lapsed', 'closed'],
    access: { action: 'session.begin', resource: 'Session', subject: none },
    audit: { trace: 'is-the-write', kinds: ['session.open'] },
  }),
  'session.recover': row({
    type: 'command',
    input: z.strictObject({ recoveryCode: z.string().max(200), login: Login, newPassword: Password, totpSecretBase32: z.string().max(200), code: OneTimeCode }),
    output: z.strictObject({ recoveryCode: z.string(), session: SessionView }),
    faults: ['RECOVERY_CODE_REFUSED', 'PASSWORD_TOO_WEAK', 'CODE_REFUSED', 'KEYSTORE_UNAVAILABLE', 'KEYSTORE_CHANGED', 'VAULT_FROM_FUTURE', 'ACCOUNT_DISABLED'],
    states: ['locked'],
    access: { action: 'vault.recover', resource: 'Session', subject: none },
    audit: { trace: 'is-the-write', kinds: ['vault.recovered'] },
  }),
  'session.stepUp': row({
    type: 'command',
    input: z.strictObject({ code: OneTimeCode }),
    output: SessionView,
    faults: ['CODE_REFUSED', 'TRY_LATER'],
    states: ['unlocked', 'held', 'lapsed'],
    access: { action: 'session.use', resource: 'Session', subject: none },
    audit: { trace: 'is-the-write', kinds: ['session.level'] },
  }),
  /** The window calls this when keys or pointer move, at most every few seconds. */
  'session.touch': row({
    type: 'command',
    input: Nothing,
    output: z.strictObject({ locksAt: z.number() }),
    faults: [],
    states: ['unlocked', 'held', 'lapsed', 'closed'],
    access: { action: 'session.use', resource: 'Session', subject: none },
    audit: { trace: 'none', because: 'moves the idle timer only' },
  }),
  'session.lock': row({
    type: 'command',
    input: Nothing,
    output: Nothing,
    faults: [],
    states: ['unlocked', 'held', 'lapsed', 'closed', 'locked'],
    access: { action: 'session.begin', resource: 'Session', subject: none },
    audit: { trace: 'is-the-write', kinds: ['session.close'] },
  }),
  'session.changePassword': row({
    type: 'command',
    input: z.strictObject({ oldPassword: Password, newPassword: Password }),
    output: Nothing,
    faults: ['CREDENTIALS_REFUSED', 'PASSWORD_TOO_WEAK', 'TRY_LATER'],
    states: ['unlocked'],
    access: { action: 'session.use', resource: 'Session', subject: none },
    audit: { trace: 'is-the-write', kinds: ['staff.changed'] },
  }),
  'staff.list': row({
    type: 'query',
    input: Nothing,
    output: z.strictObject({ staff: z.array(StaffMember) }),
    faults: [],
    states: ['unlocked', 'held', 'lapsed'],
    access: { action: 'staff.read', resource: 'Staff', subject: none },
    audit: { trace: 'before-data', kind: 'staff.viewed' },
  }),
  'staff.add': row({
    type: 'command',
    input: z.strictObject({ login: Login, name: PersonName, role: Role, password: Password, totpSecretBase32: z.string().max(200), code: OneTimeCode }),
    output: StaffMember,
    faults: ['LOGIN_TAKEN', 'PASSWORD_TOO_WEAK', 'CODE_REFUSED'],
    states: ['unlocked'],
    access: { action: 'staff.manage', resource: 'Staff', subject: none },
    audit: { trace: 'is-the-write', kinds: ['staff.changed'] },
  }),
  'staff.setActive': row({
    type: 'command',
    input: z.strictObject({ userId: UserId, active: z.boolean() }),
    output: StaffMember,
    faults: ['LAST_ADMINISTRATOR'],
    states: ['unlocked'],
    access: { action: 'staff.manage', resource: 'Staff', subject: none },
    audit: { trace: 'is-the-write', kinds: ['staff.changed'] },
  }),
  'settings.site': row({
    type: 'query',
    input: Nothing,
    output: z.strictObject({ clinic: z.string(), site: Site, deviceName: z.string() }),
    faults: [],
    states: ['unlocked', 'held', 'lapsed'],
    access: { action: 'session.use', resource: 'System', subject: none },
    audit: { trace: 'none', because: 'the clinic\'s own name and address' },
  }),
  'settings.setSite': row({
    type: 'command',
    input: z.strictObject({ clinic: PersonName, site: Site, deviceName: PersonName }),
    output: Nothing,
    faults: [],
    states: ['unlocked'],
    access: { action: 'settings.manage', resource: 'System', subject: none },
    audit: { trace: 'is-the-write', kinds: ['settings.changed'] },
  }),
};
