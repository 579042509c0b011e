import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { StandInOptions } from '../fixtures/window-stand-in.ts';
import { button, closed, dialog, field } from './parts.ts';
import { accessible, calls, count, fault, type Look, standInJourneys, type Walk } from './stand-in.ts';

/** Chart, charting, notes, trail and import in a real browser, with a made-up clinic behind them. */
const walked = standInJourneys();
const journey = (walk: Walk, options: Partial<StandInOptions> = {}, look?: Look): Promise<void> => walked({ role: 'physician', patients: 20, ...options }, walk, look);
const chart = (page: Page): Locator => page.getByRole('region', { name: 'Timeline' });

/** Finds somebody by the keyboard and opens the chart. */
async function openChart(page: Page, name = 'okafor chidinma'): Promise<void> {
  await page.getByRole('button', { name: /F8/ }).or(page.getByRole('contentinfo')).first().waitFor();
  await page.keyboard.press('/');
  await page.getByRole('searchbox').or(field(page, /./)).first().waitFor();
  await page.keyboard.insertText(name);
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await chart(page).waitFor();
}

/** Types key by key, as fields that react to single keys need it. */
async function enter(page: Page, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }
}

/** Puts an allergy into the chart of Chidinma Okafor. */
const allergicTo = (page: Page, text: string): Promise<void> =>
  page.evaluate((substance) => {
    globalThis.standIn!.change((world) => {
      const found = [...world.charts.values()].find(({ line }) => line.given === 'Chidinma');
      if (found !== undefined) found.allergies = { state: 'list', askedAt: null, items: [{ record: found.line.patient, text: substance, criticality: 'high', reaction: 'anaphylaxis', status: 'active', conflict: false, contested: [] }] };
    });
  }, text);

