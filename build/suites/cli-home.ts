import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileKeystore, nodeDisk, openVault } from '../../main/vault/vault.ts';
import { openStore, type Store, type WriteHandle } from '../../main/store/store.ts';
import { fromUtf8, toHex } from '../../shared/base/bytes.ts';
import { ok } from '../../shared/base/result.ts';
import { PASSWORD, testWorkstation, type Person } from '../fixtures/test-workstation.ts';
import { systemRandom, testClock } from '../fixtures/test-world.ts';
import { keepSecret } from './cli-process.ts';

/** A clinic's folder with a staff large enough that nobody has to wait for a code that has not been used yet. */
export type ClinicHome = {
  readonly path: string;
  /** Options with which somebody of the role signs in, each time another person. */
  as(role: Person['role']): readonly string[];
  /** The next person of the role, whose options stay the same. */
  person(role: Person['role']): Person & { readonly options: readonly string[] };
};

/** Long enough ago that every code of the making of the vault has been and gone. */
const MADE_MS_AGO = 3 * 3_600_000;

export async function makeClinicHome(folder: string, name: string, staff: Readonly<Partial<Record<Person['role'], number>>>): Promise<ClinicHome> {
  const path = join(folder, name);
  const test = await testWorkstation({ path, clock: testClock(Date.now() - MADE_MS_AGO) });
  keepSecret((await test.setUp()).secret);
  const waiting: Person[] = [];
  for (const [role, count] of Object.entries(staff)) {
    for (let n = 0; n < count; n += 1) {
      waiting.push(await test.addStaff(`${role}.${n}`, `Made Up ${role} ${n}`, role as Person['role']));
      await test.done('session.touch', {});
    }
  }
  await test.workstation.world.auth.lock('stopping');

  const passwordFile = join(folder, 'password.txt');
  writeFileSync(passwordFile, `${keepSecret(PASSWORD)}\n`, { mode: 0o600 });
  const person: ClinicHome['person'] = (role) => {
    const at = waiting.findIndex((each) => each.role === role);
    const [found] = at < 0 ? [] : waiting.splice(at, 1);
    if (found === undefined) throw new Error(`nobody left who is ${role} and has used no code`);
    const totpFile = join(folder, `${name}-${found.login}.totp`);
    writeFileSync(totpFile, `${keepSecret(found.secret)}\n`, { mode: 0o600 });
    return { ...found, options: ['--home', path, '--user', found.login, '--password-file', passwordFile, '--totp-secret-file', totpFile] };
  };
  return { path, person, as: (role) => person(role).options };
}

/** Opens the database as somebody who has got hold of its key. */
export async function withDatabase<Value>(home: string, login: string, work: (store: Store) => Value | Promise<Value>): Promise<Value> {
  const clock = testClock(Date.now());
  const vault = await openVault({ folder: home, disk: nodeDisk, random: systemRandom, clock, keystore: createFileKeystore({ folder: home, disk: nodeDisk }) });
  const unlocked = await vault.unlock(login, PASSWORD);
  if (!unlocked.ok) throw new Error(unlocked.fault.code);
  const store = unlocked.value.keys.database.use((key) => openStore({ path: join(home, 'vault.db'), key }));
  if (!store.ok) throw new Error(store.fault.code);
  try {
    return await work(store.value);
  } finally {
    store.value.close();
    unlocked.value.keys.destroy();
    unlocked.value.totpSecret.destroy();
  }
}

/** Changes one letter in the body of an entry of the kind, and gives the entry's id. */
export function changeOneBody(store: Store, kind: string): string {
  const changed = store.transact((write) => ok(changeBody(write, kind)));
  if (!changed.ok) throw new Error(changed.fault.code);
  return changed.value;
}

function changeBody(write: WriteHandle, kind: string): string {
  const row = write.get('SELECT position, sequence, segment, body FROM ledger WHERE kind = ? ORDER BY position LIMIT 1', kind);
  const body = row?.['body'];
  if (row === undefined || !(body instanceof Uint8Array)) throw new Error(`no entry of kind ${kind}`);
  const changed = new TextEncoder().encode(fromUtf8(body).replace('a', 'e'));
  if (toHex(changed) === toHex(body)) throw new Error('nothing to change');
  for (const trigger of ['ledger_no_update', 'ledger_erase_only']) write.run(`DROP TRIGGER ${trigger}`);
  write.run('UPDATE ledger SET body = ? WHERE position = ?', changed, Number(row['position']));
  const segment = write.get('SELECT id FROM segment WHERE ref = ?', Number(row['segment']))?.['id'];
  return `${String(segment)}.${Number(row['sequence'])}`;
}
