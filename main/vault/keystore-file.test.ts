import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import { nodeDisk, replaceFile } from './disk.ts';
import { createFileKeystore } from './keystore-file.ts';
import { Secret } from './secret.ts';

const MODE_BITS = 0o777;
const KEY = Secret.copyOf(new Uint8Array(32).fill(0xc5));

let temporary: ReturnType<typeof temporaryFolder>;
let folder: string;
let file: string;

beforeEach(async () => {
  temporary = temporaryFolder();
  folder = path.join(temporary.path, 'home', 'vault');
  file = path.join(folder, 'device.key');
  await nodeDisk.makeFolder(folder);
});
afterEach(() => temporary.remove());

const keystore = () => createFileKeystore({ folder, disk: nodeDisk });
const rule = async (): Promise<unknown> => {
  const loaded = await keystore().load();
  return loaded.ok ? loaded.value : [loaded.fault.code, loaded.fault.detail?.['rule']];
};

describe('the disk of this machine', () => {
  it('VLT-33 keeps files to their owner (0600 in a folder of 0700), whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      await replaceFile(nodeDisk, path.join(folder, 'x.json'), utf8('{}'));
    } finally {
      process.umask(umask);
    }
    expect(statSync(path.join(folder, 'x.json')).mode & MODE_BITS).toBe(0o600);
    expect(statSync(folder).mode & MODE_BITS).toBe(0o700);
    chmodSync(folder, 0o755);
    await nodeDisk.makeFolder(folder);
    expect(statSync(folder).mode & MODE_BITS).toBe(0o700);
  });

  it('VLT-33 replaces a file whole, does not follow or keep what lies in the place of the new one, and leaves nothing beside it', async () => {
    const target = path.join(folder, 'x.json');
    const elsewhere = path.join(folder, 'elsewhere');
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, `${target}.new`);
    await replaceFile(nodeDisk, target, utf8('one'));
    writeFileSync(`${target}.new`, 'half-writ');
    await replaceFile(nodeDisk, target, utf8('two'));
    expect(readFileSync(target, 'utf8')).toBe('two');
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
    expect(readdirSync(folder).toSorted()).toEqual(['elsewhere', 'x.json']);
  });

  it('VLT-33 reads what is absent as null and everything else as an error', async () => {
    expect(await nodeDisk.read(file)).toBeNull();
    expect(await nodeDisk.stat(file)).toBeNull();
    mkdirSync(file);
    await expect(nodeDisk.read(file)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await nodeDisk.stat(file)).toMatchObject({ regular: false });
  });
});

describe('keystore in a file', () => {
  it('VLT-34 gives back what was stored, says it is of development level, and can be destroyed', async () => {
    expect(await rule()).toBeNull();
    expect((await keystore().store(KEY)).ok).toBe(true);
    expect(statSync(file).mode & MODE_BITS).toBe(0o600);
    const loaded = await keystore().load();
    expect(loaded.ok && loaded.value?.equals(KEY)).toBe(true);
    expect(keystore()).toMatchObject({ level: 'development', backend: 'file' });
    await keystore().destroy();
    expect(existsSync(file)).toBe(false);
    expect(await rule()).toBeNull();
  });

  it('VLT-34 refuses a file that others may read, one that is no file, and one that is no key', async () => {
    await keystore().store(KEY);
    for (const mode of [0o640, 0o604, 0o660, 0o601]) {
      chmodSync(file, mode);
      expect(await rule()).toEqual(['KEYSTORE_UNAVAILABLE', 'mode']);
    }
    chmodSync(file, 0o600);
    for (const content of ['', '00', `${'ab'.repeat(32)}`, `${'AB'.repeat(32)}\n`, `${'ab'.repeat(33)}\n`, new Uint8Array(65).fill(0xff)]) {
      writeFileSync(file, content, { mode: 0o600 });
      expect(await rule()).toEqual(['KEYSTORE_CHANGED', 'format']);
    }
    rmSync(file);
    mkdirSync(file);
    expect(await rule()).toEqual(['KEYSTORE_UNAVAILABLE', 'not-a-file']);
    expect(await keystore().store(KEY)).toMatchObject({ ok: false, fault: { code: 'KEYSTORE_UNAVAILABLE' } });
  });
});
