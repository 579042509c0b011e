import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { CallInput, CallName, CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import { noElectron, openElectron } from '../host/electron-window.ts';
import { findChromium } from '../host/chromium.ts';
import { openHost } from '../host/host.ts';
import { killBrowser } from '../host/kill-browser.ts';
import { bundlePlaces } from '../scripts/bundle.ts';
import { violationsOn } from './accessible.ts';
import { heading } from './parts.ts';

/** A workstation as it ships, real engine and all, opened by whichever host: what journeys are walked on. */
export type Workstation = {
  readonly page: Page;
  /** What the page complained about: policy violations, errors. A journey ends with none. */
  readonly complaints: readonly string[];
  /** By the window's own API, under the same rules as the screens. */
  call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallResult<Name>>;
  /** The value, or an error that names the fault. */
  done<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>>;
  /** SIGKILL for engine and browser at once: what a power cut leaves behind. */
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type Host = { readonly name: string; readonly open: (home: string) => Promise<Workstation> };

const SIZE = { width: 1366, height: 768 };

/** Every host of this machine; why there is no Electron is printed where there is none. */
export function hostsHere(root: string, what: string): readonly Host[] {
  const absent = noElectron(root, process.env);
  if (absent !== null) console.log(`${what} in Electron: NOT RUN, ${absent}`);
  const chromium: Host = {
    name: 'Chromium',
    open: async (home) => {
      const host = await openHost({ home, chromium: findChromium(process.env, process.platform) ?? 'chromium is missing', ...bundlePlaces(root), headless: true, viewport: SIZE });
      return workstation(host.page, host.close, async () => {
        host.engine.process.kill('SIGKILL');
        killBrowser(host.profile);
        await Promise.all([host.engine.ended, host.closed]);
        await host.close();
      });
    },
  };
  const electron: Host = {
    name: 'Electron',
    open: async (home) => {
      const window = await openElectron(root, home);
      await window.page.setViewportSize(SIZE);
      return workstation(window.page, window.close, window.kill);
    },
  };
  return absent === null ? [chromium, electron] : [chromium];
}

async function workstation(page: Page, close: () => Promise<void>, kill: () => Promise<void>): Promise<Workstation> {
  const complaints: string[] = [];
  page.on('console', (message) => void (['error', 'warning'].includes(message.type()) && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(String(error)));
  await page.getByRole('heading').first().waitFor();
  const call: Workstation['call'] = (name, input) => page.evaluate(([of, what, value]) => globalThis.outpost[of as string]?.[what as string]?.(value), [...name.split('.'), input] as const) as Promise<never>;
  return {
    page,
    complaints,
    call,
    async done(name, input) {
      const result = await call(name, input);
      if (!result.ok) throw new Error(`${name}: ${result.fault.code} ${JSON.stringify(result.fault.detail ?? {})}`);
      return result.value as never;
    },
    kill,
    close,
  };
}

declare global {
  /** As the page has it; typed loosely, for the contract types what goes in and what comes out. */
  // oxlint-disable-next-line no-var
  var outpost: Readonly<Record<string, Readonly<Record<string, ((input: unknown) => unknown) | undefined>> | undefined>>;
}

/** Where pictures of every screen go, if somebody wants to look at them. */
const PICTURES = process.env['OUTPOST_PICTURES'];

/** A screen of the journey: accessible, its title giving nothing away; photographed where that was asked for. */
export async function screen(page: Page, name: string): Promise<void> {
  await picture(page, name);
  expect((await violationsOn(page)).map((violation) => `${name}: ${violation}`)).toEqual([]);
  expect(await page.title()).toBe('Outpost');
}

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

export async function lock(page: Page): Promise<void> {
  await page.keyboard.press('Control+l');
  await heading(page, 'Sign in').waitFor();
}