describe('the chart', () => {
  it('shows summary and timeline, opens a record with its history, and goes back with Esc', async () => {
    await journey(async (page) => {
      await openChart(page);
      await accessible(page);
      await page.getByRole('region', { name: 'Problems' }).getByRole('button').first().click();
      const record = page.getByRole('region', { name: 'Record' });
      await record.getByRole('heading', { name: 'History' }).waitFor();
      expect(await record.innerText()).toContain('What it says');
      expect(await record.getByText('"resourceType"').isVisible()).toBe(false);
      await record.getByRole('button', { name: 'As FHIR R4' }).click();
      await record.getByText('"resourceType"').waitFor();
      await accessible(page);
      await page.keyboard.press('Escape');
      await closed(record);
      await chart(page).waitFor();
    });
  });

  it('holds thousands of entries without drawing them, jumps to a year and filters', async () => {
    await journey(async (page) => {
      await openChart(page, 'begay thomas');
      const rows = chart(page).getByRole('option');
      await rows.first().waitFor();
      expect(await rows.count()).toBeLessThan(60);
      const total = Number((await page.getByRole('radio', { name: /^All/ }).innerText()).replaceAll(/\D/gu, ''));
      expect(total).toBeGreaterThan(2000);

      await button(page, /Year/).click();
      const years = page.getByRole('listbox').last().getByRole('option');
      const oldest = (await years.last().innerText()).slice(0, 4);
      await years.last().click();
      await chart(page).getByRole('option').first().getByText(`-${oldest}`).first().waitFor();

      await page.getByRole('radio', { name: /^Problems/ }).click();
      await chart(page).getByRole('option').first().getByText('Problem', { exact: true }).waitFor();
      expect(await count(page, 'chart.timeline')).toBeGreaterThan(2);
    });
  });

  it('reads further back when the end of the list comes near', async () => {
    await journey(async (page) => {
      await openChart(page, 'begay thomas');
      const list = chart(page).getByRole('listbox');
      await list.getByRole('option').first().waitFor();
      const before = await count(page, 'chart.timeline');
      await list.focus();
      await page.keyboard.press('End');
      await page.waitForFunction((calls) => globalThis.standIn!.calls.filter((each) => each === 'chart.timeline').length > calls, before);
      expect(Number(await list.getByRole('option').first().getAttribute('aria-setsize'))).toBeGreaterThan(0);
    });
  });

  it('draws a vital sign over time, and says the same in a table', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.getByRole('region', { name: 'Vitals' }).getByRole('button', { name: /Weight/ }).click();
      const trend = dialog(page, 'Over time');
      await trend.getByRole('img', { name: /Weight: \d+ readings from/ }).waitFor();
      await accessible(page);
      await trend.getByRole('tab', { name: /Table/ }).click();
      expect(await trend.getByRole('row').count()).toBeGreaterThan(2);
      await accessible(page);
      await page.keyboard.press('Escape');
      await closed(trend);
    });
  });

  it('amends a record with a reason, and never without', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.getByRole('region', { name: 'Problems' }).getByRole('button').first().click();
      await page.getByRole('region', { name: 'Record' }).getByRole('heading', { name: 'History' }).waitFor();
      await page.keyboard.press('F2');
      const amend = dialog(page, /Amend/);
      await amend.getByText('Resolved').click();
      await page.keyboard.press('Control+Enter');
      await amend.getByText('At least 3 characters.').waitFor();
      expect(await count(page, 'record.amend')).toBe(0);
      await accessible(page);
      await field(page, /Reason/).fill('healed');
      await page.keyboard.press('Control+Enter');
      await closed(amend);
      expect(await count(page, 'record.amend')).toBe(1);
    });
  });

  it('says which rule keeps a chart shut, and opens it in an emergency with a reason and a code', async () => {
    await journey(async (page) => {
      await page.evaluate(() => globalThis.standIn!.change((world) => { for (const { line } of world.charts.values()) if (line.given === 'Chidinma') line.restricted = true; }));
      await page.getByRole('button', { name: /F8/ }).or(page.getByRole('contentinfo')).first().waitFor();
      await page.keyboard.press('/');
      await page.keyboard.insertText('okafor chidinma');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      await page.getByText('restricted-chart-needs-care-team').waitFor();
      await accessible(page);
      await button(page, /Emergency access/).click();
      const glass = page.getByRole('alertdialog', { name: 'Emergency access' });
      await glass.waitFor();
      await page.keyboard.press('Control+Enter');
      await glass.getByText('Choose a reason.').waitFor();
      expect(await count(page, 'chart.breakGlass')).toBe(0);
      await accessible(page);
      await glass.getByText('Emergency: the patient').click();
      await field(page, /What is happening/).fill('Unconscious after a fall, needs treatment now');
      await field(page, /Code/).fill('000000');
      await page.keyboard.press('Control+Enter');
      await glass.getByText(/This code is not right/).waitFor();
      expect(await field(page, /Code/).inputValue()).toBe('');
      expect(await field(page, /What is happening/).inputValue()).toContain('Unconscious');
      await field(page, /Code/).fill('123456');
      await page.keyboard.press('Control+Enter');
      await chart(page).waitFor();
      await page.getByRole('region', { name: 'Patient' }).getByText(/Emergency access: emergency/).waitFor();
      await accessible(page);
    });
  });
});

describe('vitals', () => {
  it('are charted on the keyboard alone, in an encounter that starts by itself', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('v');
      await dialog(page, 'Vitals').waitFor();
      await enter(page, '128/82', '76', '16', '37,2', '98', '70.5', '178');
      await dialog(page, 'Vitals').getByText(/22\.3/).waitFor();
      await accessible(page);
      await page.keyboard.press('Control+Enter');
      await closed(dialog(page, 'Vitals'));
      const made = await calls(page);
      expect(made.filter((name) => name === 'encounter.start' || name === 'vitals.record')).toEqual(['encounter.start', 'vitals.record']);
      await page.getByRole('region', { name: 'Vitals' }).getByText('128/82 mmHg').waitFor();

      await page.keyboard.press('v');
      await enter(page, '130/84');
      await page.keyboard.press('Control+Enter');
      await closed(dialog(page, 'Vitals'));
      expect(await count(page, 'encounter.start')).toBe(1);
    });
  });

  it('refuse the impossible, ask once about the unlikely, and keep the typing when left with Esc', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('v');
      const vitals = dialog(page, 'Vitals');
      await vitals.waitFor();
      await field(page, 'Temperature').fill('42.5');
      await field(page, /saturation/).fill('101');
      await page.keyboard.press('Control+Enter');
      await vitals.getByText('Not possible. 30 to 100.').waitFor();
      await vitals.getByText(/42\.5 °C is rare/).waitFor();
      await accessible(page);
      await page.keyboard.press('Escape');
      await closed(vitals);
      expect(await count(page, 'vitals.record')).toBe(0);

      await page.keyboard.press('v');
      expect(await field(page, 'Temperature').inputValue()).toBe('42.5');
      await field(page, /saturation/).fill('91');
      await page.keyboard.press('Control+Enter');
      await vitals.getByRole('button', { name: /Yes, 42\.5/ }).click();
      await page.keyboard.press('Control+Enter');
      await closed(vitals);
      expect(await count(page, 'vitals.record')).toBe(1);
    });
  });

  it('stay in the form with what is wrong, when the engine refuses', async () => {
    await journey(async (page) => {
      await openChart(page);
      await fault(page, 'vitals.record', { code: 'DISK_FULL' });
      await page.keyboard.press('v');
      await enter(page, '128/82');
      await page.keyboard.press('Control+Enter');
      await dialog(page, 'Vitals').getByText(/The disk is full/).waitFor();
      expect(await field(page, 'Systolic').inputValue()).toBe('128');
      await fault(page, 'vitals.record', null);
      await page.keyboard.press('Control+Enter');
      await closed(dialog(page, 'Vitals'));
      expect(await count(page, 'encounter.start')).toBe(1);
    });
  });
});

