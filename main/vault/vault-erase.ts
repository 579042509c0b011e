import { refuse, type Result } from '../../shared/base/result.ts';
import type { DiskFault } from './disk.ts';
import type { Erased } from './erasure.ts';
import { isVouchedByMaster } from './keybag.ts';
import type { OpenFault, VaultFiles } from './vault-files.ts';
import { authorityOf, type VaultKeys } from './vault-keys.ts';

/** Erases the vault that these keys belong to, and no other. Who may ask for it is decided elsewhere. */
export async function eraseVault(files: VaultFiles, keys: VaultKeys, notice: Erased): Promise<Result<void, OpenFault | DiskFault>> {
  const { master } = authorityOf(keys);
  return files.withDevice<void, OpenFault | DiskFault>(async (opened) =>
    isVouchedByMaster(opened.file, master.key) ? files.erase(opened, notice) : refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'master-mac' }),
  );
}
