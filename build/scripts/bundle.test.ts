import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALL_NAMES, ENGINE_EVENT_NAMES } from '../../shared/ipc/contract.ts';
import { pageScriptRecipe, preloadRecipe } from './bundle-recipes.ts';

const root = join(import.meta.dirname, '../..');
/** What a preload may grow to before somebody should ask what else got into every window. */
const PRELOAD_MAX_BYTES = 16 * 1024;
let folder = '';
let preload = '';
let pageScript = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outpost-bundle-'));
  await build(preloadRecipe(root, join(folder, 'app')));
  await build(pageScriptRecipe(root, join(folder, 'host')));
  preload = readFileSync(join(folder, 'app/main/preload.cjs'), 'utf8');
  pageScript = readFileSync(join(folder, 'host/page-script.js'), 'utf8');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what is put into every window', () => {
  it('HST-4 names every call and event of the contract, and carries none of its schemas', () => {
    for (const text of [preload, pageScript]) {
      for (const name of [...CALL_NAMES, ...ENGINE_EVENT_NAMES]) expect(text).toContain(`"${name}"`);
      expect(text).not.toMatch(/zod|safeParse|strictObject/i);
      expect(Buffer.byteLength(text)).toBeLessThan(PRELOAD_MAX_BYTES);
    }
  });

  it('HST-4 is one file each that evaluates no text and says where no source is', () => {
    for (const text of [preload, pageScript]) expect(text).not.toMatch(/sourceMappingURL|\beval\(|new Function|\bimport\(/);
    expect([...preload.matchAll(/require\(["'`]([^"'`]+)["'`]\)/g)].map(([, name]) => name)).toEqual(['electron']);
    expect(pageScript).not.toMatch(/require\(|^import |^export /m);
  });

  it('HST-5 passes no event object of Electron\'s on', () => {
    expect(preload.match(/ipcRenderer\.\w+/g)?.toSorted()).toEqual(['ipcRenderer.on', 'ipcRenderer.send']);
    expect(preload).toMatch(/ipcRenderer\.on\([^,]+, \(_event, message\) => listener\(message\)\)/);
  });
});
