import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../host/chromium.ts';
import { noElectron, openElectron } from '../host/electron-window.ts';
import { openHost } from '../host/host.ts';
import { bundleIfStale, bundlePlaces } from '../scripts/bundle.ts';
import { violationsOn, WCAG_AND_BEST_PRACTICE } from './accessible.ts';

/** The application as it ships, opened on an empty folder by every host this machine has. */
const root = join(import.meta.dirname, '../..');
const electronAbsent = noElectron(root, process.env);
if (electronAbsent !== null) console.log(`opening in Electron: NOT RUN, ${electronAbsent}`);

type Window = { readonly page: Page; readonly close: () => Promise<void> };
const HOSTS: readonly (readonly [name: string, open: (home: string) => Promise<Window>])[] = [
  ['Chromium', (home) => openHost({ home, chromium: findChromium(process.env, process.platform) ?? 'chromium is missing', ...bundlePlaces(root), headless: true })],
  ...(electronAbsent === null ? [['Electron', (home: string) => openElectron(root, home)] as const] : []),
];

const WATCH = `globalThis.violations = []; document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective + ' ' + event.blockedURI));`;

beforeAll(async () => {
  await bundleIfStale(root);
});

describe.each(HOSTS)('in %s, a first start', (_name, open) => {
  let home = '';
  let window: Window;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'outpost-opens-'));
    window = await open(home);
  });
  afterEach(async () => {
    await window.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('leads to set-up, under the whole policy, accessibly', async () => {
    const { page } = window;
    await page.addInitScript(WATCH);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.reload();
    await page.getByRole('heading').first().waitFor();
    expect(await page.evaluate('outpost.app.status({})')).toMatchObject({ ok: true, value: { state: 'setup' } });
    expect(await page.title()).toBe('Outpost');
    expect(await page.evaluate('violations')).toEqual([]);
    expect(errors).toEqual([]);
    expect(await violationsOn(page, WCAG_AND_BEST_PRACTICE)).toEqual([]);
  });

  it('has every refusal of its engine in the log, and nothing of what was asked', async () => {
    const answers = await window.page.evaluate(`Promise.all([outpost.patients.search({ text: 'xiomaraquetzalcoatl' }), outpost.patients.recent({})])`);
    expect(answers).toEqual(Array.from({ length: 2 }, () => ({ ok: false, fault: { code: 'WRONG_STATE' } })));
    const log = readFileSync(join(home, 'log/outpost.log'), 'utf8');
    expect(log.match(/"fault":"WRONG_STATE"/g)).toHaveLength(2);
    expect(log).not.toContain('xiomara');
  });

  it('leaves nothing in its folder but the log, until somebody sets it up', async () => {
    // Answered calls mean an engine that has opened its folder.
    await window.page.evaluate('outpost.app.status({})');
    expect(readdirSync(home).filter((name) => name !== 'window')).toEqual(['log']);
  });
});
