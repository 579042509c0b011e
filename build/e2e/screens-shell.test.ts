import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { StandInOptions } from '../fixtures/window-stand-in.ts';
import { WCAG_AND_BEST_PRACTICE } from './accessible.ts';
import { button, enter, field, heading } from './parts.ts';
import { accessible, count, fault, standInJourneys } from './stand-in.ts';

/** The window's frame, set-up, lock, patients and settings in a real browser, with a made-up clinic behind them. */
const PASSWORD = 'correct horse battery staple';
const journey = standInJourneys();

async function signIn(page: Page, login: string, password = PASSWORD, code = '123456'): Promise<void> {
  await field(page, 'Sign-in name').fill(login);
  await page.keyboard.press('Enter');
  await enter(page, password, code);
}

describe('set-up', () => {
  it('goes from nothing to an open clinic on the keyboard alone, and lets nobody past the recovery code', async () => {
    await journey({ start: 'setup' }, async (page) => {
      await heading(page, /Which clinic/).waitFor();
      await enter(page, 'Canyon Health', 'Outreach post', '12 Mesa Rd', '36.1544', '-109,5526');
      await heading(page, /this workstation called/).waitFor();
      await enter(page, 'Front desk');
      await heading(page, /Who administers/).waitFor();
      await enter(page, 'Ruth Mensah');
      expect(await field(page, 'Sign-in name').inputValue()).toBe('ruth.mensah');
      await page.keyboard.press('Enter');
      await page.keyboard.insertText(PASSWORD);
      await page.getByText('Very hard to guess').waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.insertText(PASSWORD);
      await page.locator('[data-primary]:not([data-disabled])').waitFor();
      await page.keyboard.press('Enter');

      await page.getByRole('img', { name: 'QR code' }).waitFor();
      await field(page, 'Code from the authenticator').fill('000000');
      await page.keyboard.press('Enter');
      await page.getByText('This code is not right').waitFor();
      await field(page, 'Code from the authenticator').fill('123456');
      await page.keyboard.press('Enter');

      await heading(page, 'Keep the recovery code').waitFor();
      const groups = await page.locator('.recovery-code .secret').allTextContents();
      const kept = button(page, 'I have it on paper');
      expect(await kept.isDisabled()).toBe(true);
      const asked = await page.getByRole('textbox', { name: /^Group/ }).all();
      expect(asked).toHaveLength(2);
      await asked[0]!.fill('ZZZZ');
      await page.getByText('This is not what the paper says.').waitFor();
      for (const box of asked) {
        const position = Number((await box.evaluate((input) => (input as HTMLInputElement).labels?.[0]?.textContent ?? '')).replace(/\D/g, ''));
        await box.fill(groups[position - 1]!.toLowerCase());
      }
      await kept.click();

      await heading(page, 'Join a central server?').waitFor();
      await button(page, 'Not now').click();
      await heading(page, 'Does every part work?').waitFor();
      await page.getByText('18,412 entries verified').waitFor();
      await button(page, 'Open Outpost').click();
      await heading(page, /^Today/).waitFor();
      expect(await page.getByText(groups[0]!).count()).toBe(0);
    });
  });

  it('joins a central server with a code, and says why a code was refused', async () => {
    await journey({ start: 'setup' }, async (page) => {
      await reachCentral(page);
      await field(page, 'One-time code').fill('a wrong code');
      await page.keyboard.press('Enter');
      await page.getByText('The one-time code was not accepted.').waitFor();
      expect(await field(page, 'One-time code').inputValue()).toBe('a wrong code');
      await field(page, 'One-time code').fill('OUT1-ABCD');
      await page.keyboard.press('Enter');
      await page.getByText('Joined to Four Corners Health.').waitFor();
      await page.getByRole('heading', { name: 'Start from a USB stick or a file' }).waitFor();
      await accessible(page);
      await button(page, 'Next').click();
      await heading(page, 'Does every part work?').waitFor();
    });
  });

  it('asks for what is missing by the field and keeps what was typed', async () => {
    await journey({ start: 'setup' }, async (page) => {
      await heading(page, /Which clinic/).waitFor();
      await enter(page, '', 'Outreach post', '', '95', '');
      await page.getByText('This is needed.').waitFor();
      await page.getByText('Between -90 and 90.').waitFor();
      expect(await field(page, 'Latitude optional').inputValue()).toBe('95');
      expect(await field(page, 'Name of this site').inputValue()).toBe('Outreach post');
      await heading(page, /Which clinic/).waitFor();
    });
  });
});

