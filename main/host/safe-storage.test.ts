import { describe, expect, it } from 'vitest';
import { silentLog } from '../log/log.ts';
import { askSafeStorage } from './safe-storage.ts';

type Storage = Parameters<typeof askSafeStorage>[0];

/** Electron's interface over a cipher a child could break; which backend it claims to be is the test's choice. */
function storage(backend: ReturnType<Storage['getSelectedStorageBackend']>, broken = false): Storage {
  const guard = async <Value>(value: Value): Promise<Value> => {
    if (broken) throw new Error('keyring of garcia is locked');
    return value;
  };
  return {
    isAsyncEncryptionAvailable: () => guard(true),
    encryptStringAsync: (text) => guard(Buffer.from(`v11${text.split('').toReversed().join('')}`)),
    decryptStringAsync: (bytes) => guard({ result: bytes.toString().slice(3).split('').toReversed().join(''), shouldReEncrypt: true }),
    getSelectedStorageBackend: () => backend,
  };
}

describe('safe storage bridge', () => {
  it('HST-13 encrypts to plain bytes and back, and passes on that it wants to re-encrypt', async () => {
    const sealed = await askSafeStorage(storage('kwallet6'), 'linux', { operation: 'encrypt', plainText: 'key' }, silentLog);
    expect(sealed).toEqual({ operation: 'encrypt', encrypted: Uint8Array.from(Buffer.from('v11yek')) });
    expect(await askSafeStorage(storage('kwallet6'), 'linux', { operation: 'decrypt', encrypted: Uint8Array.from(Buffer.from('v11yek')) }, silentLog)).toEqual({ operation: 'decrypt', plainText: 'key', shouldReEncrypt: true });
  });

  it('HST-13 tells which backend Linux chose, the unsafe ones included, and names the other platforms\' own', async () => {
    const ask = (platform: NodeJS.Platform, backend: 'basic_text' | 'gnome_libsecret'): ReturnType<typeof askSafeStorage> => askSafeStorage(storage(backend), platform, { operation: 'backend' }, silentLog);
    expect(await ask('linux', 'basic_text')).toEqual({ operation: 'backend', available: true, backend: 'basic_text' });
    expect(await ask('linux', 'gnome_libsecret')).toMatchObject({ backend: 'gnome_libsecret' });
    expect(await ask('win32', 'basic_text')).toMatchObject({ backend: 'dpapi' });
    expect(await ask('darwin', 'basic_text')).toMatchObject({ backend: 'keychain' });
  });

  it('HST-13 answers a keystore that fails with that alone, and keeps its words to itself', async () => {
    for (const request of [{ operation: 'backend' }, { operation: 'encrypt', plainText: 'k' }, { operation: 'decrypt', encrypted: new Uint8Array(4) }] as const)
      expect(await askSafeStorage(storage('kwallet6', true), 'linux', request, silentLog)).toEqual({ operation: 'failed' });
  });
});
