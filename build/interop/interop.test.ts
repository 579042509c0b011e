import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../fixtures/test-ledger.ts';
import { installOracle, openOracle } from './oracle.ts';

const KEY_HEX = '09'.repeat(32);
let test: TestLedger;
let missing: string | null = null;

beforeAll(() => {
  missing = installOracle();
  if (missing !== null) console.log(`NOT RUN: the independent SQLCipher could not be built here (${missing})`);
  test = openTestLedger();
  for (let index = 0; index < 50; index += 1) {
    test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: `Interop${index}`, given: 'Test', sex: 'unknown' }, number: `I-${index}` } }]);
  }
  test.store.checkpoint();
  test.store.close();
});
afterAll(() => test.close());

describe('another SQLCipher', () => {
  it('opens our vault, finds its pages whole and reads what was charted', async (context) => {
    if (missing !== null) return context.skip(`no oracle: ${missing}`);
    const oracle = await openOracle(join(test.path, 'vault.db'), KEY_HEX);
    const [version] = await oracle.all('PRAGMA cipher_version');
    console.log(`vault opened by SQLCipher ${String(version?.['cipher_version'])}`);
    expect(await oracle.all('PRAGMA cipher_integrity_check')).toEqual([]);
    expect(await oracle.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(await oracle.all('SELECT count(*) AS patients FROM patient')).toEqual([{ patients: 50 }]);
    await oracle.close();
  });

  it('refuses it with another key, and names the page where one bit was flipped', async (context) => {
    if (missing !== null) return context.skip(`no oracle: ${missing}`);
    const wrong = await openOracle(join(test.path, 'vault.db'), '08'.repeat(32));
    await expect(wrong.all('SELECT count(*) FROM patient')).rejects.toThrow(/not a database/);
    await wrong.close();
    const bytes = readFileSync(join(test.path, 'vault.db'));
    bytes[3 * 4096 + 50]! ^= 1;
    const flipped = join(test.path, 'flipped.db');
    writeFileSync(flipped, bytes);
    const oracle = await openOracle(flipped, KEY_HEX);
    expect(JSON.stringify(await oracle.all('PRAGMA cipher_integrity_check'))).toContain('page 4');
    await oracle.close();
  });
});
