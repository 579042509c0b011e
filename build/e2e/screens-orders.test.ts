import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { OrdersView } from '../../shared/ipc/shapes.ts';
import { WCAG_AND_BEST_PRACTICE } from './accessible.ts';
import { heading } from './parts.ts';
import { accessible, standInJourneys } from './stand-in.ts';

/** What people see when their organisation closes a workstation, when its lease is over, and when it was erased. */
const journey = standInJourneys();

const closedBy = (page: Page, closed: OrdersView['closed']): Promise<void> => page.evaluate((reason) => globalThis.standIn!.change((world) => void (world.orders = { ...world.orders, closed: reason })), closed);

describe('a workstation its organisation closed', () => {
  it('says why, shows no chart, and asks central when told to', async () => {
    await journey({ start: 'closed' }, async (page) => {
      await heading(page, 'This workstation has had no word from its organisation for too long.').waitFor();
      expect(await page.getByRole('navigation').count()).toBe(0);
      await page.getByRole('button', { name: 'Ask the central server now' }).click();
      await page.getByText('The central server cannot be reached.').or(page.getByText('The central server answered, and nothing has changed.')).waitFor();
      await page.evaluate(() => globalThis.standIn!.change((world) => {
        world.orders = { ...world.orders, closed: null };
        world.state = 'unlocked';
      }));
      await page.getByRole('heading', { name: /^Today/, level: 1 }).waitFor();
    });
  });

  it('lets an administrator join a revoked one again, and nobody else', async () => {
    await journey({ start: 'closed' }, async (page) => {
      await closedBy(page, 'revoked');
      await heading(page, 'The organisation has closed this workstation.').waitFor();
      expect(await page.getByRole('textbox').count()).toBe(0);
    });
    await journey({ start: 'closed', role: 'administrator' }, async (page) => {
      await closedBy(page, 'revoked');
      await page.getByRole('textbox', { name: 'New one-time code' }).waitFor();
      await page.getByRole('button', { name: 'Lock' }).click();
      await heading(page, 'Sign in').waitFor();
    });
  });

  it('says that it is being erased, and how much is still to be sent', async () => {
    await journey({ start: 'closed' }, async (page) => {
      await closedBy(page, 'erasing');
      await heading(page, 'This workstation is about to be erased.').waitFor();
      await page.getByText('Still to be sent: 14').waitFor();
    });
  });
});

describe('a lease', () => {
  it('that is over puts a bar over everything, with the way to central', async () => {
    await journey({ start: 'lapsed' }, async (page) => {
      await page.getByText('This workstation can only be read for now.').waitFor();
      await page.getByRole('button', { name: 'Ask the central server now' }).click();
      await page.getByRole('heading', { name: 'Sync', level: 1 }).waitFor();
    });
  });

  it('that ends within two days is told of before it does', async () => {
    await journey({}, async (page) => {
      await page.getByRole('heading', { name: /^Today/, level: 1 }).waitFor();
      expect(await page.getByText('This workstation must reach its organisation soon.').count()).toBe(0);
      await page.evaluate(() => globalThis.standIn!.change((world) => {
        const { lease } = world.orders;
        if (lease !== null) world.orders = { ...world.orders, lease: { ...lease, endsAt: world.now() + 20 * 3_600_000 } };
      }));
      await page.getByText('This workstation must reach its organisation soon.').waitFor();
    });
  });
});

describe('an erased workstation', () => {
  it('says who had it erased before it offers to be set up anew', async () => {
    await journey({ start: 'setup', erased: true }, async (page) => {
      await heading(page, 'The records of this workstation were erased.').waitFor();
      await page.getByText('Four Corners Health ordered it.').waitFor();
      await accessible(page, WCAG_AND_BEST_PRACTICE);
      await page.getByRole('button', { name: 'Set this computer up anew' }).click();
      await page.getByRole('heading', { name: /Which clinic/, level: 1 }).waitFor();
    });
  });
});

describe.each(['light', 'dark'] as const)('accessibility, %s', (colorScheme) => {
  it.each(['sealed', 'revoked', 'erasing', 'behind', 'suspended'] as const)('closed: %s has no WCAG 2.2 AA violation', async (closed) => {
    await journey({ start: 'closed', role: 'administrator' }, async (page) => {
      await closedBy(page, closed);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await accessible(page, WCAG_AND_BEST_PRACTICE);
    }, { colorScheme });
  });

  it('a lapsed workstation has no WCAG 2.2 AA violation', async () => {
    await journey({ start: 'lapsed' }, async (page) => {
      await page.getByText('This workstation can only be read for now.').waitFor();
      await accessible(page, WCAG_AND_BEST_PRACTICE);
    }, { colorScheme });
  });
});
