import path from 'node:path';
import { z } from 'zod';
import { fromHex, fromUtf8, toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { KeystoreReply, KeystoreRequest } from '../../shared/ipc/link.ts';
import { errnoOf, replaceFile, type Disk } from './disk.ts';
import type { Keystore, KeystoreFault } from './keystore.ts';
import { deviceKeyId } from './keybag.ts';
import { canonicalBytes, hexBytes, KEY_BYTES, seal, Sealed, unseal, type Context } from './primitives.ts';
import { Secret } from './secret.ts';

/**
 * The device key behind the operating system's keystore, through the host's asynchronous safeStorage (Electron 45; the
 * synchronous calls end with 46). What the host encrypts is not the device key but a wrapping key of its own; the device
 * key lies in the record, sealed under that, so the host never sees it and every field of the record is authenticated.
 */

export const SAFE_STORAGE_FILE = 'device-keystore.json';
const RECORD_MAX_BYTES = 64 * 1024;
const BLOB_MAX_BYTES = 16 * 1024;
const PREFIX_BYTES = 3;
/** Chromium's os_crypt marks: on Linux `v10` is the key that is compiled in, so it protects nothing. */
const LINUX_HARD_CODED_PREFIX = '763130';
const UNSAFE_LINUX_BACKENDS: readonly string[] = ['basic_text', 'unknown'];

/** Pauses before the second, third and fourth try of a keystore that does not answer. */
const RETRY_PAUSES_MS: readonly number[] = [200, 800, 2000];

const KeystoreRecord = z.strictObject({
  format: z.literal('outpost-keystore/1'),
  backend: z.string().max(64),
  /** First bytes of the blob, which name the keystore's own scheme. */
  prefix: hexBytes(PREFIX_BYTES),
  keyId: hexBytes(8),
  /** The wrapping key as the keystore encrypted it. */
  blob: hexBytes(PREFIX_BYTES, BLOB_MAX_BYTES),
  deviceKey: Sealed,
});
type KeystoreRecord = z.infer<typeof KeystoreRecord>;

export type SafeStorageParts = {
  readonly folder: string;
  readonly disk: Disk;
  readonly random: Random;
  readonly platform: NodeJS.Platform;
  /** Asks the host, one reply per request. */
  readonly ask: (request: KeystoreRequest) => Promise<KeystoreReply>;
  readonly pause: (ms: number) => Promise<void>;
};

type Refusal = Result<never, KeystoreFault>;
const unavailable = (rule: string): Refusal => refuse('KEYSTORE_UNAVAILABLE', { rule });
const changed = (rule: string): Refusal => refuse('KEYSTORE_CHANGED', { rule });

/** Everything but the blob, which is bound by being the only way to the key that opens the seal. */
function recordContext({ backend, prefix, keyId }: Pick<KeystoreRecord, 'backend' | 'prefix' | 'keyId'>): Context {
  return { purpose: 'outpost/keystore-record/v1', backend, prefix, keyId };
}

export function createSafeStorageKeystore({ folder, disk, random, platform, ask, pause }: SafeStorageParts): Keystore {
  const file = path.join(folder, SAFE_STORAGE_FILE);
  let lastBackend = 'unknown';

  const askPatiently = async (request: KeystoreRequest): Promise<KeystoreReply> => {
    for (const wait of RETRY_PAUSES_MS) {
      const reply = await ask(request);
      if (reply.operation !== 'failed') return reply;
      await pause(wait);
    }
    return ask(request);
  };

  /** "Available" does not mean "protected": on Linux it is also said of the key that is compiled in. */
  const safeBackend = async (): Promise<Result<string, KeystoreFault>> => {
    const reply = await askPatiently({ operation: 'backend' });
    if (reply.operation !== 'backend' || !reply.available) return unavailable('not-available');
    lastBackend = reply.backend;
    if (platform === 'linux' && UNSAFE_LINUX_BACKENDS.includes(reply.backend)) return unavailable('unprotected-backend');
    return ok(reply.backend);
  };

  const encrypt = async (wrappingKey: Secret): Promise<Result<Pick<KeystoreRecord, 'blob' | 'prefix'>, KeystoreFault>> => {
    const reply = await askPatiently({ operation: 'encrypt', plainText: wrappingKey.use(toHex) });
    if (reply.operation !== 'encrypt' || reply.encrypted.length < PREFIX_BYTES) return unavailable('encrypt');
    const prefix = toHex(reply.encrypted.subarray(0, PREFIX_BYTES));
    if (platform === 'linux' && prefix === LINUX_HARD_CODED_PREFIX) return unavailable('hard-coded-key');
    return ok({ blob: toHex(reply.encrypted), prefix });
  };

  const decrypt = async ({ blob }: KeystoreRecord): Promise<Result<{ readonly wrappingKey: Secret; readonly shouldReEncrypt: boolean }, KeystoreFault>> => {
    const reply = await askPatiently({ operation: 'decrypt', encrypted: fromHex(blob) });
    if (reply.operation !== 'decrypt') return unavailable('decrypt');
    if (!hexBytes(KEY_BYTES).safeParse(reply.plainText).success) return changed('wrapping-key');
    return ok({ wrappingKey: Secret.take(fromHex(reply.plainText)), shouldReEncrypt: reply.shouldReEncrypt });
  };

  const write = async (record: KeystoreRecord): Promise<Result<void, KeystoreFault>> => {
    try {
      await replaceFile(disk, file, canonicalBytes(record));
      return ok(undefined);
    } catch (error) {
      return unavailable(errnoOf(error));
    }
  };

  const readRecord = async (): Promise<Result<KeystoreRecord | null, KeystoreFault>> => {
    try {
      const bytes = await disk.read(file);
      if (bytes === null) return ok(null);
      if (bytes.length > RECORD_MAX_BYTES) return changed('record');
      const parsed = KeystoreRecord.safeParse(JSON.parse(fromUtf8(bytes)));
      return parsed.success ? ok(parsed.data) : changed('record');
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return changed('record');
      return unavailable(errnoOf(error));
    }
  };

  const store = async (deviceKey: Secret): Promise<Result<void, KeystoreFault>> => {
    const backend = await safeBackend();
    if (!backend.ok) return backend;
    const wrappingKey = Secret.take(random.bytes(KEY_BYTES));
    const encrypted = await encrypt(wrappingKey);
    if (!encrypted.ok) {
      wrappingKey.destroy();
      return encrypted;
    }
    const { prefix, blob } = encrypted.value;
    const head = { backend: backend.value, prefix, keyId: deviceKeyId(deviceKey) };
    const sealed = wrappingKey.use((key) => deviceKey.use((plain) => seal(key, plain, recordContext(head), random)));
    wrappingKey.destroy();
    return write({ format: 'outpost-keystore/1', ...head, blob, deviceKey: sealed });
  };

  const open = async (record: KeystoreRecord): Promise<Result<Secret, KeystoreFault>> => {
    const backend = await safeBackend();
    if (!backend.ok) return backend;
    if (backend.value !== record.backend) return changed('backend');
    if (!record.blob.startsWith(record.prefix)) return changed('prefix');
    if (platform === 'linux' && record.prefix === LINUX_HARD_CODED_PREFIX) return unavailable('hard-coded-key');
    const opened = await decrypt(record);
    if (!opened.ok) return opened;
    const { wrappingKey, shouldReEncrypt } = opened.value;
    const plain = wrappingKey.use((key) => unseal(key, record.deviceKey, recordContext(record)));
    const deviceKey = plain.ok ? Secret.take(plain.value) : null;
    const genuine = deviceKey !== null && deviceKey.length === KEY_BYTES && deviceKeyId(deviceKey) === record.keyId;
    wrappingKey.destroy();
    // The keystore has a newer or a better key. If sealing under it fails, the old record still opens; the next start tries again.
    if (genuine && shouldReEncrypt) await store(deviceKey);
    return genuine ? ok(deviceKey) : changed('device-key');
  };

  return {
    level: 'os',
    get backend() {
      return lastBackend;
    },
    load: async () => {
      const record = await readRecord();
      if (!record.ok) return record;
      return record.value === null ? ok(null) : open(record.value);
    },
    store,
    destroy: async () => {
      await disk.remove(file);
      await disk.syncFolder(folder);
    },
  };
}
