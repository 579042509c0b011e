import { toHex } from '../../shared/base/bytes.ts';
import { UserId } from '../../shared/base/ids.ts';
import { assertHolds, ok, refuse, type Result } from '../../shared/base/result.ts';
import { Role } from '../../shared/access/vocabulary.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { Session } from '../auth/auth.ts';
import { ordersView } from '../orders/orders.ts';
import type { Handlers } from './handler.ts';
import { readSettings, type Opened, type Workstation } from './workstation.ts';

/** Setting up, signing in, locking, staff, the site. */

const ISSUER = 'Outpost';
const USER_ID_BYTES = 8;

type SessionHandlers = Pick<
  Handlers,
  | 'app.status' | 'setup.passwordAdvice' | 'setup.prepareCode' | 'setup.create' | 'session.people' | 'session.signIn' | 'session.recover' | 'session.stepUp'
  | 'session.touch' | 'session.lock' | 'session.changePassword' | 'staff.list' | 'staff.add' | 'staff.setActive' | 'settings.site' | 'settings.setSite'
>;

export const sessionHandlers: SessionHandlers = {
  'app.status': ({ workstation }) => ok(status(workstation)),
  'setup.passwordAdvice': async ({ input, workstation }) => ok(await advice(workstation, input)),
  'setup.prepareCode': ({ input, workstation }) => ok(workstation.world.auth.totpEnrolment(input.login, ISSUER)),

  async 'setup.create'({ input, workstation }) {
    const { auth, random } = workstation.world;
    const { login, name, password } = input.administrator;
    const userId = UserId.parse(toHex(random.bytes(USER_ID_BYTES)));
    const words = [input.clinic, input.site.name, name, login];
    const made = await auth.setUp({ userId, login, password, totpSecretBase32: input.totpSecretBase32, code: input.code, words });
    if (!made.ok) return refuse(setupFault(made.fault.code), made.fault.detail);
    const staff = { userId, name, role: 'administrator' as const };
    const opened = await workstation.open(made.value, { staff, settings: { clinic: input.clinic, site: input.site, deviceName: input.deviceName } });
    if (!opened.ok) return opened;
    return ok({ recoveryCode: made.value.recoveryCode, session: view(workstation, made.value, opened.value) });
  },

  'session.people': ({ workstation }) => ok({ people: workstation.world.vault.users().map(({ login, enabled }) => ({ login, enabled })) }),

  async 'session.signIn'({ input, workstation }) {
    const signedIn = await workstation.world.auth.signIn(input);
    if (!signedIn.ok) return refuse(signInFault(signedIn.fault.code), signedIn.fault.detail);
    const opened = await workstation.open(signedIn.value);
    if (!opened.ok) return opened;
    return ok(view(workstation, signedIn.value, opened.value));
  },

  async 'session.recover'({ input, workstation }) {
    const { recoveryCode, login, newPassword, totpSecretBase32, code } = input;
    // The clinic closed this account. Recovering it would use the code up, and its successor would be shown to nobody.
    if (workstation.world.vault.users().some((user) => user.login === login && !user.enabled)) return refuse('ACCOUNT_DISABLED', { rule: 'not-enabled' });
    const recovered = await workstation.world.auth.recover({ recoveryCode, login, password: newPassword, totpSecretBase32, code, words: [login] });
    if (!recovered.ok) return refuse(recoverFault(recovered.fault.code), recovered.fault.detail);
    const opened = await workstation.open(recovered.value);
    if (!opened.ok) return opened;
    opened.value.orders.recovered();
    opened.value.ledger.append(workstation.access.system('recovery', opened.value.session), [{ kind: 'vault.recovered', body: { user: recovered.value.userId, login } }]);
    return ok({ recoveryCode: recovered.value.recoveryCode, session: view(workstation, recovered.value, opened.value) });
  },

  async 'session.stepUp'({ input, grant, workstation }) {
    const raised = await workstation.world.auth.stepUp(input.code);
    const opened = workstation.opened();
    opened?.ledger.append(grant, [{ kind: 'session.level', body: { level: 3, outcome: raised.ok ? 'granted' : 'refused' } }]);
    if (!raised.ok) return refuse(raised.fault.code === 'TRY_LATER' || raised.fault.code === 'ACCOUNT_DISABLED' ? 'TRY_LATER' : 'CODE_REFUSED', raised.fault.detail);
    return ok(view(workstation, raised.value, workstation.required()));
  },

  'session.touch'({ workstation }) {
    workstation.world.auth.touch();
    return ok({ locksAt: workstation.world.auth.session()?.locksAt ?? 0 });
  },

  async 'session.lock'({ workstation }) {
    await workstation.world.auth.lock('person');
    return ok({});
  },

  async 'session.changePassword'({ input, grant, workstation }) {
    const { ledger, staff } = workstation.required();
    const changed = await workstation.world.auth.changePassword({ ...input, words: [staff.name] });
    if (!changed.ok) return refuse(changed.fault.code === 'PASSWORD_TOO_WEAK' ? 'PASSWORD_TOO_WEAK' : changed.fault.code === 'TRY_LATER' ? 'TRY_LATER' : 'CREDENTIALS_REFUSED', changed.fault.detail);
    const login = workstation.world.auth.session()?.login ?? '';
    const written = ledger.append(grant, [{ kind: 'staff.changed', body: { user: staff.userId, login, name: staff.name, role: staff.role, active: true, change: 'password' } }]);
    return written.ok ? ok({}) : written;
  },

  'staff.list': ({ workstation }) => ok({ staff: listStaff(workstation.required()) }),

  async 'staff.add'({ input, grant, workstation }) {
    const { auth, random } = workstation.world;
    const opened = workstation.required();
    const userId = UserId.parse(toHex(random.bytes(USER_ID_BYTES)));
    const { login, name, role, password, totpSecretBase32, code } = input;
    const added = await auth.addUser(opened.keys, { userId, login, password, totpSecretBase32, code, words: [name, login] });
    if (!added.ok) return refuse(addFault(added.fault.code), added.fault.detail);
    const member = { userId, login, name, role, active: true };
    const written = opened.ledger.append(grant, [{ kind: 'staff.changed', body: { user: userId, login, name, role, active: true, change: 'created' } }]);
    return written.ok ? ok(member) : written;
  },

  async 'staff.setActive'({ input, grant, workstation }) {
    const opened = workstation.required();
    const member = listStaff(opened).find(({ userId }) => userId === input.userId);
    if (member === undefined) return refuse('NOT_FOUND');
    // The clinic may close an account for itself as well; only the organisation opens what it closed.
    if (opened.orders.bars(member.userId)) {
      if (input.active) return refuse('DENIED', { rule: 'suspended-by-organization' });
      opened.orders.closedHere(member.userId);
    }
    const administrators = listStaff(opened).filter(({ role, active }) => role === 'administrator' && active);
    if (!input.active && administrators.length === 1 && administrators[0]?.userId === member.userId) return refuse('LAST_ADMINISTRATOR');
    const changed = await workstation.world.vault.setUserEnabled(opened.keys, input.userId, input.active);
    if (!changed.ok) return refuse('NOT_FOUND', changed.fault.detail);
    const next = { ...member, active: input.active };
    const written = opened.ledger.append(grant, [{ kind: 'staff.changed', body: { user: member.userId, login: member.login, name: member.name, role: member.role, active: input.active, change: input.active ? 'activated' : 'deactivated' } }]);
    return written.ok ? ok(next) : written;
  },

  'settings.site'({ workstation }) {
    const settings = readSettings(workstation.required().store);
    assertHolds(settings !== undefined, 'an open vault has settings');
    return ok(settings);
  },

  'settings.setSite'({ input, grant, workstation }) {
    const source = input.site.latitude === null || input.site.longitude === null ? 'none' : 'enrolled-site';
    const written = workstation.required().ledger.append(grant, [{ kind: 'settings.changed', body: { ...input, site: { ...input.site, source } } }]);
    return written.ok ? ok({}) : written;
  },
};

