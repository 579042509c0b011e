import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Fault } from '../../shared/base/result.ts';
import type { CallName } from '../../shared/ipc/contract.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { type StandInWindow, startStandInWindow } from '../fixtures/window-page.ts';
import type { StandInOptions } from '../fixtures/window-stand-in.ts';
import { violationsOn } from './accessible.ts';
import { keptByTheBrowser, NOTHING_KEPT } from './parts.ts';

/** The shipped window under the shipped content policy with a made-up clinic behind it, for the tests of one file. */
export type Walk = (page: Page) => Promise<void>;
export type Look = Parameters<StandInWindow['open']>[1];
export type Journey = (options: Partial<StandInOptions>, walk: Walk, look?: Look) => Promise<void>;

const ROOT = join(import.meta.dirname, '../..');
/** Where pictures of every screen that is looked at go, if somebody wants them. */
const PICTURES = process.env['OUTPOST_PICTURES'];

/**
 * One browser for the file, a fresh page for each journey. Every journey ends without a complaint of the browser (no
 * policy violation, no error), with a title that gives nothing away and nothing that the browser keeps.
 */
export function standInJourneys(): Journey {
  let window: StandInWindow | undefined;
  beforeAll(async () => {
    window = await startStandInWindow(ROOT);
  });
  afterAll(() => window?.close());
  return async (options, walk, look) => {
    if (window === undefined) throw new Error('broken assumption: the window is open before a journey');
    const { page, complaints } = await window.open(options, look);
    try {
      await walk(page);
      expect(complaints).toEqual([]);
      expect(await page.title()).toBe('Outpost');
      expect(await keptByTheBrowser(page)).toEqual(NOTHING_KEPT);
    } finally {
      await page.context().close();
    }
  };
}

/** What the page shows breaks no rule of accessibility; photographed where that was asked for. */
export async function accessible(page: Page, tags?: readonly string[]): Promise<void> {
  if (PICTURES !== undefined) await photograph(page, PICTURES);
  expect(await violationsOn(page, tags)).toEqual([]);
}

async function photograph(page: Page, folder: string): Promise<void> {
  const { currentTestName = 'screen' } = expect.getState();
  const name = currentTestName.replaceAll(/[^a-zA-Z0-9]+/g, '-').slice(-90);
  pictures.set(name, (pictures.get(name) ?? 0) + 1);
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}-${pictures.get(name) ?? 0}.png`) });
}
const pictures = new Map<string, number>();

/** From now on a call is refused with this fault; null lets it through again. */
export const fault = (page: Page, name: CallName, value: Fault<FaultCode> | null): Promise<void> => page.evaluate(([call, refusal]) => globalThis.standIn?.fault(call, refusal), [name, value] as const);
/** Every call that the window made, in order. */
export const calls = (page: Page): Promise<readonly CallName[]> => page.evaluate(() => [...(globalThis.standIn?.calls ?? [])]);
export const count = async (page: Page, name: CallName): Promise<number> => (await calls(page)).filter((each) => each === name).length;
