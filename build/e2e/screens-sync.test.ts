import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { DeviceId } from '../../shared/base/ids.ts';
import type { NeighboursView } from '../../shared/ipc/rows-near.ts';
import type { SyncView } from '../../shared/ipc/rows-system.ts';
import { pageFileName } from '../../shared/sync/snapshot-files.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';
import type { StandInOptions } from '../fixtures/window-stand-in.ts';
import { button, closed, dialog, field, region } from './parts.ts';
import { accessible, count, fault, type Look, standInJourneys, type Walk } from './stand-in.ts';

/** Conflicts and sync in a real browser, with a made-up clinic behind them: every state that they can be in. */
const walked = standInJourneys();
const DEVICES = ['00000000000000aa', '00000000000000bb', '00000000000000cc'] as [DeviceId, DeviceId, DeviceId];
const journey = (walk: Walk, options: Partial<StandInOptions> = {}, look?: Look): Promise<void> => walked({ role: 'physician', patients: 20, ...options }, walk, look);

/** Puts the window on the conflicts with the first of them open. */
async function openConflicts(page: Page): Promise<void> {
  await page.getByRole('contentinfo').waitFor();
  await page.keyboard.press('Alt+3');
  await page.getByRole('option').first().waitFor();
  await page.getByRole('heading', { level: 2 }).first().waitFor();
}
const sync = (page: Page, change: Partial<SyncView>): Promise<void> => page.evaluate((part) => globalThis.standIn!.change((world) => void (world.sync = { ...world.sync, ...part })), change);

