import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createPackageWithOptions } from '@electron/asar';
import { FuseV1Options, FuseVersion } from '@electron/fuses';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FUSES, wrongFuses } from './fuses.ts';
import { inspectPackage } from './inspect-package.ts';

describe('fuses', () => {
  it('HST-15 are all nine decided', () => {
    expect(FUSES).toEqual({
      version: FuseVersion.V1,
      strictlyRequireAllFuses: true,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
      [FuseV1Options.WasmTrapHandlers]: true,
    });
  });

  it('HST-15 are compared one by one with what a binary holds', () => {
    expect(wrongFuses((option) => FUSES[option])).toEqual([]);
    expect(wrongFuses((option) => (option === FuseV1Options.RunAsNode ? true : FUSES[option]))).toEqual(['RunAsNode']);
    expect(wrongFuses(() => null)).toHaveLength(9);
  });
});

describe('what may ship', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outpost-inspect-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const GOOD = {
    'package.json': '{"name":"outpost"}',
    'out/app/main/index.js': 'export {};',
    'out/app/main/preload.cjs': '"use strict";',
    'out/app/renderer/index.html': '<!doctype html>',
    'out/app/renderer/assets/index-1a2b.js': 'export {};',
    'node_modules/argon2/prebuilds/linux-x64/argon2.glibc.node': 'machine code',
  };

  async function findings(files: Readonly<Record<string, string>>, unpack = '*.node'): Promise<readonly string[]> {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'app', path)), { recursive: true });
      writeFileSync(join(folder, 'app', path), text);
    }
    await createPackageWithOptions(join(folder, 'app'), join(folder, 'app.asar'), { unpack });
    return inspectPackage(join(folder, 'app.asar'));
  }

  it('HST-16 is what is on the list', async () => {
    expect(await findings(GOOD)).toEqual([]);
  });

  it.each([
    ['build/scripts/start.ts', 'export {};'],
    ['main/index.ts', 'export {};'],
    ['out/app/main/index.js.map', '{}'],
    ['out/app/main/index.test.js', ''],
    ['out/app/renderer/patients.json', '[]'],
    ['node_modules/argon2/argon2.cpp', ''],
    ['node_modules/react/index.js', ''],
    ['.env', 'KEY=1'],
    ['vault.db', ''],
    ['shared/data/synthea/patient.ndjson', ''],
  ])('HST-16 is not %s', async (path, text) => {
    expect(await findings({ ...GOOD, [path]: text })).toEqual([`${path}: not on the list of what ships`]);
  });

  it('HST-16 is no file that tells of source maps, of a patient or of a developer\'s folders', async () => {
    const path = 'out/app/main/index.js';
    expect(await findings({ ...GOOD, [path]: 'x();\n//# sourceMappingURL=index.js.map' })).toEqual([`${path}: holds a source map's address`]);
    expect(await findings({ ...GOOD, [path]: 'const p = {"resourceType": "Patient", "id": "1"};' })).toEqual([`${path}: holds a patient`]);
    expect(await findings({ ...GOOD, [path]: 'const at = "/home/garcia/outpost";' })).toEqual([`${path}: holds a folder of whoever built it`]);
  });

  it('HST-16 is no machine code inside the archive, where it cannot be loaded', async () => {
    expect(await findings(GOOD, '*.none')).toEqual(['node_modules/argon2/prebuilds/linux-x64/argon2.glibc.node: machine code inside the archive']);
  });
});
