import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../fixtures/test-workstation.ts';
import { testClinic } from '../fixtures/test-clinic.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';

/** Real files, a real process, killed with SIGKILL before each single change it makes to the disk. */
const CHILD = join(import.meta.dirname, 'erase-child.ts');
const CHANGES_MAX = 60;
const folder = temporaryFolder();
const whole = join(folder.path, 'whole');
let administrator: Person;
let ahead: number;

beforeAll(async () => {
  const clinic = await testClinic({ path: whole });
  administrator = await clinic.setUp();
  ahead = clinic.clock.ahead;
  await clinic.engine.stop();
});
afterAll(() => folder.remove());

it('ORD-21 killed before any change it makes to the disk, an erasure leaves a workstation that works or one that is gone', async () => {
  let [living, gone] = [0, 0];
  for (let change = 0; change < CHANGES_MAX; change += 1) {
    const path = join(folder.path, `cut-${change}`);
    cpSync(whole, path, { recursive: true });
    const child = spawnSync(process.execPath, [CHILD, path, PASSWORD, String(change)], { encoding: 'utf8' });
    expect([change, child.signal ?? child.status, child.stderr]).toEqual([change, child.signal === null ? 0 : 'SIGKILL', '']);
    const clinic = await testClinic({ path, ahead });
    const { state, erased } = await clinic.done('app.status', {});
    if (erased === null) {
      living += 1;
      expect([change, state]).toEqual([change, 'locked']);
      expect((await clinic.signIn(administrator)).ok).toBe(true);
      expect((await clinic.done('audit.verify', {})).ok).toBe(true);
    } else {
      gone += 1;
      expect([change, state, readdirSync(path)]).toEqual([change, 'setup', ['erased.json']]);
      expect((await clinic.signIn(administrator)).ok).toBe(false);
    }
    await clinic.engine.stop();
    rmSync(path, { recursive: true });
    if (child.signal === null) break;
  }
  expect(existsSync(join(whole, 'keybag.json'))).toBe(true);
  expect([living > 0, gone > 8]).toEqual([true, true]);
});
