import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { projectionLines } from '../ledger/ledger.ts';

const closing: (() => Promise<void> | void)[] = [];
/** Whose vault was put back, and is another's to close. */
const gone = new Set<TestWorkstation>();
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function enrolled(hub: TestCentral): Promise<TestWorkstation> {
  const station = openTestWorkstation();
  closing.push(() => (gone.has(station) ? undefined : station.close()));
  expect(await station.enrol(await hub.code())).toMatchObject({ ok: true });
  return station;
}

/** Copies the vault as it is now; what is given back puts it there again and opens it. */
function backup(station: TestWorkstation): () => Promise<TestWorkstation> {
  const file = join(station.test.path, 'vault.db');
  station.test.store.checkpoint();
  copyFileSync(file, `${file}.noon`);
  return async () => {
    await station.syncing.close();
    station.test.store.close();
    rmSync(`${file}-wal`, { force: true });
    copyFileSync(`${file}.noon`, file);
    const again = openTestWorkstation({ keys: station.keys, device: station.keys.deviceId, folder: station.test.path });
    closing.push(() => (gone.has(again) ? undefined : again.close()));
    gone.add(station);
    return again;
  };
}

const families = (station: TestWorkstation) => station.test.ledger.read.all('SELECT family FROM patient ORDER BY family').map((row) => row['family']);
const kinds = (station: TestWorkstation, kind: string) => Number(station.test.ledger.read.get('SELECT count(*) AS count FROM ledger WHERE kind = ?', kind)?.['count']);

describe('a workstation restored from a backup', () => {
  it('SYN-89 has back what it had sent, goes on in new segments, and every entry is at central once', async () => {
    const hub = await startTestCentral();
    closing.push(() => hub.close());
    const [one, other] = [await enrolled(hub), await enrolled(hub)];
    one.register('Morning');
    await one.now();
    const goBack = backup(one);
    one.register('Afternoon');
    await one.now();
    const again = await goBack();
    expect(families(again)).toEqual(['Morning']);
    again.register('Night');
    await again.until((view) => view.allSent && families(again).length === 3);
    expect(families(again)).toEqual(['Afternoon', 'Morning', 'Night']);
    expect(kinds(again, 'ledger.recovered')).toBeGreaterThan(0);
    expect(await again.now()).toMatchObject({ ok: true, value: { allSent: true, parked: 0, refused: [{ code: 'ROLLED_BACK' }] } });
    await other.now();
    await again.now();
    expect(await hub.verify()).toMatchObject({ ok: true, entries: again.entries() });
    await other.now();
    const patients = (station: TestWorkstation) => projectionLines(station.test.ledger.read, ['patient', 'record', 'head', 'search_key', 'conflict', 'measurement']);
    expect(patients(other)).toEqual(patients(again));
  });

  it('SYN-89 so has one that is put back to an older day once more', async () => {
    const hub = await startTestCentral();
    closing.push(() => hub.close());
    const one = await enrolled(hub);
    one.register('Morning');
    await one.now();
    const goBack = backup(one);
    one.register('Afternoon');
    await one.now();
    const copy = await goBack();
    copy.register('Night');
    await copy.until((view) => view.allSent && families(copy).length === 3);
    const again = backup(copy);
    copy.register('Later');
    await copy.now();
    const third = await again();
    third.register('Last');
    await third.until((view) => view.allSent && families(third).length === 5);
    expect(families(third)).toEqual(['Afternoon', 'Last', 'Later', 'Morning', 'Night']);
    expect(await third.now()).toMatchObject({ ok: true, value: { allSent: true } });
    expect(await hub.verify()).toMatchObject({ ok: true, entries: third.entries() });
  });
});