async function reachCentral(page: Page): Promise<void> {
  await heading(page, /Which clinic/).waitFor();
  await enter(page, 'Canyon Health', 'Outreach post', '', '', '');
  await heading(page, /this workstation called/).waitFor();
  await enter(page, 'Front desk');
  await heading(page, /Who administers/).waitFor();
  await enter(page, 'Ruth Mensah', 'ruth');
  await field(page, 'New password').fill(PASSWORD);
  await field(page, 'The same password again').fill(PASSWORD);
  await button(page, 'Next').click();
  await field(page, 'Code from the authenticator').fill('123456');
  await page.keyboard.press('Enter');
  await heading(page, 'Keep the recovery code').waitFor();
  const groups = await page.locator('.recovery-code .secret').allTextContents();
  for (const box of await page.getByRole('textbox', { name: /^Group/ }).all()) {
    const position = Number((await box.evaluate((input) => (input as HTMLInputElement).labels?.[0]?.textContent ?? '')).replace(/\D/g, ''));
    await box.fill(groups[position - 1]!);
  }
  await button(page, 'I have it on paper').click();
  await heading(page, 'Join a central server?').waitFor();
}

describe('lock and switch', () => {
  it('signs in with name, password and code; after a refusal the password stays and the code goes', async () => {
    await journey({ start: 'locked' }, async (page) => {
      await heading(page, 'Sign in').waitFor();
      await signIn(page, 'ada', 'the wrong password');
      await page.getByText('Name, password and code do not match.').waitFor();
      expect(await field(page, 'Sign-in name').inputValue()).toBe('ada.obi');
      expect(await page.locator('input[type="password"]').inputValue()).toBe('the wrong password');
      expect(await field(page, 'Code from your authenticator').inputValue()).toBe('');
      await page.locator('input[type="password"]').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await enter(page, '123 456');
      await heading(page, /^Today/).waitFor();
    });
  });

  it.each(['Control+l', 'Control+u'])('%s leaves nothing of a patient in the window', async (keys) => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('/');
      await enter(page, 'okafor chidinma');
      await page.getByRole('region', { name: 'Patient' }).waitFor();
      await page.keyboard.press(keys);
      await heading(page, 'Sign in').waitFor();
      expect(await page.content()).not.toMatch(/okafor|K7-0042/i);
      expect(await page.evaluate(() => globalThis.standIn!.calls.at(-1))).toBe('session.people');
      await signIn(page, 'ruth');
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('Escape');
      await heading(page, /^Today/).waitFor();
    });
  });

  it('follows a lock by the engine itself', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.evaluate(() => globalThis.standIn!.lock());
      await heading(page, 'Sign in').waitFor();
      expect(await page.content()).not.toMatch(/K7-0/);
    });
  });

  it('locks by itself when the time has run out', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.evaluate(() => {
        globalThis.standIn!.change((world) => {
          if (world.session !== null) world.session = { ...world.session, locksAt: world.now() };
        });
      });
      await heading(page, 'Sign in').waitFor();
    });
  });

  it('recovers with the printed code, and shows the new one before anything opens', async () => {
    await journey({ start: 'locked' }, async (page) => {
      await button(page, 'Password or phone lost?').click();
      await field(page, 'Recovery code from the paper').fill('K3QF-7M2X-9TDW-4HRC-8NPL-2VBY');
      await field(page, 'Whose sign-in is renewed?').fill('ada.obi');
      await field(page, 'New password').fill(PASSWORD);
      await field(page, 'The same password again').fill(PASSWORD);
      await button(page, 'Next').click();
      await field(page, 'Code from the authenticator').fill('123456');
      await button(page, 'Open the records').click();
      await heading(page, /old recovery code is used up/).waitFor();
      expect(await page.getByRole('navigation').count()).toBe(0);
      const groups = await page.locator('.recovery-code .secret').allTextContents();
      expect(groups.join('-')).toBe('W8ZC-5KJN-3QRT-7XVM-6DHP-9FGB');
    });
  });
});