function listStaff({ store }: Opened): CallOutput<'staff.list'>['staff'] {
  return store.read
    .all('SELECT user, login, name, role, active FROM staff ORDER BY name, user')
    .map((row) => ({ userId: UserId.parse(row['user']), login: String(row['login']), name: String(row['name']), role: Role.parse(row['role']), active: row['active'] === 1 }));
}

function view(workstation: Workstation, session: Session, { staff }: Opened): CallOutput<'session.signIn'> {
  const current = workstation.world.auth.session() ?? session;
  return { userId: staff.userId, login: current.login, name: staff.name, role: staff.role, level: current.level, locksAt: current.locksAt, signedInAt: current.startedAt };
}

function status(workstation: Workstation): CallOutput<'app.status'> {
  const { clock, application, vault, auth } = workstation.world;
  const opened = workstation.opened();
  const session = auth.session();
  const settings = opened === null ? undefined : readSettings(opened.store);
  const now = clock.now();
  return {
    state: workstation.state(),
    version: application,
    clinic: settings?.clinic ?? null,
    deviceName: settings?.deviceName ?? null,
    session: opened === null || session === null ? null : view(workstation, session, opened),
    now,
    zone: clock.zone(),
    offsetMinutes: clock.offsetMinutes(now),
    clock: opened?.ledger.clockState() ?? 'ok',
    policyVersion: workstation.access.policyVersion,
    policyIssuedAt: workstation.access.policyIssuedAt,
    keystoreLevel: vault.keystoreLevel,
    held: workstation.held(),
    orders: opened === null ? null : ordersView(opened.orders),
    erased: vault.erased(),
  };
}

