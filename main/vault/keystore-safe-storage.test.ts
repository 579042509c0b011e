import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryDisk, seededRandom, type MemoryDisk } from '../../build/fixtures/memory-disk.ts';
import { fromUtf8, utf8 } from '../../shared/base/bytes.ts';
import type { KeystoreReply, KeystoreRequest } from '../../shared/ipc/link.ts';
import { createSafeStorageKeystore, SAFE_STORAGE_FILE } from './keystore-safe-storage.ts';
import type { Keystore } from './keystore.ts';
import { Secret } from './secret.ts';

const FOLDER = '/clinic';
const RECORD = path.join(FOLDER, SAFE_STORAGE_FILE);
const KEY = Secret.copyOf(new Uint8Array(32).fill(0xc5));

/** An operating system's keystore as the host answers for it. `generation` stands for its own key. */
type System = { available: boolean; backend: string; prefix: string; generation: number; shouldReEncrypt: boolean; failures: number; asked: string[] };

function system(change: Partial<System> = {}): System {
  return { available: true, backend: 'gnome_libsecret', prefix: 'v11', generation: 1, shouldReEncrypt: false, failures: 0, asked: [], ...change };
}

function answer(os: System, request: KeystoreRequest): KeystoreReply {
  os.asked.push(request.operation);
  if (os.failures > 0) {
    os.failures -= 1;
    return { operation: 'failed' };
  }
  if (request.operation === 'backend') return { operation: 'backend', available: os.available, backend: os.backend };
  if (request.operation === 'encrypt') return { operation: 'encrypt', encrypted: utf8(`${os.prefix}|${os.generation}|${Buffer.from(request.plainText).toString('base64')}`) };
  const [prefix, generation, body] = fromUtf8(request.encrypted).split('|');
  if (prefix === undefined || body === undefined || Number(generation) > os.generation || Number(generation) < 1) return { operation: 'failed' };
  return { operation: 'decrypt', plainText: Buffer.from(body, 'base64').toString(), shouldReEncrypt: os.shouldReEncrypt };
}

function keystoreOn(os: System, disk: MemoryDisk = memoryDisk(), platform: NodeJS.Platform = 'linux'): { keystore: Keystore; disk: MemoryDisk; pauses: number[] } {
  const pauses: number[] = [];
  const keystore = createSafeStorageKeystore({
    folder: FOLDER,
    disk,
    random: seededRandom('keystore'),
    platform,
    ask: async (request) => answer(os, request),
    pause: async (ms) => void pauses.push(ms),
  });
  return { keystore, disk, pauses };
}

async function stored(os = system()): Promise<MemoryDisk> {
  const { keystore, disk } = keystoreOn(os);
  expect((await keystore.store(KEY)).ok).toBe(true);
  return disk;
}

async function outcome(os: System, disk: MemoryDisk, platform: NodeJS.Platform = 'linux'): Promise<unknown> {
  const loaded = await keystoreOn(os, memoryDisk(disk.files), platform).keystore.load();
  if (!loaded.ok) return [loaded.fault.code, loaded.fault.detail?.['rule']];
  return loaded.value === null ? null : loaded.value.equals(KEY);
}

function edited(disk: MemoryDisk, change: object): MemoryDisk {
  return memoryDisk(new Map([[RECORD, utf8(JSON.stringify({ ...JSON.parse(fromUtf8(disk.files.get(RECORD)!)), ...change }))]]));
}