describe('patients', () => {
  it('finds while typing, says why, and tells twins apart', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.insertText('okafor chi');
      await page.getByText('3 found').waitFor();
      const lines = page.getByRole('option');
      expect(await lines.count()).toBe(3);
      expect(await lines.nth(1).textContent()).toContain('Same birth date: twin?');
      expect(await lines.nth(1).textContent()).toContain('K7-0043-1');
      await field(page, 'Name, birth date, number or phone').fill('okafur');
      await page.getByText('spelt like').first().waitFor();
    });
  });

  it('opens the only hit with Enter and walks several with the arrows', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.insertText('okafor chi');
      await page.getByText('3 found').waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByRole('region', { name: 'Patient' }).getByText('OKAFOR, Chidera', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await heading(page, 'Patients').waitFor();
    });
  });

  it('carries what was searched into registering, and Esc loses nothing of the form', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.insertText('Zzyzx Quentin');
      await button(page, 'Register “Zzyzx Quentin” as a new patient').click();
      await heading(page, 'Register a patient').waitFor();
      expect(await field(page, 'Family name').inputValue()).toBe('Zzyzx');
      expect(await field(page, 'Given names').inputValue()).toBe('Quentin');
      await page.keyboard.press('Escape');
      await heading(page, 'Patients').waitFor();

      await page.keyboard.press('Escape');
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('n');
      await field(page, 'Family name').fill('Halfway');
      await page.keyboard.press('Escape');
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('n');
      await heading(page, 'Register a patient').waitFor();
      expect(await field(page, 'Family name').inputValue()).toBe('Halfway');
    });
  });

  it('shows the same person beside the fields and asks once before a second chart', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('n');
      await heading(page, 'Register a patient').waitFor();
      await enter(page, 'okafor', 'chidinma', '', '14 jul 1985');
      await page.keyboard.press('f');
      await page.getByText('14-Jul-1985 (41y)').first().waitFor();
      await page.getByText('Very likely the same person').waitFor();
      const before = await count(page, 'patients.register');
      await page.keyboard.press('Control+Enter');
      await page.getByText('Two charts for one person are dangerous').waitFor();
      expect(await count(page, 'patients.register')).toBe(before);
      await page.keyboard.press('Control+Enter');
      await page.getByRole('region', { name: 'Patient' }).waitFor();
      expect(await count(page, 'patients.register')).toBe(before + 1);
    });
  });

  it('stands by each field with what is wrong, and keeps the typing', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('n');
      await field(page, 'Born, or age').fill('soon');
      await page.keyboard.press('Control+Enter');
      await page.getByText('A family name is needed.').waitFor();
      await page.getByText('This cannot be read as a date or an age.').waitFor();
      await page.getByText('Choose one. “Not known” is an answer.').waitFor();
      expect(await field(page, 'Born, or age').inputValue()).toBe('soon');
      expect(await count(page, 'patients.register')).toBe(0);
    });
  });
});

