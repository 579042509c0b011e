import { Role } from '../../shared/access/vocabulary.ts';
import { UserId } from '../../shared/base/ids.ts';
import type { AccountChange, Account, Barred } from '../../shared/orders/roster.ts';
import type { Draft } from '../ledger/ledger.ts';
import type { ReadHandle } from '../store/store.ts';
import type { Vault, VaultKeys } from '../vault/vault.ts';

/** Accounts of this workstation as its ledger has them. */
export function accountsOf(read: ReadHandle): readonly Account[] {
  return read.all('SELECT user, login, name, role, active FROM staff ORDER BY user').map((row) => ({
    user: UserId.parse(row['user']), login: String(row['login']), name: String(row['name']), role: Role.parse(row['role']), active: row['active'] === 1,
  }));
}

export function changeEntry({ user, login, name, role, active, change }: AccountChange): Draft {
  return { kind: 'staff.changed', body: { user, login, name, role, active, change } };
}

/**
 * Brings the vault's grants after the ledger: whoever the organisation keeps out has no grant, and whoever it let back
 * in has one again. The ledger decides at every sign-in, so a power cut in between opens nothing; this is repeated at
 * the next opening. The vault keeps its last grant whatever is ordered, for otherwise nobody could fetch a pardon.
 */
export async function alignGrants(vault: Vault, keys: VaultKeys, read: ReadHandle, barred: Barred, pardoned: readonly UserId[]): Promise<void> {
  const accounts = accountsOf(read);
  for (const { userId, enabled } of vault.users()) {
    const active = accounts.find(({ user }) => user === userId)?.active ?? false;
    if (enabled && !active && barred.has(userId)) await vault.setUserEnabled(keys, userId, false);
    if (!enabled && active && pardoned.includes(userId)) await vault.setUserEnabled(keys, userId, true);
  }
}
