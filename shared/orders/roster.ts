import { Role } from '../access/vocabulary.ts';
import type { UserId } from '../base/ids.ts';
import { comparedLogin, type Roster, type RosterMember } from './contents.ts';

/** An account of one workstation, as its ledger has it. */
export type Account = { readonly user: UserId; readonly login: string; readonly name: string; readonly role: Role; readonly active: boolean };

/** An account as the roster makes it. `change` goes into the trail. */
export type AccountChange = Account & { readonly change: 'suspended' | 'ended' | 'restored' | 'roster' };

/** Accounts the organisation keeps out, and whether each was active when that began: an account that the clinic itself had closed does not come back with the organisation's pardon. */
export type Barred = ReadonlyMap<UserId, { readonly wasActive: boolean }>;

/** Who of the roster an account belongs to: by its id, else by its sign-in name. */
export function memberOf({ staff }: Roster, account: Pick<Account, 'user' | 'login'>): RosterMember | null {
  const login = comparedLogin(account.login);
  return staff.find(({ user }) => user === account.user) ?? staff.find((member) => member.login !== null && comparedLogin(member.login) === login) ?? null;
}

/**
 * What a roster makes of a workstation's accounts. One it does not name stays as it is: being struck from the list is no
 * pardon, and a workstation keeps accounts the organisation need not know.
 */
export function applyRoster(roster: Roster, accounts: readonly Account[], barred: Barred): { readonly changes: readonly AccountChange[]; readonly barred: Barred } {
  const changes: AccountChange[] = [];
  const next = new Map(barred);
  for (const account of accounts) {
    const member = memberOf(roster, account);
    if (member === null) continue;
    const role = Role.safeParse(member.role).data ?? account.role;
    const renamed = { ...account, name: member.name, role };
    if (member.state !== 'active') {
      if (!next.has(account.user)) next.set(account.user, { wasActive: account.active });
      if (account.active || differs(account, renamed)) changes.push({ ...renamed, active: false, change: member.state });
      continue;
    }
    const pardoned = next.get(account.user);
    next.delete(account.user);
    const active = account.active || pardoned?.wasActive === true;
    if (active !== account.active) changes.push({ ...renamed, active, change: 'restored' });
    else if (differs(account, renamed)) changes.push({ ...renamed, change: 'roster' });
  }
  return { changes, barred: next };
}

function differs(one: Account, other: Account): boolean {
  return one.name !== other.name || one.role !== other.role;
}