describe('every state of a screen', () => {
  it('waits with a skeleton', async () => {
    await journey({ start: 'locked' }, async (page) => {
      await heading(page, 'Sign in').waitFor();
      await page.evaluate(() => void Object.assign(globalThis, { letGo: globalThis.standIn!.hold('patients.recent') }));
      await signIn(page, 'ada.obi');
      await page.locator('.skeleton-line').first().waitFor();
      await page.evaluate(() => (globalThis as unknown as { letGo: () => void }).letGo());
      await page.getByRole('option').first().waitFor();
      expect(await page.locator('.skeleton-line').count()).toBe(0);
    });
  });

  it('names the rule that refused, and where else to go', async () => {
    await journey({ start: 'locked' }, async (page) => {
      await heading(page, 'Sign in').waitFor();
      await fault(page, 'patients.recent', { code: 'DENIED', detail: { rule: '1/charts-are-for-clinicians' } });
      await signIn(page, 'admin');
      await page.getByText('Refused by rule 1/charts-are-for-clinicians.').waitFor();
      await page.getByRole('main').getByRole('button', { name: 'Settings' }).click();
      await heading(page, 'Settings').waitFor();
    });
  });

  it('says what failed, what is safe, and tries again', async () => {
    await journey({ start: 'locked' }, async (page) => {
      await heading(page, 'Sign in').waitFor();
      await fault(page, 'patients.recent', { code: 'INTERNAL' });
      await signIn(page, 'ada.obi');
      await page.getByText('Nothing that was saved before is lost.').waitFor();
      await fault(page, 'patients.recent', null);
      await button(page, 'Try again').click();
      await page.getByRole('option').first().waitFor();
    });
  });

  it('keeps an earlier answer, marked as such, when asking again fails', async () => {
    await journey({}, async (page) => {
      await page.getByRole('option').first().waitFor();
      await fault(page, 'patients.recent', { code: 'BUSY' });
      await page.evaluate(() => globalThis.standIn!.change(() => undefined));
      await page.getByText(/Shown as of \d\d:\d\d/).waitFor();
      expect(await page.getByRole('option').count()).toBeGreaterThan(3);
    });
  });

  it('takes an earlier answer off the screen when reading it is no longer allowed', async () => {
    await journey({}, async (page) => {
      await page.getByRole('option').first().waitFor();
      await fault(page, 'patients.recent', { code: 'DENIED' });
      await page.evaluate(() => globalThis.standIn!.change(() => undefined));
      await page.getByText('Your role has no patients.').waitFor();
      expect(await page.getByRole('option').count()).toBe(0);
    });
  });

  it('clears the screen when its engine is gone', async () => {
    await journey({}, async (page) => {
      await page.getByRole('option').first().waitFor();
      await fault(page, 'app.status', { code: 'INTERNAL', detail: { engine: 'stopped' } });
      await page.evaluate(() => globalThis.standIn!.change(() => undefined));
      await page.getByText('has stopped.').waitFor();
      expect(await page.content()).not.toMatch(/K7-0/);
    });
  });

  it('has nobody yet, and says what to do', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.evaluate(() => globalThis.standIn!.change((world) => world.charts.clear()));
      await page.getByText('Press / to search, or N to register the first patient.').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.insertText('anyone');
      await page.getByText('Nobody here matches “anyone”.').waitFor();
    });
  });

  it('carries bars for a hold and a doubtful clock that can only be answered', async () => {
    await journey({ start: 'held' }, async (page) => {
      await page.getByText('Writing is on hold.').waitFor();
      await page.evaluate(() => globalThis.standIn!.change((world) => void (world.clock = 'suspect')));
      await page.getByText('The clock of this computer is in doubt.').waitFor();
      await page.keyboard.press('Escape');
      expect(await page.getByRole('alert').count()).toBe(2);
      await button(page, 'Lock and sign in again').click();
      await heading(page, 'Sign in').waitFor();
    });
  });
});