async function advice(workstation: Workstation, { password, context }: { readonly password: string; readonly context: readonly string[] }): Promise<CallOutput<'setup.passwordAdvice'>> {
  const { score, acceptable, warning, suggestions } = await workstation.world.auth.passwordAdvice(password, context);
  return { score, acceptable, warning: warning ?? null, suggestions: [...suggestions] };
}

type CodeOf<Call> = Call extends (...args: never[]) => Promise<Result<unknown, infer Code>> ? Code : never;
type Auth = Workstation['world']['auth'];

function setupFault(code: CodeOf<Auth['setUp']>) {
  if (code === 'PASSWORD_TOO_WEAK' || code === 'CODE_REFUSED' || code === 'DISK_FULL' || code === 'READ_ONLY') return code;
  if (code === 'MALFORMED') return 'CODE_REFUSED';
  return code === 'KEYSTORE_UNAVAILABLE' || code === 'KEYSTORE_CHANGED' ? 'KEYSTORE_UNAVAILABLE' : 'ALREADY_SET_UP';
}

function signInFault(code: CodeOf<Auth['signIn']>) {
  if (code === 'CREDENTIALS_REFUSED' || code === 'TRY_LATER' || code === 'ACCOUNT_DISABLED' || code === 'KEYSTORE_UNAVAILABLE' || code === 'KEYSTORE_CHANGED' || code === 'DISK_FULL' || code === 'READ_ONLY') return code;
  return 'VAULT_DAMAGED';
}

function recoverFault(code: CodeOf<Auth['recover']>) {
  if (code === 'PASSWORD_TOO_WEAK' || code === 'CODE_REFUSED' || code === 'KEYSTORE_UNAVAILABLE' || code === 'KEYSTORE_CHANGED' || code === 'VAULT_DAMAGED' || code === 'DISK_FULL' || code === 'READ_ONLY') return code;
  return code === 'MALFORMED' ? 'CODE_REFUSED' : 'RECOVERY_CODE_REFUSED';
}

function addFault(code: CodeOf<Auth['addUser']>) {
  if (code === 'PASSWORD_TOO_WEAK' || code === 'CODE_REFUSED' || code === 'LOGIN_TAKEN' || code === 'DISK_FULL' || code === 'READ_ONLY') return code;
  return code === 'MALFORMED' ? 'CODE_REFUSED' : 'INTERNAL';
}