describe('conflicts', () => {
  it('are decided by a number, a reason and Enter, without the mouse, one after the other', async () => {
    await journey(async (page) => {
      await openConflicts(page);
      expect(await page.getByRole('radio').count()).toBe(4);
      await page.getByText('do not use it without looking at all').waitFor();
      await page.getByText('Saw before: 1 tablet, oral, twice daily (Dr Ruth Mensah)').first().waitFor();
      await page.getByText(/by central’s clock/).waitFor();
      await accessible(page);
      await page.keyboard.press('Control+Enter');
      await page.getByText('Choose what is right: press its number.').waitFor();
      await page.keyboard.press('2');
      expect(await page.getByRole('radio', { name: /1 tablet, oral, once daily/ }).isChecked()).toBe(true);
      await page.keyboard.press('Enter');
      await page.getByText('A few words, or a number from 1 to 3.').waitFor();
      expect(await count(page, 'conflicts.resolve')).toBe(0);
      await page.keyboard.type('asked her today');
      await page.keyboard.press('Enter');
      await page.getByText('Decided: 1 tablet, oral, once daily.').waitFor();
      expect(await count(page, 'conflicts.resolve')).toBe(1);
      await page.getByRole('heading', { name: /^Problem/ }).waitFor();
      await accessible(page);
      expect(await page.getByRole('radio').count()).toBe(4);
      await page.keyboard.press('3');
      await page.keyboard.type('saw him');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /No known allergies/ }).waitFor();
      await accessible(page);
      await page.keyboard.press('1');
      await page.keyboard.type('she had a rash');
      await page.keyboard.press('Enter');
      await page.getByText('Nothing to decide').waitFor();
      expect(await count(page, 'conflicts.settle')).toBe(1);
      await accessible(page);
    });
  });

  it('are decided otherwise by a new decision, with another value if need be', async () => {
    await journey(async (page) => {
      await openConflicts(page);
      await page.keyboard.press('1');
      await page.keyboard.type('checked the box');
      await page.keyboard.press('Enter');
      await button(page, /Decide otherwise/).waitFor();
      await page.keyboard.press('u');
      await page.getByText(/Decided so far: 2 tablets/).waitFor();
      await accessible(page);
      await page.keyboard.press('o');
      const value = field(page, 'The right value');
      await value.waitFor();
      expect(await value.inputValue()).toBe('2 tablets, oral, twice daily');
      await value.fill('half a tablet, oral, daily');
      await page.keyboard.press('Enter');
      await page.keyboard.type('wrong box');
      await page.keyboard.press('Enter');
      await page.getByText('Decided: half a tablet, oral, daily.').waitFor();
      expect(await count(page, 'conflicts.resolve')).toBe(2);
    });
  });

  it('are passed on to a colleague, and say so', async () => {
    await journey(async (page) => {
      await openConflicts(page);
      await page.keyboard.press('a');
      const ask = dialog(page, 'Ask a colleague');
      await ask.waitFor();
      await page.keyboard.press('Control+Enter');
      await ask.getByText('Choose whom to ask.').waitFor();
      await accessible(page);
      await ask.getByText('Dr Ruth Mensah').click();
      await field(page, /Question/).fill('Did you see her after the dizzy spell?');
      await page.keyboard.press('Control+Enter');
      await closed(ask);
      await page.getByText(/asked Dr Ruth Mensah just now/).waitFor();
      await page.getByRole('option').first().getByText('asked Dr Ruth Mensah').waitFor();
      expect(await count(page, 'conflicts.ask')).toBe(1);
      await accessible(page);
    });
  });

  it('that only want a look stand apart, unite in one key, and need no reason', async () => {
    await journey(async (page) => {
      await openConflicts(page);
      await page.getByRole('tab', { name: /To review/ }).click();
      await page.getByRole('heading', { name: 'Perhaps the same person twice' }).waitFor();
      expect(await page.getByRole('list', { name: 'What was written' }).getByRole('listitem').count()).toBe(2);
      await accessible(page);
      await page.keyboard.press('2');
      await page.keyboard.type('two sisters');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /Phone and mail/ }).waitFor();
      await page.keyboard.press('b');
      await page.keyboard.press('Enter');
      await page.getByText('Nothing to review').waitFor();
      expect(await count(page, 'conflicts.settle')).toBe(1);
      expect(await count(page, 'conflicts.resolve')).toBe(1);
    });
  });

  it('about prescriptions are shown to a nurse, who asks and is not offered to decide', async () => {
    await journey(async (page) => {
      await openConflicts(page);
      await page.getByText('Only physicians decide about prescriptions. Ask one.').waitFor();
      expect(await page.getByRole('radio').count()).toBe(0);
      expect(await button(page, /^Decide/).count()).toBe(0);
      await accessible(page);
      await page.keyboard.press('2');
      await page.keyboard.press('Control+Enter');
      await page.keyboard.press('a');
      await dialog(page, 'Ask a colleague').waitFor();
      await page.keyboard.press('Escape');
      expect(await count(page, 'conflicts.resolve')).toBe(0);
    }, { role: 'nurse' });
  });

  it('are decided in three keys, however long the names, whichever way they are written, however many the values, whatever is contested about the patient', async () => {
    await journey(async (page) => {
      await page.evaluate(() => globalThis.standIn!.change((world) => {
        const [first] = world.charts.values();
        const [dose] = world.conflicts;
        if (first === undefined || dose === undefined) return;
        Object.assign(first.line, { family: 'القحطاني بن عبد الرحمن', given: 'محمد عبد اللطيف', prefix: 'Dr' });
        const text = (value: string) => ({ text: value, json: JSON.stringify(value), used: false });
        first.contested = [
          { field: 'birthDate', severity: 'safety', basis: 'unsettled', values: [{ ...text('1985-07-14'), used: true }, text('1958-07-14'), text('1985-04-17')] },
          { field: 'name', severity: 'safety', basis: 'newest', values: [{ text: '', json: JSON.stringify([{ family: first.line.family }]), used: true }, { text: '', json: JSON.stringify([{ family: 'Featherstonehaugh-Cholmondeley-Marjoribanks', given: ['Wilhelmina Alexandrina'] }]), used: false }] },
        ];
        const [value] = dose.values;
        const [by] = value?.by ?? [];
        if (value === undefined || by === undefined) return;
        const said = ['2 tablets, oral, twice daily', '1 tablet, oral, once daily', 'half a tablet in the morning and one and a half in the evening with plenty of water, not together with milk, until the next visit', 'قرص واحد مرتين يوميا بعد الأكل', '1 tablet, oral, three times daily'];
        const people = [['Ada Obi', 'nurse'], ['Wilhelmina Alexandrina Featherstonehaugh-Cholmondeley', 'physician'], ['Dr Ruth Mensah', 'physician'], ['د. فاطمة الزهراء', 'physician'], ['Joe Tsosie', 'nurse']] as const;
        dose.patientName = `${first.line.family}, ${first.line.given}`;
        dose.values = said.map((words, index) => ({
          ...value, text: words, json: JSON.stringify([{ text: words }]), used: index === 0, reason: index === 3 ? 'المريض يشعر بالدوار' : index === 2 ? 'she cannot swallow a whole tablet since the operation and brings half of it back up' : null,
          by: [{ ...by, entry: `${by.entry.slice(0, -1)}${index}` as typeof by.entry, userName: people[index]?.[0] ?? '', role: people[index]?.[1] ?? '' }],
        }));
      }));
      await openConflicts(page);
      expect(await page.getByRole('radio').count()).toBe(7);
      const banner = region(page, 'Patient');
      await banner.getByText(/or 14-Jul-1958 or 17-Apr-1985/).waitFor();
      await accessible(page);
      // Nothing hangs over the edge, and what one came for is in view without scrolling.
      expect(await page.evaluate(() => [...document.querySelectorAll('main *, [role="option"] *')].filter((part) => part.getBoundingClientRect().right > globalThis.innerWidth + 1).length)).toBe(0);
      const inView = (locator: Locator): Promise<boolean> => locator.evaluate((part) => {
        const { top, bottom } = part.getBoundingClientRect();
        return top >= 0 && bottom <= globalThis.innerHeight - 28;
      });
      for (let key = 0; key < 5; key += 1) expect(await inView(page.locator('.conflict-choice').nth(key)), `value ${key + 1} is in view`).toBe(true);
      await page.keyboard.press('4');
      expect(await inView(field(page, /Reason/)), 'the reason is in view').toBe(true);
      expect(await inView(banner), 'whose chart it is, too').toBe(true);
      await page.keyboard.press('1');
      await page.getByText('It is kept as “asked the patient”.').waitFor();
      await accessible(page);
      await page.keyboard.press('Enter');
      await page.getByText(/^Decided: قرص واحد/).waitFor();
      expect(await count(page, 'conflicts.resolve')).toBe(1);
    });
  });

  it('say what failed, what is settled meanwhile, and what came while one looked', async () => {
    await journey(async (page) => {
      await openConflicts(page);
      await fault(page, 'conflicts.resolve', { code: 'CHANGED_MEANWHILE' });
      await page.keyboard.press('1');
      await page.keyboard.type('asked her');
      await page.keyboard.press('Enter');
      await page.getByText(/Somebody changed this while you looked at it/).waitFor();
      expect(await field(page, /Reason/).inputValue()).toBe('asked her');
      await accessible(page);
      await fault(page, 'conflicts.view', { code: 'NOT_FOUND' });
      await page.getByRole('option').nth(1).click();
      await page.getByText('Settled meanwhile').waitFor();
      await accessible(page);
      await fault(page, 'conflicts.list', { code: 'DENIED', detail: { rule: 'charts-are-for-clinicians' } });
      await page.getByRole('tab', { name: /To review/ }).click();
      await page.getByText(/charts-are-for-clinicians/).waitFor();
      await accessible(page);
    });
  });
});

