import { ROLES, type Role } from '../../shared/access/vocabulary.ts';
import { existingOrNewSecret, reserveSecretFile } from './credentials.ts';
import { done, refused, usage, type Outcome } from './outcome.ts';
import { call, nextCode, one, secret, signedIn, type Cli } from './session.ts';

/** Setting up and staff. */

const SETUP_NEEDS = ['clinic', 'site', 'device-name', 'user', 'name', 'totp-secret-file'] as const;
const STAFF_NEEDS = ['new-user', 'name', 'role', 'new-totp-secret-file'] as const;

type Given<Name extends string> = { readonly [Each in Name]: string };

function hasAll<Name extends string>(options: Readonly<Record<string, string>>, names: readonly Name[]): options is Readonly<Record<string, string>> & Given<Name> {
  return names.every((name) => options[name] !== undefined);
}

function missing(command: string, options: Readonly<Record<string, string>>, names: readonly string[]): Outcome {
  return usage(`${command} needs --${names.filter((name) => options[name] === undefined).join(', --')}`);
}

export async function setup(cli: Cli): Promise<Outcome> {
  const { options } = cli;
  if (!hasAll(options, SETUP_NEEDS)) return missing('setup', options, SETUP_NEEDS);
  const { latitude = null, longitude = null } = options;
  if ((latitude === null) !== (longitude === null) || ![latitude, longitude].every(isDegrees)) return usage('--latitude and --longitude take degrees, such as 36.2 and -109.6, and go together');
  // Before any file is made: setting up twice changes nothing.
  if (cli.engine.workstation.state() !== 'setup') return refused({ code: 'ALREADY_SET_UP' });
  const password = await secret(cli, 'password-file', 'New password: ');
  if (!password.ok) return refused(password.fault);
  const base32 = existingOrNewSecret(options['totp-secret-file']);
  if (!base32.ok) return refused({ ...base32.fault, detail: { option: '--totp-secret-file', ...base32.fault.detail } });
  const code = await nextCode(cli, base32.value, null);
  if (!code.ok) return refused(code.fault);
  const file = options['recovery-file'];
  // A vault whose recovery code found no place would be worse than none.
  const recovery = file === undefined ? null : reserveSecretFile(file);
  if (recovery?.ok === false) return refused({ ...recovery.fault, detail: { option: '--recovery-file', ...recovery.fault.detail } });
  const made = await call(cli, 'setup.create', {
    clinic: options.clinic,
    site: { name: options.site, address: options['address'] ?? '', latitude: latitude === null ? null : Number(latitude), longitude: longitude === null ? null : Number(longitude) },
    deviceName: options['device-name'],
    administrator: { login: options.user, name: options.name, password: password.value },
    totpSecretBase32: base32.value,
    code: code.value,
  });
  if (!made.ok) {
    recovery?.value.discard();
    return refused(made.fault);
  }
  const { recoveryCode, session } = made.value;
  const ready = `Vault made. Administrator: ${session.login}`;
  // Where the disk refuses even the reserved file, the code is shown rather than lost.
  if (recovery === null || !recovery.value.write(recoveryCode).ok) return done({ login: session.login, recoveryCode }, [ready, `Recovery code, shown once; print it and lock it away: ${recoveryCode}`]);
  return done({ login: session.login, recoveryFile: file }, [ready, `Recovery code written to ${file ?? ''}: print it, lock it away, delete the file`]);
}

function isDegrees(text: string | null): boolean {
  return text === null || /^[+-]?\d{1,3}(?:\.\d{1,15})?$/.test(text);
}

export async function addStaff(cli: Cli): Promise<Outcome> {
  const { options } = cli;
  if (!hasAll(options, STAFF_NEEDS)) return missing('staff add', options, STAFF_NEEDS);
  const { role } = options;
  if (!isRole(role)) return usage(`--role takes ${ROLES.join(', ')}`);
  return signedIn(cli, async () => {
    const password = await secret(cli, 'new-password-file', 'Password of the new account: ');
    if (!password.ok) return refused(password.fault);
    const base32 = existingOrNewSecret(options['new-totp-secret-file']);
    if (!base32.ok) return refused({ ...base32.fault, detail: { option: '--new-totp-secret-file', ...base32.fault.detail } });
    // Only now: signing in may have waited for a code of its own, and this one would have run out.
    const code = await nextCode(cli, base32.value, null);
    if (!code.ok) return refused(code.fault);
    const input = { login: options['new-user'], name: options.name, role, password: password.value, totpSecretBase32: base32.value, code: code.value };
    return one(cli, 'staff.add', input, ({ login, role: given }) => [`${login} added as ${given}`]);
  });
}

function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}

export const listStaff = (cli: Cli): Promise<Outcome> =>
  signedIn(cli, () => one(cli, 'staff.list', {}, ({ staff }) => staff.map(({ login, name, role, active }) => `${login.padEnd(16)} ${role.padEnd(14)} ${active ? 'active  ' : 'inactive'} ${name}`)));