describe('charting', () => {
  it('reads a prescription as it is typed, and stops at an allergy on file until it is confirmed', async () => {
    await journey(async (page) => {
      await openChart(page);
      await allergicTo(page, 'Penicillin');
      await page.keyboard.press('m');
      const medication = dialog(page, 'Medication');
      await medication.waitFor();
      await page.keyboard.type('amox');
      await page.keyboard.press('Tab');
      await page.keyboard.type(' 500 mg oral tid 7d for otitis media');
      await medication.getByText('500 mg, oral, three times daily, for 7 days').waitFor();
      expect(await field(page, 'How often').inputValue()).toBe('three times daily');
      expect(await field(page, 'For').inputValue()).toBe('otitis media');
      await medication.getByText(/allergic to Penicillin/).waitFor();
      await accessible(page);
      await page.keyboard.press('Control+Enter');
      await medication.getByText('Confirm below, or choose another medicine.').waitFor();
      expect(await count(page, 'medication.record')).toBe(0);
      await medication.getByText('I have seen the allergy').click();
      await page.keyboard.press('Control+Enter');
      await closed(medication);
      expect(await count(page, 'medication.record')).toBe(1);
    });
  });

  it('does not prescribe what it did not understand', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('m');
      await page.keyboard.type('metformin 500 bd with a grain of salt');
      const medication = dialog(page, 'Medication');
      await medication.getByText('A number without a unit. Add mg, mL, tablets…').waitFor();
      await page.keyboard.press('Control+Enter');
      await medication.getByText(/Not understood: “with a grain of salt”/).waitFor();
      expect(await count(page, 'medication.record')).toBe(0);
    });
  });

  it('charts allergy, problem and immunisation from the list or in own words', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('a');
      const allergy = dialog(page, 'Allergy');
      await allergy.waitFor();
      await page.keyboard.type('pean');
      await page.getByRole('option', { name: /Peanut/ }).click();
      expect(await page.getByRole('radio', { name: 'Food' }).isChecked()).toBe(true);
      await allergy.getByText('May be life-threatening').click();
      await accessible(page);
      await page.keyboard.press('Control+Enter');
      await closed(allergy);
      expect(await count(page, 'allergy.record')).toBe(1);

      await page.keyboard.press('p');
      const problem = dialog(page, 'Problem');
      await problem.waitFor();
      await page.keyboard.type('Hypertension');
      await problem.getByText('ICD-10-CM I10').first().waitFor();
      await page.keyboard.press('Escape');
      await field(page, /Since/).fill('14-Jul-2026');
      await page.keyboard.press('Control+Enter');
      await problem.getByText(/Write a year, year-month or full date/).waitFor();
      await accessible(page);
      await field(page, /Since/).fill('2026-07');
      await page.keyboard.press('Control+Enter');
      await closed(problem);
      expect(await count(page, 'problem.record')).toBe(1);

      await page.keyboard.press('i');
      const immunization = dialog(page, 'Immunisation');
      await immunization.waitFor();
      await page.keyboard.type('A vaccine of our own');
      await accessible(page);
      await page.keyboard.press('Control+Enter');
      await closed(immunization);
      expect(await count(page, 'immunization.record')).toBe(1);
    });
  });

  it('says "no known allergies" only while none stands', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('a');
      await button(page, 'No known allergies').click();
      await closed(dialog(page, 'Allergy'));
      expect(await count(page, 'allergy.noneKnown')).toBe(1);
      await allergicTo(page, 'Penicillin');
      await page.keyboard.press('a');
      await dialog(page, 'Allergy').getByText(/One allergy is on file/).waitFor();
      expect(await button(page, 'No known allergies').count()).toBe(0);
    });
  });

  it('starts an encounter and finishes it', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('n');
      await dialog(page, 'Start encounter').waitFor();
      await page.keyboard.type('Cough for 3 days');
      await page.keyboard.press('Control+Enter');
      await closed(dialog(page, 'Start encounter'));
      await page.getByText(/Cough for 3 days · started/).waitFor();
      await page.keyboard.press('n');
      await dialog(page, 'Finish encounter').waitFor();
      await accessible(page);
      await page.keyboard.press('Control+Enter');
      await closed(dialog(page, 'Finish encounter'));
      await page.getByText('No encounter under way').waitFor();
    });
  });
});