describe('the chart', () => {
  const openFirst = async (page: Page): Promise<void> => {
    await page.getByRole('contentinfo').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.insertText('okafor chidinma');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Timeline' }).waitFor();
  };

  it('marks what is not settled in words, shows both doses, and leads to the conflict by a key', async () => {
    await journey(async (page) => {
      await page.evaluate(() => globalThis.standIn!.change((world) => {
        const [first] = world.charts.values();
        if (first === undefined) return;
        const values = [{ text: 'active', json: '"active"', used: true }, { text: 'resolved', json: '"resolved"', used: false }];
        first.allergies = { state: 'conflict', askedAt: null, items: [{ record: first.line.patient, text: 'Penicillin', criticality: 'high', reaction: null, status: 'active', conflict: true, contested: [{ field: 'clinicalStatus', severity: 'safety', basis: 'careful', values }] }] };
      }));
      await openFirst(page);
      const medicines = page.getByRole('region', { name: 'Medications' });
      await medicines.getByText('2 tablets, oral, twice daily or 1 tablet, oral, once daily').waitFor();
      await medicines.getByText('2 values: look before use').waitFor();
      await page.getByRole('region', { name: 'Allergies' }).getByText('2 values: careful one used').waitFor();
      await page.getByRole('region', { name: 'Patient' }).getByText('Conflict: see both').waitFor();
      await accessible(page);
      await medicines.getByRole('button').first().click();
      await page.getByRole('region', { name: 'Record' }).getByText('2 values: look before use').waitFor();
      await accessible(page);
      await page.keyboard.press('c');
      await page.getByRole('heading', { name: 'Conflicts', level: 1 }).waitFor();
      expect(await page.getByRole('option').count()).toBe(1);
    });
  });

  it('shows a nurse a prescription without offering to amend it, and says who may', async () => {
    await journey(async (page) => {
      await openFirst(page);
      await page.getByRole('region', { name: 'Medications' }).getByRole('button').first().click();
      const record = page.getByRole('region', { name: 'Record' });
      await record.getByText('Only physicians change prescriptions.').waitFor();
      expect(await record.getByRole('button', { name: /Amend/ }).count()).toBe(0);
      await page.keyboard.press('F2');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.getByRole('region', { name: 'Problems' }).getByRole('button').first().click();
      await record.getByRole('button', { name: /Amend/ }).waitFor();
    }, { role: 'nurse' });
  });
});