describe('keys', () => {
  it('lists the keys of the screen, finds commands, and goes by section', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys of this screen' }).getByText('Lock', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Commands' }).waitFor();
      await enter(page, 'go set');
      await heading(page, 'Settings').waitFor();
      await page.keyboard.press('Alt+2');
      await heading(page, 'Patients').waitFor();
      await page.keyboard.press('F8');
      await heading(page, 'Sync').waitFor();
    });
  });

  it('types single letters into a field and runs none of them', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('/');
      await heading(page, 'Patients').waitFor();
      for (const key of 'nv?/') await page.keyboard.press(key);
      expect(await field(page, 'Name, birth date, number or phone').inputValue()).toBe('nv?/');
      await heading(page, 'Patients').waitFor();
    });
  });

  it('takes a scanned card to search from within any field, and leaves the field as it was', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('n');
      await field(page, 'Family name').fill('Hal');
      await page.evaluate(() => {
        // A scanner's keys carry the times of one burst, however slowly they are then worked through.
        const input = document.activeElement as HTMLInputElement;
        const presses = [...'K7-0042-3', 'Enter'].map((key) => new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        for (const press of presses) {
          input.dispatchEvent(press);
          if (press.key === 'Enter') continue;
          input.setRangeText(press.key, input.value.length, input.value.length, 'end');
          input.dispatchEvent(new Event('input', { bubbles: true }));
        }
      });
      await page.getByText('1 found').waitFor();
      expect(await field(page, 'Name, birth date, number or phone').inputValue()).toBe('K7-0042-3');
      await page.keyboard.press('Escape');
      await heading(page, 'Register a patient').waitFor();
      expect(await field(page, 'Family name').inputValue()).toBe('Hal');
    });
  });

  it('reaches every control of the frame with Tab and shows where it is', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      const reached = new Set<string>();
      for (let step = 0; step < 40; step += 1) {
        await page.keyboard.press('Tab');
        const [name, outlined] = await page.evaluate(() => {
          const at = document.activeElement;
          if (at === null || at === document.body) return ['', true] as const;
          const style = getComputedStyle(at);
          return [at.getAttribute('aria-label') ?? at.textContent ?? '', style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2] as const;
        });
        expect(outlined, `focus on "${name}" can be seen`).toBe(true);
        reached.add(name.replace(/(Alt|Ctrl)?[0-9/KNF]+$/, '').trim());
      }
      for (const name of ['Search patients', 'Commands', 'Today', 'Settings', 'Register a new patient']) expect([...reached].join('|')).toContain(name);
    });
  });
});

describe('status bar', () => {
  it('says what waits and for how long, and "all sent" only when it is', async () => {
    await journey({}, async (page) => {
      const bar = page.getByRole('contentinfo');
      await bar.getByText('Offline · 14 unsent, oldest 3 h · 3 conflicts').waitFor();
      await page.evaluate(() => globalThis.standIn!.change((world) => void (world.sync = { ...world.sync, line: 'online', unsent: 0, oldestUnsentAt: null, allSent: false, conflicts: 0 })));
      await bar.getByText('Online · not all acknowledged yet').waitFor();
      await page.evaluate(() => globalThis.standIn!.change((world) => void (world.sync = { ...world.sync, allSent: true })));
      await bar.getByText('Online · all sent').waitFor();
    });
  });

  it('keeps the session alive while somebody types, and not on every key', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('/');
      for (const key of 'many letters') await page.keyboard.press(key === ' ' ? 'Space' : key);
      await expect.poll(() => count(page, 'session.touch')).toBe(1);
    });
  });
});

describe('settings', () => {
  it('adds a person with a phone, and stands by the field when the name is taken', async () => {
    await journey({ role: 'administrator' }, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('Alt+7');
      await page.getByRole('row', { name: /Grace Tso/ }).waitFor();
      await page.keyboard.press('n');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Full name' }).fill('Joy Tom');
      await dialog.getByRole('textbox', { name: 'Sign-in name' }).fill('ruth');
      await dialog.getByRole('radio', { name: /Nurse/ }).check({ force: true });
      await dialog.getByRole('textbox', { name: 'New password' }).fill(PASSWORD);
      await dialog.getByRole('textbox', { name: 'The same password again' }).fill(PASSWORD);
      await dialog.getByRole('button', { name: 'Next' }).click();
      await dialog.getByRole('textbox', { name: 'Code from the authenticator' }).fill('123456');
      await dialog.getByRole('button', { name: 'Add' }).click();
      await dialog.getByText('Somebody already signs in with this name.').waitFor();
      await dialog.getByRole('textbox', { name: 'Sign-in name' }).fill('joy');
      await dialog.getByRole('button', { name: 'Next' }).click();
      await dialog.getByRole('textbox', { name: 'Code from the authenticator' }).fill('123456');
      await dialog.getByRole('button', { name: 'Add' }).click();
      await page.getByText('Joy Tom can sign in now.').waitFor();
      await page.getByRole('row', { name: /Joy Tom joy Nurse active/ }).waitFor();
    });
  });

  it('does not close the last administrator', async () => {
    await journey({ role: 'administrator' }, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('Alt+7');
      await fault(page, 'staff.setActive', { code: 'LAST_ADMINISTRATOR' });
      await button(page, 'Close account: Grace Tso').click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Close account' }).click();
      await page.getByText('This is the last administrator.').waitFor();
    });
  });

  it('changes site and password and forgets both passwords', async () => {
    await journey({ role: 'administrator' }, async (page) => {
      await heading(page, /^Today/).waitFor();
      await page.keyboard.press('Alt+7');
      await page.getByRole('tab', { name: 'Site' }).click();
      await field(page, 'Site').fill('North wing');
      await button(page, 'Save').click();
      await page.getByText('Saved.').waitFor();
      await page.getByRole('tab', { name: 'My password' }).click();
      await field(page, 'Your password now').fill('old password here');
      await field(page, 'New password').fill(PASSWORD);
      await field(page, 'The same password again').fill(PASSWORD);
      await button(page, 'Change password').click();
      await page.getByText('Your password is changed.').waitFor();
      for (const box of await page.locator('input').all()) expect(await box.inputValue()).toBe('');
    });
  });
});