describe('the note', () => {
  it('keeps its draft, expands phrases, and signs with Ctrl+Enter', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('s');
      const subjective = field(page, /Subjective/);
      await subjective.waitFor();
      await page.keyboard.type('Headache. ;co');
      await page.getByRole('listbox', { name: 'Phrases' }).getByRole('option', { name: /;cough/ }).waitFor();
      await accessible(page);
      await page.keyboard.type('ugh ');
      await page.keyboard.type('3');
      expect(await subjective.inputValue()).toMatch(/^Headache\. Cough for 3 days, sputum ___/);
      await page.keyboard.press('F4');
      await page.keyboard.type('none');
      expect(await subjective.inputValue()).toContain('sputum none, fever ___');
      await page.getByText('OKAFOR, Chidinma (Mrs) · ').waitFor();
      await page.getByText(/Draft saved/).waitFor();
      await accessible(page);

      // Away and back: the chart says that a note waits, and the note is as it was left.
      await page.keyboard.press('Escape');
      await page.getByText('You have an unsigned note').click();
      await subjective.waitFor();
      expect(await subjective.inputValue()).toContain('sputum none');
      await page.getByText(/Draft restored/).waitFor();

      await field(page, /Plan/).fill('Rest.');
      await page.keyboard.press('Control+Enter');
      await chart(page).waitFor();
      const made = await calls(page);
      expect(made.filter((name) => name === 'note.sign')).toHaveLength(1);
      expect(made.lastIndexOf('drafts.save')).toBeLessThan(made.lastIndexOf('note.sign'));
      expect(await page.getByText('You have an unsigned note').count()).toBe(0);
    });
  });

  it('inserts today\'s vitals, will not sign nothing, and discards only when told twice', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('v');
      await enter(page, '128/82', '76');
      await page.keyboard.press('Control+Enter');
      await closed(dialog(page, 'Vitals'));
      await page.keyboard.press('s');
      await field(page, /Subjective/).waitFor();
      await page.keyboard.press('Control+Enter');
      await page.getByText('Write something in one of the four parts first.').waitFor();
      expect(await count(page, 'note.sign')).toBe(0);
      await button(page, 'Insert today’s vitals').click();
      expect(await field(page, /Objective/).inputValue()).toMatch(/BP 128\/82 mmHg, pulse 76 \/min/);
      await button(page, 'Discard draft').click();
      await page.getByRole('alertdialog', { name: /Discard/ }).waitFor();
      await accessible(page);
      await page.keyboard.press('Escape');
      expect(await field(page, /Objective/).inputValue()).toContain('BP 128/82');
      await button(page, 'Discard draft').click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Discard draft' }).click();
      await chart(page).waitFor();
      expect(await page.getByText('You have an unsigned note').count()).toBe(0);
    });
  });

  it('says when the draft cannot be saved, and saves it once it can', async () => {
    await journey(async (page) => {
      await openChart(page);
      await fault(page, 'drafts.save', { code: 'DISK_FULL' });
      await page.keyboard.press('s');
      await field(page, /Subjective/).waitFor();
      await page.keyboard.type('Fever');
      await page.getByText('Draft not saved').waitFor();
      await page.getByText(/The disk is full/).waitFor();
      await fault(page, 'drafts.save', null);
      await page.getByText(/Draft saved/).waitFor();
    });
  });

  it('saves the last words before the screen locks, and leaves nothing of them on it', async () => {
    await journey(async (page) => {
      await openChart(page);
      await page.keyboard.press('s');
      await field(page, /Subjective/).waitFor();
      await page.keyboard.type('Chest pain since noon');
      await page.keyboard.press('Control+L');
      await field(page, 'Sign-in name').or(page.getByRole('button', { name: /ada\.obi/ })).first().waitFor();
      const made = await calls(page);
      expect(made.lastIndexOf('drafts.save')).toBeGreaterThan(-1);
      expect(made.lastIndexOf('drafts.save')).toBeLessThan(made.lastIndexOf('session.lock'));
      const text = await page.evaluate(() => globalThis.document.documentElement.outerHTML);
      expect(text).not.toMatch(/okafor|chest pain/iu);
    });
  });
});

