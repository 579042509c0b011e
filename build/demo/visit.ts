import type { Page } from 'playwright-core';
import { PASSWORD, freshCode, type Person } from './window.ts';

/** What a person does at the keyboard: set-up, a visit, signing. Selectors are what a screen reader would say. */

const WAIT_MS = 30_000;

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 });
const field = (page: Page, name: string | RegExp) => page.getByRole('textbox', { name });
const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });

async function type(page: Page, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
  }
}

/** First start, seven steps: clinic, workstation, administrator, authenticator, recovery code, central, test. */
export async function setUpByHand(page: Page, administrator: { readonly login: string; readonly name: string }, code: string, shot: (name: string) => Promise<void>): Promise<Person> {
  await heading(page, /Which clinic/).waitFor();
  await type(page, 'Cedar Valley Clinic', 'Cedar Valley', '12 Mesa Rd, Cedar Valley', '36.1544', '-109.5526');
  await heading(page, /this workstation called/).waitFor();
  await type(page, 'Front desk');
  await heading(page, /Who administers/).waitFor();
  await type(page, administrator.name);
  await field(page, 'Sign-in name').fill(administrator.login);
  await field(page, 'New password').fill(PASSWORD);
  await field(page, 'The same password again').fill(PASSWORD);
  await page.locator('[data-primary]:not([data-disabled])').waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('img', { name: 'QR code' }).waitFor({ timeout: WAIT_MS });
  await shot('01-authenticator');
  const secret = await typedSecret(page);
  const person: Person = { ...administrator, secret, lastStep: 0 };
  await field(page, 'Code from the authenticator').fill(await freshCode(person));
  await page.keyboard.press('Enter');
  await heading(page, 'Keep the recovery code').waitFor({ timeout: WAIT_MS });
  const groups = await page.locator('.recovery-code .secret').allTextContents();
  for (const box of await page.getByRole('textbox', { name: /^Group/ }).all()) {
    const label = await box.evaluate((input) => (input as HTMLInputElement).labels?.[0]?.textContent ?? '');
    await box.fill(groups[Number(label.replace(/\D/g, '')) - 1] ?? '');
  }
  await page.getByRole('button', { name: 'I have it on paper' }).click();
  await heading(page, 'Join a central server?').waitFor();
  await field(page, 'One-time code').fill(code);
  await page.keyboard.press('Enter');
  await page.getByText(/Joined to Four Corners Health/).waitFor({ timeout: WAIT_MS });
  await shot('02-joined');
  const next = page.getByRole('button', { name: /Next|Continue|Go on/ });
  if ((await next.count()) > 0) await next.first().click();
  await heading(page, 'Does every part work?').waitFor();
  await page.getByText(/verified/).waitFor({ timeout: WAIT_MS });
  await shot('03-every-part-works');
  await page.getByRole('button', { name: 'Open Outpost' }).click();
  await heading(page, /^Today/).waitFor();
  return person;
}

/** The secret as the set-up shows it beside the QR code, for those who type it. */
async function typedSecret(page: Page): Promise<string> {
  const text = await page.locator('.secret').first().textContent();
  return (text ?? '').replaceAll(/[^A-Z2-7]/g, '');
}

export async function signInByHand(page: Page, person: Person): Promise<void> {
  await heading(page, 'Sign in').waitFor();
  await field(page, 'Sign-in name').fill(person.login);
  await page.locator('input[type="password"]').fill(PASSWORD);
  await field(page, /^Code from your authenticator/).fill(await freshCode(person));
  await page.keyboard.press('Enter');
  await heading(page, /^Today/).waitFor({ timeout: WAIT_MS });
}

export async function openChartByHand(page: Page, words: string): Promise<void> {
  await page.keyboard.press('/');
  await page.getByRole('searchbox').or(field(page, /./)).first().waitFor();
  await page.keyboard.insertText(words);
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Timeline' }).waitFor();
}

/** Vitals, then a SOAP note, signed: a routine revisit with no mouse. */
export async function chartVisitByHand(page: Page, note: { readonly subjective: string; readonly plan: string }, shot: (name: string) => Promise<void>): Promise<void> {
  await page.keyboard.press('v');
  await dialog(page, 'Vitals').waitFor();
  for (const value of ['142/91', '88', '18', '37.9', '97', '62.5', '165']) {
    await page.keyboard.type(value);
    await page.keyboard.press('Enter');
  }
  await shot('06-vitals');
  await page.keyboard.press('Control+Enter');
  await confirmTheUnlikely(page);
  await dialog(page, 'Vitals').waitFor({ state: 'detached' });
  await page.keyboard.press('s');
  await field(page, /Subjective/).waitFor();
  await page.keyboard.type(note.subjective);
  await field(page, /Plan/).fill(note.plan);
  await page.getByText(/Draft saved/).waitFor();
  await shot('07-note');
}

/** A value far from the last one is asked about once; the answer is given on the keyboard, like everything else. */
async function confirmTheUnlikely(page: Page): Promise<void> {
  const questions = dialog(page, 'Vitals').getByRole('button', { name: /^Yes,/ });
  while ((await questions.count()) > 0) {
    await questions.first().focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
  }
}

export async function signNoteByHand(page: Page): Promise<void> {
  await page.keyboard.press('Control+Enter');
  await page.getByRole('region', { name: 'Timeline' }).waitFor();
}
