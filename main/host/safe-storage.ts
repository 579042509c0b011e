import type { SafeStorage } from 'electron';
import type { KeystoreReply, KeystoreRequest } from '../../shared/ipc/link.ts';
import type { Log } from '../log/log.ts';

type AsyncSafeStorage = Pick<SafeStorage, 'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'>;

/**
 * Answers the engine's questions to the operating system's keystore, through the asynchronous interface alone (the
 * synchronous one is removed in Electron 46). On Linux it reports which backend was chosen, for "available" is true of
 * the one with a key anybody can read; the engine judges.
 */
export async function askSafeStorage(storage: AsyncSafeStorage, platform: NodeJS.Platform, request: KeystoreRequest, log: Log): Promise<KeystoreReply> {
  try {
    switch (request.operation) {
      case 'backend':
        return { operation: 'backend', available: await storage.isAsyncEncryptionAvailable(), backend: backendName(storage, platform) };
      case 'encrypt':
        return { operation: 'encrypt', encrypted: Uint8Array.from(await storage.encryptStringAsync(request.plainText)) };
      case 'decrypt': {
        const { result, shouldReEncrypt } = await storage.decryptStringAsync(Buffer.from(request.encrypted));
        return { operation: 'decrypt', plainText: result, shouldReEncrypt };
      }
    }
  } catch (error) {
    log.error('host.keystore-failed', error);
    return { operation: 'failed' };
  }
}

function backendName(storage: AsyncSafeStorage, platform: NodeJS.Platform): string {
  if (platform === 'win32') return 'dpapi';
  if (platform === 'darwin') return 'keychain';
  return storage.getSelectedStorageBackend();
}