describe('the trail', () => {
  it('shows everything about one entry, and from there who else saw the same patient', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('Alt+6');
      await page.getByRole('option').first().click();
      const entry = dialog(page, 'Entry');
      await entry.getByText('192.168.4.21').waitFor();
      await entry.getByText(/36\.15440, -109\.55260 \(site record\)/).waitFor();
      await accessible(page);
      await entry.getByRole('button', { name: 'Who looked at this chart' }).click();
      await page.getByRole('heading', { name: 'Who looked at this chart' }).waitFor();
      await page.getByRole('option').first().waitFor();
      await accessible(page);
      expect(await count(page, 'audit.patient')).toBe(1);
    }, { role: 'auditor' });
  });

  it('filters the whole workstation and asks once per filter, not per key', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('Alt+6');
      await page.getByRole('option').first().waitFor();
      const before = await count(page, 'audit.list');
      await field(page, 'Who').fill('Dr Ruth Mensah');
      expect(await count(page, 'audit.list')).toBe(before);
      await button(page, 'Filter').click();
      await page.waitForFunction((calls) => globalThis.standIn!.calls.filter((each) => each === 'audit.list').length > calls, before);
      await page.getByText('Refused only').click();
      await page.getByText('No entries').or(page.getByRole('option').first()).first().waitFor();
      await field(page, 'From').fill('yesterday');
      await button(page, 'Filter').click();
      await page.getByText('Write a full date: 2026-07-14.').waitFor();
      await accessible(page);
    }, { role: 'administrator' });
  });

  it('says whether the trail holds, and names the first entry that does not', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('Alt+6');
      await button(page, 'Verify the trail').click();
      await page.getByText('The trail holds').waitFor();
      await accessible(page);
      await page.getByText(/32 more entries of Room 2 \(its own trail of reads\), signed there on .*, have not come yet/).waitFor();
      await page.evaluate(() => globalThis.standIn!.change((world) => { world.lagging = true; }));
      await button(page, 'Verify the trail').click();
      await page.getByRole('alert').getByText('What is here holds, and entries of another workstation are missing').waitFor();
      await page.getByText(/32 entries of Room 2 .* are missing, although central was reached more than a day later/).waitFor();
      await accessible(page);
      await page.evaluate(() => globalThis.standIn!.change((world) => { world.held = 'the chain does not continue'; }));
      await button(page, 'Verify the trail').click();
      await page.getByText('The trail does not hold').waitFor();
      await page.getByText(/First bad entry: number 4,711 \(00000000000000aa\.4711\)/).waitFor();
      await accessible(page);
    }, { role: 'auditor' });
  });

  it('says how it is handed over, for no page may name a file', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('Alt+6');
      await page.getByText('outpost audit export --out FILE').waitFor();
      expect(await count(page, 'audit.export')).toBe(0);
    }, { role: 'administrator' });
  });
});