describe('sync', () => {
  it('says "All sent" only when the engine does', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await page.getByRole('heading', { name: '14 entries not sent yet' }).waitFor();
      await accessible(page);
      await page.keyboard.press('Control+Enter');
      await page.getByText(/The central server cannot be reached/).first().waitFor();
      expect(await page.getByRole('heading', { name: 'All sent' }).count()).toBe(0);
      await sync(page, { line: 'online', lineFault: null, unsent: 0, oldestUnsentAt: null });
      await page.getByRole('heading', { name: 'Sent, not yet acknowledged' }).waitFor();
      await sync(page, { unsent: 3 });
      await button(page, /Send now/).click();
      await page.getByRole('heading', { name: 'All sent' }).waitFor();
      await page.getByText(/3 entries, up to number 48,213 of the central log/).waitFor();
    });
  });

  it('tells what waits in which lane, how it goes on, and stops when told', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      const waiting = page.getByRole('region', { name: 'Not sent yet' });
      expect(await waiting.getByRole('row').allInnerTexts()).toEqual([
        expect.stringContaining('Oldest'), expect.stringMatching(/Urgent.*1.*10 min/su), expect.stringMatching(/Charted.*4.*1 h/su), expect.stringMatching(/Trail.*9.*3 h/su), expect.stringMatching(/Bulk.*0.*–/su),
      ]);
      await sync(page, { line: 'online', running: true, progress: { done: 4000, total: 9000, lanes: [{ lane: 'urgent', done: 1, total: 1 }, { lane: 'clinical', done: 3999, total: 8999 }] } });
      await page.getByText('4,000 entries of 9,000 entries').waitFor();
      await page.getByText('3,999 of 8,999').waitFor();
      await accessible(page);
      await button(page, 'Stop for now').click();
      await page.getByText('Next attempt').waitFor();
      expect(await count(page, 'sync.stop')).toBe(1);
    });
  });

  it('says what was refused, why, whose words they are and what to do; what is parked; what the clock says', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      const attention = page.getByRole('region', { name: 'Needs somebody' });
      await attention.getByText(/3 conflicts wait for a decision, the oldest for 5 h/).waitFor();
      await attention.getByText('2 small differences to look at').waitFor();
      const oldestAt = await page.evaluate(() => new Promise<number>((done) => globalThis.standIn!.change((world) => done(world.now() - 600_000))));
      await sync(page, {
        parkedBy: { newer: 2, unreadable: 1, waiting: 4 }, forks: 1, clockOffsetMs: 300_000, clockBoundMs: 200,
        refused: [{ at: oldestAt, what: '00000000000000aa', code: 'FORK', entries: 6, oldestAt, by: [{ name: 'Ada Obi', role: 'nurse' }], leaving: 0 }, { at: oldestAt, what: '00000000000000bb', code: 'BAD_HASH', entries: 1, oldestAt, by: [], leaving: 2 }],
        leaving: { unsent: 3, open: 1 },
      });
      await attention.getByText(/^Not taken by central: 6 entries charted by Ada Obi \(nurse\), the oldest \d+ min ago\.$/).waitFor();
      await attention.getByText(/a copy of this workstation may be running/).first().waitFor();
      expect(await attention.getByRole('button', { name: 'Send again' }).count()).toBe(1);
      for (const text of ['A second history of the same entries was found', 'The clock of this computer is 5 min behind.', '1 entry cannot be read here.', '2 entries are from a newer version.', '4 entries wait for others that they refer to.', '3 patients are to leave this workstation and cannot yet.', '1 patient is to leave this workstation while somebody writes about them.', /2 patients who are to leave this workstation stay until then/]) await attention.getByText(text).waitFor();
      await accessible(page);
    });
  });

  it('says that this workstation holds some patients only, there and wherever somebody is not found', async () => {
    await journey(async (page) => {
      await page.evaluate(() => globalThis.standIn!.change((world) => {
        world.orders = { ...world.orders, partial: true };
        world.sync = { ...world.sync, orders: world.orders };
      }));
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await region(page, 'Details').getByText('of some patients only, as the organisation decided').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.insertText('zzyzx quentin');
      await page.getByText('This workstation holds some patients only.').waitFor();
      await accessible(page);
    });
  });

  it('says that a busy server is busy, and no more', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await sync(page, { line: 'busy', lineFault: 'SERVER_BUSY' });
      await page.getByRole('contentinfo').getByText(/Central is busy · 14 unsent/).waitFor();
      await fault(page, 'sync.now', { code: 'SERVER_BUSY' });
      await page.keyboard.press('Control+Enter');
      await page.locator('.notice-attention').getByText('The central server is busy. Nothing is lost and nothing is wrong here.').waitFor();
      expect(await region(page, 'Needs somebody').getByText(/busy|refused/i).count()).toBe(0);
    });
  });

  it('offers an auditor the truth and nothing to press', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await region(page, 'Details').waitFor();
      expect(await button(page, /Send now|Set up|stick/).count()).toBe(0);
      await page.keyboard.press('Control+Enter');
      expect(await count(page, 'sync.now')).toBe(0);
    }, { role: 'auditor' });
  });

  it('rests under a hold, and says that nothing is lost', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await sync(page, { held: 'rolled-back', line: 'untried', nextAttemptAt: null });
      await page.getByRole('heading', { name: 'Nothing is sent' }).waitFor();
      expect(await button(page, /Send now/).count()).toBe(0);
      await page.getByRole('contentinfo').getByText(/Nothing is sent: writing is on hold/).waitFor();
      await accessible(page);
    });
  });

  it('joins a central server by its code', async () => {
    await journey(async (page) => {
      await sync(page, { enrolled: false, line: 'not-enrolled', organization: null, address: null });
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await field(page, 'One-time code').fill('wrong-code');
      await page.keyboard.press('Enter');
      await page.getByText(/The one-time code was not accepted/).waitFor();
      await accessible(page);
      await field(page, 'One-time code').fill('right-code');
      await page.keyboard.press('Enter');
      await page.getByText('Four Corners Health').waitFor();
      expect(await field(page, 'One-time code').count()).toBe(0);
    }, { role: 'administrator' });
  });
});

