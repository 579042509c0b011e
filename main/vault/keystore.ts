import type { Result } from '../../shared/base/result.ts';
import type { Secret } from './secret.ts';

/**
 * Where the device key lives. `tpm` and `os` keep it from whoever has the disk alone; `development` does not, and is
 * for machines without a keystore; `none` marks a device in the inventory whose key nothing protects.
 */
export type KeystoreLevel = 'tpm' | 'os' | 'development' | 'none';

/**
 * KEYSTORE_UNAVAILABLE: locked, denied, missing or unsafe; may pass. KEYSTORE_CHANGED: it answers, but is not the one
 * that holds the key, or the record of the key was changed; only recovery helps. Neither ever makes a new key.
 */
export type KeystoreFault = 'KEYSTORE_UNAVAILABLE' | 'KEYSTORE_CHANGED';

export interface Keystore {
  readonly level: KeystoreLevel;
  /** Name of what stands behind it, such as `gnome_libsecret`. Known for certain only after the first call. */
  readonly backend: string;
  /** The device key, 32 bytes, the caller's to destroy; null where none was ever stored. */
  load(): Promise<Result<Secret | null, KeystoreFault>>;
  /** Keeps a device key in the place of any other. The secret stays the caller's. */
  store(deviceKey: Secret): Promise<Result<void, KeystoreFault>>;
  /** Crypto-erase: afterwards no password opens the vault on this device. */
  destroy(): Promise<void>;
}
