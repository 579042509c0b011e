import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { FuseState, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrongFuses } from '../hooks/fuses.ts';
import { inspectPackage } from '../hooks/inspect-package.ts';
import { bundleIfStale } from '../scripts/bundle.ts';
import { electronFolder } from '../scripts/electron-binary.ts';
import { packApp } from '../scripts/pack.ts';
import { makeStandInElectron } from './stand-in-electron.ts';

/** Packs the application as `npm run dist` does and opens what came out. */
const root = join(import.meta.dirname, '../..');
const ELECTRON_VERSION = (createRequire(import.meta.url)('electron/package.json') as { readonly version: string }).version;
// The stand-in is laid out like Electron for Linux; elsewhere only the real one can be packed.
const real = electronFolder(root);
const canPack = real !== null || process.platform === 'linux';

let folder = '';
let unpacked = '';
let archive = '';

beforeAll(async () => {
  if (!canPack) return;
  folder = mkdtempSync(join(tmpdir(), 'outpost-package-'));
  await bundleIfStale(root);
  const electron = real ?? join(folder, 'electron');
  if (real === null) {
    console.log('Electron\'s binary is not here: packed around a stand-in. NOT RUN for the real binary: its fuses, its start, the integrity check of its archive.');
    makeStandInElectron(electron, ELECTRON_VERSION);
  }
  await packApp({ root, electron, output: join(folder, 'dist') });
  unpacked = join(folder, 'dist', readdirSync(join(folder, 'dist')).find((name) => name.endsWith('unpacked') || name.startsWith('mac')) ?? '');
  archive = join(unpacked, 'resources/app.asar');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(canPack)('the packed application', () => {
  it('HST-16 holds only what may ship', () => {
    expect(inspectPackage(archive)).toEqual([]);
    expect(existsSync(join(unpacked, 'resources/app'))).toBe(false);
  });

  it('HST-16 holds everything it needs', () => {
    const paths = listPackage(archive, { isPack: false }).map((path) => path.replaceAll('\\', '/'));
    for (const needed of ['/package.json', '/LICENSE', '/out/app/main/index.js', '/out/app/main/engine-process.js', '/out/app/main/preload.cjs', '/out/app/renderer/index.html', '/node_modules/argon2/argon2.cjs', '/node_modules/better-sqlite3-multiple-ciphers/lib/index.js'])
      expect(paths).toContain(needed);
    expect(paths.filter((path) => path.endsWith('.node')).length).toBeGreaterThanOrEqual(2);
  });

  it('starts where its package says, and says nothing of scripts or development', () => {
    const manifest = JSON.parse(extractFile(archive, 'package.json').toString()) as Record<string, unknown>;
    expect(manifest['main']).toBe('out/app/main/index.js');
    for (const key of ['scripts', 'devDependencies']) expect(manifest).not.toHaveProperty(key);
  });

  it('HST-16 loads its machine code from beside the archive, for this platform alone', () => {
    const beside = join(unpacked, 'resources/app.asar.unpacked/node_modules');
    const code = readdirSync(beside, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.node'));
    expect(code.every((path) => path.includes(`${process.platform}-${process.arch}`))).toBe(true);
    const Database = createRequire(join(beside, 'x.js'))('better-sqlite3-multiple-ciphers') as new (path: string) => { prepare(sql: string): { get(): unknown }; close(): void };
    const database = new Database(':memory:');
    expect(database.prepare('select 1 as one').get()).toEqual({ one: 1 });
    database.close();
  });

  it('HST-3 has a page without inline scripts or styles, which its policy would refuse', () => {
    const page = extractFile(archive, 'out/app/renderer/index.html').toString().replace(/<!--.*?-->/gs, '');
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:|https?:/i);
    expect(page).toMatch(/<script[^>]*\ssrc="\.\/assets\/[^"]+"/);
  });

  it('HST-4 has a preload that requires electron and nothing else', () => {
    const preload = extractFile(archive, 'out/app/main/preload.cjs').toString();
    expect([...preload.matchAll(/require\(["'`]([^"'`]+)["'`]\)/g)].map(([, name]) => name)).toEqual(['electron']);
    expect(preload.match(/exposeInMainWorld/g)).toHaveLength(1);
  });

  it('HST-15 has its fuses set', async () => {
    const executable = process.platform === 'darwin' ? join(unpacked, 'Outpost.app') : join(unpacked, process.platform === 'win32' ? 'Outpost.exe' : 'outpost');
    const wire = await getCurrentFuseWire(executable);
    expect(wrongFuses((option) => (wire[option] === FuseState.ENABLE ? true : wire[option] === FuseState.DISABLE ? false : null))).toEqual([]);
  });

  it('leaves the checkout as it was', () => {
    expect((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>)['devDependencies']).toBeDefined();
  });
});
