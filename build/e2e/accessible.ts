import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** WCAG 2.2 AA, as axe calls its parts. */
export const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] as const;
export const WCAG_AND_BEST_PRACTICE = [...WCAG, 'best-practice'] as const;

type InPage = { readonly axe?: Pick<typeof axe, 'run'> };

/**
 * What of a page breaks the rules: one line for each rule, with the elements. axe is laid into a page once and looks at
 * it where it stands; a tab of its own for every look, as axe's Playwright package opens, cost a second each.
 */
export async function violationsOn(page: Page, tags: readonly string[] = WCAG): Promise<readonly string[]> {
  if (await page.evaluate(() => (globalThis as InPage).axe === undefined)) await page.evaluate(axe.source);
  return page.evaluate(
    async (values) => {
      const { axe: laidIn } = globalThis as InPage;
      if (laidIn === undefined) throw new Error('broken assumption: axe is in the page');
      // The widget kit's announcer: an announcement may outlive by seconds the button whose label it borrows.
      const { violations } = await laidIn.run({ exclude: ['[data-live-announcer]'] }, { runOnly: { type: 'tag', values: [...values] }, resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary ?? ''})`).join(', ')}`);
    },
    tags,
  );
}
