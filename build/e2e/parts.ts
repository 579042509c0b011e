import type { Locator, Page } from 'playwright-core';

/** Parts of a page by what a person calls them, and the few things that are done to them everywhere. */
export const heading = (page: Page, name: string | RegExp): Locator => page.getByRole('heading', { name, level: 1 });
export const field = (page: Page, name: string | RegExp): Locator => page.getByRole('textbox', { name });
export const button = (page: Page, name: string | RegExp): Locator => page.getByRole('button', { name });
export const dialog = (page: Page, name: string | RegExp): Locator => page.getByRole('dialog', { name });
export const region = (page: Page, name: string): Locator => page.getByRole('region', { name });
export const closed = (locator: Locator): Promise<void> => locator.waitFor({ state: 'detached' });

/** Types into what has the focus and goes on with Enter; an empty text only goes on. */
export async function enter(page: Page, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
  }
}

/** What a browser could keep of a page beyond its life. */
export function keptByTheBrowser(page: Page): Promise<unknown> {
  return page.evaluate(async () => ({
    local: globalThis.localStorage.length,
    session: globalThis.sessionStorage.length,
    databases: (await globalThis.indexedDB.databases()).length,
    caches: (await globalThis.caches.keys()).length,
    cookies: globalThis.document.cookie,
    address: globalThis.location.pathname + globalThis.location.search,
    state: JSON.stringify(globalThis.history.state),
  }));
}
export const NOTHING_KEPT = { local: 0, session: 0, databases: 0, caches: 0, cookies: '', address: '/', state: 'null' };