describe('keystore of the operating system', () => {
  it('VLT-35 gives back what was stored; where nothing was stored it says so and makes nothing', async () => {
    const os = system();
    expect(await outcome(os, memoryDisk())).toBeNull();
    expect(os.asked).toEqual([]);
    expect(await outcome(os, await stored())).toBe(true);
    const { keystore } = keystoreOn(os);
    await keystore.store(KEY);
    expect([keystore.level, keystore.backend]).toEqual(['os', 'gnome_libsecret']);
    await keystore.destroy();
    expect(await keystore.load()).toEqual({ ok: true, value: null });
  });

  it('VLT-35 never tells the host the device key, and the record alone holds nothing that opens it', async () => {
    const seen: string[] = [];
    const os = system();
    const disk = memoryDisk();
    const keystore = createSafeStorageKeystore({
      folder: FOLDER, disk, random: seededRandom('seen'), platform: 'linux', pause: async () => undefined,
      ask: async (request) => {
        seen.push(JSON.stringify(request));
        return answer(os, request);
      },
    });
    await keystore.store(KEY);
    await keystore.load();
    const everything = `${seen.join()} ${fromUtf8(disk.files.get(RECORD)!)}`;
    expect(seen.length).toBeGreaterThan(3);
    expect(['c5c5c5c5', Buffer.from(new Uint8Array(12).fill(0xc5)).toString('base64')].filter((trace) => everything.includes(trace))).toEqual([]);
  });

  it('VLT-36 on Linux refuses the backends and the prefix that protect nothing, also when they call themselves available (case 46)', async () => {
    const disk = await stored();
    for (const backend of ['basic_text', 'unknown']) {
      const fresh = keystoreOn(system({ backend }));
      expect(await fresh.keystore.store(KEY)).toMatchObject({ ok: false, fault: { code: 'KEYSTORE_UNAVAILABLE', detail: { rule: 'unprotected-backend' } } });
      expect(fresh.disk.files.size).toBe(0);
      expect(await outcome(system({ backend }), disk)).toEqual(['KEYSTORE_UNAVAILABLE', 'unprotected-backend']);
    }
    const hardCoded = keystoreOn(system({ prefix: 'v10' }));
    expect(await hardCoded.keystore.store(KEY)).toMatchObject({ ok: false, fault: { detail: { rule: 'hard-coded-key' } } });
    expect(hardCoded.disk.files.size).toBe(0);
    // Windows and macOS use that prefix for their own, protected keys.
    const windows = keystoreOn(system({ prefix: 'v10', backend: 'dpapi' }), memoryDisk(), 'win32');
    expect((await windows.keystore.store(KEY)).ok).toBe(true);
    expect(await outcome(system({ prefix: 'v10', backend: 'dpapi' }), windows.disk, 'win32')).toBe(true);
    expect(await outcome(system({ prefix: 'v10', backend: 'dpapi' }), windows.disk, 'linux')).toEqual(['KEYSTORE_UNAVAILABLE', 'hard-coded-key']);
  });

  it('VLT-37 another backend, another blob or a changed record is a change, and leaves the record as it is (case 46)', async () => {
    const disk = await stored();
    const other = await stored(system({ generation: 1 }));
    expect(await outcome(system({ backend: 'kwallet6' }), disk)).toEqual(['KEYSTORE_CHANGED', 'backend']);
    expect(await outcome(system({ backend: 'kwallet6' }), edited(disk, { backend: 'kwallet6' }))).toEqual(['KEYSTORE_CHANGED', 'device-key']);
    expect(await outcome(system(), edited(disk, { prefix: '763132' }))).toEqual(['KEYSTORE_CHANGED', 'prefix']);
    expect(await outcome(system(), edited(disk, { keyId: '00'.repeat(8) }))).toEqual(['KEYSTORE_CHANGED', 'device-key']);
    expect(await outcome(system(), edited(disk, { blob: Buffer.from(`v11|1|${Buffer.from('ff'.repeat(32)).toString('base64')}`).toString('hex') }))).toEqual(['KEYSTORE_CHANGED', 'device-key']);
    expect(await outcome(system(), edited(disk, { blob: Buffer.from(`v11|1|${Buffer.from('text').toString('base64')}`).toString('hex') }))).toEqual(['KEYSTORE_CHANGED', 'wrapping-key']);
    for (const change of [{ format: 'outpost-keystore/2' }, { extra: 1 }, { deviceKey: null }]) expect(await outcome(system(), edited(disk, change))).toEqual(['KEYSTORE_CHANGED', 'record']);
    for (const bytes of [utf8('{'), new Uint8Array([0xff]), new Uint8Array(70_000)]) expect(await outcome(system(), memoryDisk(new Map([[RECORD, bytes]])))).toEqual(['KEYSTORE_CHANGED', 'record']);
    expect(disk.files).toEqual(other.files);
  });

  it('VLT-38 a keystore that does not answer is asked again with pauses, then given up on; nothing is made anew', async () => {
    const disk = await stored();
    const slow = system({ failures: 2 });
    const patient = keystoreOn(slow, memoryDisk(disk.files));
    expect((await patient.keystore.load()).ok).toBe(true);
    expect(patient.pauses).toEqual([200, 800]);
    const dead = keystoreOn(system({ failures: 99 }), memoryDisk(disk.files));
    expect(await dead.keystore.load()).toMatchObject({ ok: false, fault: { code: 'KEYSTORE_UNAVAILABLE' } });
    expect(dead.pauses).toEqual([200, 800, 2000]);
    expect(dead.disk.steps).toEqual([]);
    expect(await outcome(system({ available: false }), disk)).toEqual(['KEYSTORE_UNAVAILABLE', 'not-available']);
    expect(await outcome(system({ generation: 0 }), disk)).toEqual(['KEYSTORE_UNAVAILABLE', 'decrypt']);
  });

  it('VLT-39 seals anew when the keystore asks for it, in one step; if that fails the old record still opens', async () => {
    const disk = await stored();
    const rotated = keystoreOn(system({ generation: 2, prefix: 'v12', shouldReEncrypt: true }), memoryDisk(disk.files));
    expect((await rotated.keystore.load()).ok).toBe(true);
    expect(rotated.disk.files.get(RECORD)).not.toEqual(disk.files.get(RECORD));
    expect(await outcome(system({ generation: 2, prefix: 'v12' }), rotated.disk)).toBe(true);
    // The old keystore key cannot read it any more: it is sealed under the new one.
    expect(await outcome(system({ generation: 1 }), rotated.disk)).toEqual(['KEYSTORE_UNAVAILABLE', 'decrypt']);

    const full = memoryDisk(disk.files);
    full.failAfter = 0;
    expect((await keystoreOn(system({ generation: 2, shouldReEncrypt: true }), full).keystore.load()).ok).toBe(true);
    expect(full.files).toEqual(disk.files);
  });

  it('VLT-39 never replaces a good record by one under an unprotected key', async () => {
    const disk = await stored();
    const worse = keystoreOn(system({ prefix: 'v10', shouldReEncrypt: true }), memoryDisk(disk.files));
    expect((await worse.keystore.load()).ok).toBe(true);
    expect(worse.disk.files).toEqual(disk.files);
  });
});
