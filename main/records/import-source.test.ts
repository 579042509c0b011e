import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { createDiskSource } from './import-source.ts';

const folders: { remove(): void }[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function folderWith(...names: readonly string[]): string {
  const folder = temporaryFolder();
  folders.push(folder);
  for (const name of names) {
    mkdirSync(join(folder.path, name, '..'), { recursive: true });
    writeFileSync(join(folder.path, name), name);
  }
  return folder.path;
}

const source = createDiskSource();

describe('files of this machine', () => {
  it('come patients first, then encounters, then by path, hidden ones left aside', async () => {
    const folder = folderWith('Condition.ndjson', 'b/Patient.000.ndjson', 'Encounter.ndjson', 'Patients.txt', 'a/z.json', '.DS_Store', '.git/Patient.ndjson');
    const files = await source.list(folder);
    expect(files.map(({ path }) => path.slice(folder.length + 1))).toEqual(['b/Patient.000.ndjson', 'Encounter.ndjson', 'Condition.ndjson', 'Patients.txt', 'a/z.json']);
    expect(files[0]).toEqual({ path: join(folder, 'b/Patient.000.ndjson'), name: 'Patient.000.ndjson', bytes: 'b/Patient.000.ndjson'.length });
  });

  it('are not looked for behind links, which could lead round in circles; a link that is named is followed', async () => {
    const folder = folderWith('one.json');
    symlinkSync(folder, join(folder, 'circle'));
    symlinkSync(join(folder, 'one.json'), join(folder, 'again.json'));
    expect((await source.list(folder)).map(({ name }) => name)).toEqual(['one.json']);
    expect((await source.list(join(folder, 'again.json'))).map(({ name, bytes }) => [name, bytes])).toEqual([['again.json', 8]]);
    expect((await source.list(join(folder, 'circle'))).map(({ name }) => name)).toEqual(['one.json']);
  });

  it('give their bytes in order, and reject where there are none', async () => {
    const folder = folderWith('one.json');
    const content = Buffer.alloc(700_000, 'abcdefg');
    writeFileSync(join(folder, 'big.json'), content);
    const parts: Uint8Array[] = [];
    for await (const part of source.open(join(folder, 'big.json'))) parts.push(Uint8Array.from(part));
    expect(parts.length).toBeGreaterThan(1);
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    await expect(source.list('/dev/null')).rejects.toMatchObject({ code: 'NOT_A_FILE' });
    await expect(source.list(join(folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(source.open(join(folder, 'absent'))[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