describe('what is not for a role', () => {
  it('is left out of the sections, and explained before anything is asked or typed', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      const sections = await page.getByRole('navigation', { name: 'Sections' }).getByRole('button').allInnerTexts();
      expect(sections.map((text) => text.split('\n')[0])).toEqual(['Today', 'Patients', 'Conflicts', 'Sync', 'Settings']);
      await page.keyboard.press('Alt+6');
      await page.getByText('Administrators and auditors read the trail.').waitFor();
      await page.getByText(/rule trail-read-and-verified/).waitFor();
      await accessible(page);
      await page.keyboard.press('Alt+4');
      await page.getByText('Physicians and administrators import files.').waitFor();
      expect(await button(page, 'Choose files').count()).toBe(0);
      await accessible(page);
      await openChart(page);
      expect(await button(page, /^Medication/).count()).toBe(0);
      await page.keyboard.press('m');
      await dialog(page, 'Medication').getByText('Only physicians prescribe.').waitFor();
      await accessible(page);
      await page.keyboard.press('Escape');
      await closed(dialog(page, 'Medication'));
      expect((await calls(page)).filter((name) => name.startsWith('audit.') || name.startsWith('import.'))).toEqual([]);
    }, { role: 'nurse' });
  });
});

describe('import', () => {
  it('sends files in pieces of a mebibyte and reports each', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('Alt+4');
      await page.getByRole('heading', { name: 'Import', level: 1 }).waitFor();
      await accessible(page);
      const chooser = page.waitForEvent('filechooser');
      await button(page, 'Choose files').click();
      await (await chooser).setFiles([
        { name: 'family.json', mimeType: 'application/json', buffer: Buffer.alloc(2.5 * 1024 * 1024, 32) },
        { name: 'broken.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from('{') },
        { name: 'empty.json', mimeType: 'application/json', buffer: Buffer.alloc(0) },
      ]);
      await page.getByText('Import finished').waitFor();
      expect(await count(page, 'import.chunk')).toBe(5);
      await page.getByText('The file is not JSON.').waitFor();
      await page.getByText('Found: byte 18.').waitFor();
      await accessible(page);
      await button(page, 'Import more').click();
      await button(page, 'Choose files').waitFor();
    }, { role: 'administrator' });
  });

  it('goes on while charts are read, and stops when told', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('Alt+4');
      await page.evaluate(() => { Object.assign(globalThis, { release: globalThis.standIn!.hold('import.chunk') }); });
      const chooser = page.waitForEvent('filechooser');
      await button(page, 'Choose files').click();
      await (await chooser).setFiles([{ name: 'big.json', mimeType: 'application/json', buffer: Buffer.alloc(4 * 1024 * 1024, 32) }]);
      await page.getByRole('progressbar').waitFor();
      await openChart(page);
      await page.keyboard.press('Alt+4');
      await page.getByRole('progressbar').waitFor();
      await accessible(page);
      expect(await count(page, 'import.chunk')).toBe(1);
      await button(page, 'Cancel').click();
      await page.getByText('Import cancelled').waitFor();
      await page.evaluate(() => (globalThis as unknown as { release: () => void }).release());
      await page.getByText('Import cancelled').waitFor();
      expect(await count(page, 'import.chunk')).toBe(1);
    });
  });
});

describe('every screen', () => {
  it('has contrast in the dark too', async () => {
    await journey(
      async (page) => {
        await openChart(page);
        await accessible(page);
        await page.getByRole('region', { name: 'Vitals' }).getByRole('button').first().click();
        await dialog(page, 'Over time').getByRole('img').waitFor();
        await accessible(page);
        await page.keyboard.press('Escape');
        await page.keyboard.press('v');
        await dialog(page, 'Vitals').waitFor();
        await accessible(page);
        await page.keyboard.press('Escape');
        await page.keyboard.press('s');
        await field(page, /Subjective/).waitFor();
        await accessible(page);
        for (const section of ['Alt+3', 'Alt+4', 'Alt+5', 'Alt+6']) {
          await page.keyboard.press(section);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await accessible(page);
        }
      },
      {},
      { colorScheme: 'dark' },
    );
  });

  it('says what failed and tries again', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      for (const [section, name] of [['Alt+3', 'conflicts.list'], ['Alt+5', 'sync.status'], ['Alt+6', 'audit.list']] as const) {
        await fault(page, name, { code: 'INTERNAL' });
        await page.keyboard.press(section);
        // The frame has asked for the sync light before: what it knew stands, and says since when.
        const failure = page.getByText(name === 'sync.status' ? /Shown as of .* Asking again failed/ : 'Outpost met an error of its own.').first();
        await failure.waitFor();
        await accessible(page);
        await fault(page, name, null);
        await button(page, 'Try again').first().click();
        await failure.waitFor({ state: 'detached' });
      }
    }, { role: 'administrator' });
  });
});