describe('what the window keeps', () => {
  it('is nothing: no storage, no address, no title', async () => {
    await journey({}, async (page) => {
      await heading(page, /^Today/).waitFor();
      const address = page.url();
      await page.keyboard.press('/');
      await enter(page, 'okafor chidinma');
      await page.getByRole('region', { name: 'Patient' }).waitFor();
      await page.keyboard.press('Alt+1');
      await heading(page, /^Today/).waitFor();
      expect(page.url()).toBe(address);
      const kept = await page.evaluate(async () => ({ local: localStorage.length, session: sessionStorage.length, databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length, cookies: document.cookie, history: history.length, state: JSON.stringify(history.state) }));
      expect(kept).toEqual({ local: 0, session: 0, databases: 0, caches: 0, cookies: '', history: kept.history, state: 'null' });
    });
  });
});

type Stop = { readonly name: string; readonly options: Partial<StandInOptions>; readonly reach: (page: Page) => Promise<unknown> };
const STOPS: readonly Stop[] = [
  { name: 'set-up, site', options: { start: 'setup' }, reach: (page) => heading(page, /Which clinic/).waitFor() },
  { name: 'set-up, central', options: { start: 'setup' }, reach: reachCentral },
  { name: 'sign-in', options: { start: 'locked' }, reach: (page) => page.getByRole('button', { name: 'ada.obi' }).waitFor() },
  {
    name: 'recovery',
    options: { start: 'locked' },
    reach: async (page) => {
      await button(page, 'Password or phone lost?').click();
      await field(page, 'Recovery code from the paper').waitFor();
    },
  },
  { name: 'today', options: {}, reach: (page) => page.getByRole('option').first().waitFor() },
  { name: 'held', options: { start: 'held' }, reach: (page) => page.getByText('Writing is on hold.').waitFor() },
  {
    name: 'search',
    options: {},
    reach: async (page) => {
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('/');
      await page.keyboard.insertText('okafor');
      await page.getByText(/found$/).waitFor();
    },
  },
  {
    name: 'register with problems',
    options: {},
    reach: async (page) => {
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('n');
      await field(page, 'Family name').fill('Okafor');
      await field(page, 'Given names').fill('Chidinma');
      await page.keyboard.press('Control+Enter');
      await page.getByText('Perhaps the same person').first().waitFor();
    },
  },
  {
    name: 'palette',
    options: {},
    reach: async (page) => {
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'key sheet',
    options: {},
    reach: async (page) => {
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'staff, adding',
    options: { role: 'administrator' },
    reach: async (page) => {
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Alt+7');
      await page.getByRole('row').first().waitFor();
      await page.keyboard.press('n');
      await page.getByRole('dialog').waitFor();
    },
  },
];

describe.each(['light', 'dark'] as const)('accessibility, %s', (colorScheme) => {
  it.each(STOPS)('$name has no WCAG 2.2 AA violation', async ({ options, reach }) => {
    await journey(
      options,
      async (page) => {
        await reach(page);
        await accessible(page, WCAG_AND_BEST_PRACTICE);
      },
      { colorScheme },
    );
  });
});