describe('the clinic’s network', () => {
  const change = (page: Page, part: Partial<NeighboursView>): Promise<void> => page.evaluate((given) => globalThis.standIn!.change((world) => void (world.neighbours = { ...world.neighbours, ...given })), part);
  const near = (page: Page) => region(page, 'In the clinic’s network');

  it('is not a nurse’s business while there is none, and says who is near and what came by them where there is', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await region(page, 'Details').waitFor();
      expect(await near(page).count()).toBe(0);
      const at = Date.UTC(2026, 10, 22, 14, 5);
      await change(page, {
        answering: { address: '192.168.4.21:7410', connections: 1, callers: [{ device: DEVICES[0], name: 'Room 2' }] },
        neighbours: [
          { device: DEVICES[0], name: 'Room 2', address: '192.168.4.22:7410', state: 'connected', fault: null, safe: 1204, seenAt: at, received: 318, receivedAt: at },
          { device: DEVICES[1], name: 'صيدلية الوادي', address: 'pharmacy.local:7410', state: 'away', fault: 'OFFLINE', safe: 0, seenAt: at, received: 0, receivedAt: null },
          { device: DEVICES[2], name: null, address: '192.168.4.24:7410', state: 'refused', fault: 'SERVER_UNTRUSTED', safe: 0, seenAt: null, received: 0, receivedAt: null },
        ],
      });
      await near(page).getByText('Connected now: Room 2.').waitFor();
      const rows = await near(page).getByRole('row').allInnerTexts();
      expect(rows.slice(1)).toEqual([expect.stringMatching(/Room 2.*connected.*318.*1,204/su), expect.stringMatching(/cannot be reached, last there/su), expect.stringMatching(/refused \(SERVER_UNTRUSTED\)/su)]);
      await near(page).getByText(/It counts as sent only when central has said so/).waitFor();
      expect(await near(page).getByRole('button').count()).toBe(0);
      await accessible(page);
    }, { role: 'nurse' });
  });

  it('is set up by an administrator, who is told which line cannot be read and which address cannot be had', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await button(page, 'Set up…').click();
      const setUp = dialog(page, /Neighbours/);
      await setUp.getByText('Answer other workstations of this clinic').click();
      await field(page, /At this address/).fill('192.168.4.21');
      await field(page, /Workstations that this one asks/).fill(`${DEVICES[0]}@192.168.4.22:7410\npharmacy`);
      await page.keyboard.press('Control+Enter');
      await setUp.getByText('Write an address and a port, such as 192.168.4.21:7410.').waitFor();
      await setUp.getByText('This cannot be read: pharmacy').waitFor();
      expect(await count(page, 'neighbours.answer')).toBe(0);
      await accessible(page);
      await field(page, /At this address/).fill('192.168.4.21:7410');
      await setUp.getByText(/^[0-9a-f]{16}@192\.168\.4\.21:7410$/).waitFor();
      await field(page, /Workstations that this one asks/).fill(`${DEVICES[0]}@192.168.4.22:7410`);
      await fault(page, 'neighbours.answer', { code: 'ADDRESS_TAKEN', detail: { system: 'EADDRINUSE' } });
      await page.keyboard.press('Control+Enter');
      await setUp.getByText(/This workstation cannot answer at that address/).waitFor();
      expect(await count(page, 'neighbours.set')).toBe(0);
      await fault(page, 'neighbours.answer', null);
      await page.keyboard.press('Control+Enter');
      await closed(setUp);
      await near(page).getByText('This workstation answers the others at 192.168.4.21:7410.').waitFor();
      await near(page).getByRole('row', { name: /192\.168\.4\.22:7410/ }).waitFor();
      await button(page, 'Change…').click();
      await dialog(page, /Neighbours/).getByText('Answer other workstations of this clinic').click();
      await field(page, /Workstations that this one asks/).fill('');
      await page.keyboard.press('Control+Enter');
      await button(page, 'Set up…').waitFor();
    }, { role: 'administrator' });
  });
});

describe('a USB stick', () => {
  const stick = temporaryFolder();
  const write = (third: string): void => {
    writeFileSync(join(stick.path, 'snapshot.json'), '{}');
    for (const [index, text] of ['one', 'two', third].entries()) writeFileSync(join(stick.path, pageFileName(index + 1)), text);
  };
  const choose = async (page: Page, name: string | RegExp): Promise<void> => {
    const chooser = page.waitForEvent('filechooser');
    await button(page, name).click();
    await (await chooser).setFiles(stick.path);
  };
  afterAll(() => stick.remove());

  it('fills a workstation while one works, can be stopped, and says in the status bar how far it is', async () => {
    await journey(async (page) => {
      write('three');
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await button(page, 'Start from a USB stick or a file…').click();
      await page.getByText(/central snapshot [0-9a-f]{16}/).waitFor();
      await choose(page, 'Choose the folder');
      await page.getByText('Everything on the stick is here: 4,200 new entries.').waitFor();

      const hold = (): Promise<void> => page.evaluate(() => {
        const { standIn } = globalThis;
        let letGo = standIn!.hold('snapshot.chunk');
        Object.assign(globalThis, { step: () => { letGo(); letGo = standIn!.hold('snapshot.chunk'); }, letGo: () => letGo() });
      });
      const step = (): Promise<void> => page.evaluate(() => (globalThis as unknown as { step: () => void }).step());
      await hold();
      await choose(page, 'Choose again');
      await page.getByText('Reading what the stick holds').waitFor();
      await step();
      await page.getByText('0 of 3', { exact: true }).waitFor();
      await step();
      await page.getByText('1 of 3', { exact: true }).waitFor();
      expect(await button(page, /Send now/).count()).toBe(0);
      const bar = page.getByRole('contentinfo');
      await bar.getByText(/filling: 1,400 of 4,200 entries here/).waitFor();
      await page.getByText('Records are still coming to this workstation.').waitFor();
      await accessible(page);
      await page.keyboard.press('Alt+7');
      await page.getByRole('heading', { name: 'Settings' }).waitFor();
      await page.keyboard.press('F8');
      await page.getByText('1 of 3', { exact: true }).waitFor();
      await button(page, 'Cancel').click();
      await page.getByText('Stopping after this file…').waitFor();
      await page.evaluate(() => (globalThis as unknown as { letGo: () => void }).letGo());
      await page.getByText(/^Stopped\. The 2,800 entries that were taken stay/).waitFor();
      expect(await count(page, 'snapshot.end')).toBe(2);
      await accessible(page);
    }, { role: 'administrator' });
  });

  it('that is damaged, incomplete or another one is named, and nothing is left waiting', async () => {
    await journey(async (page) => {
      write('broken');
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await button(page, 'Start from a USB stick or a file…').click();
      await choose(page, 'Choose the folder');
      await page.getByText(/A file was damaged on the way: copy the folder anew\./).waitFor();
      await accessible(page);
      rmSync(join(stick.path, pageFileName(2)));
      await choose(page, 'Choose again');
      await page.getByText(`The file ${pageFileName(2)} is not in what you chose.`).waitFor();
      expect(await count(page, 'snapshot.end')).toBe(2);
    }, { role: 'administrator' });
  });

  it('is not offered to whoever may not join the workstation', async () => {
    await journey(async (page) => {
      await page.getByRole('contentinfo').waitFor();
      await page.keyboard.press('F8');
      await region(page, 'Details').waitFor();
      expect(await button(page, /USB stick/).count()).toBe(0);
      await sync(page, { enrolled: false, line: 'not-enrolled' });
      await page.getByText('An administrator of this clinic can join it to a central server.').waitFor();
      expect(await field(page, 'One-time code').count()).toBe(0);
    }, { role: 'nurse' });
  });
});

describe('in the dark', () => {
  it('both have contrast', async () => {
    await journey(
      async (page) => {
        await openConflicts(page);
        await page.keyboard.press('2');
        await accessible(page);
        await page.keyboard.press('F8');
        await page.getByRole('heading', { name: 'Needs somebody' }).waitFor();
        await accessible(page);
      },
      {},
      { colorScheme: 'dark' },
    );
  });
});
