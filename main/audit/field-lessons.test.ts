import { expect, it } from 'vitest';
import { openTestLedger } from '../../build/fixtures/test-ledger.ts';
import { verifyLedger, type Problem } from './verify.ts';

function problemsOf(steps: ReturnType<typeof verifyLedger>): readonly Problem[] {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value.problems;
  }
}

it('SYN-200 D11 an act and its place in the trail are one commit, and every change to the trail is found', () => {
  const test = openTestLedger();
  const { store } = test;
  const refuseInsertsInto = (table: string, work: () => void): void => {
    store.transact((write) => (write.run(`CREATE TRIGGER refuse BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END`), { ok: true, value: null }));
    expect(work).toThrow('no');
    store.transact((write) => (write.run('DROP TRIGGER refuse'), { ok: true, value: null }));
  };
  const register = (): void => void test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Okafor', given: 'Test', sex: 'female' }, number: 'K7-0042-3' } }]);
  const counts = () => ['ledger', 'outbox', 'record', 'patient'].map((table) => store.read.get(`SELECT count(*) AS n FROM ${table}`)?.['n']);
  const before = counts();
  for (const table of ['ledger', 'outbox', 'record', 'patient']) refuseInsertsInto(table, register);
  expect(counts()).toEqual(before);
  register();
  // One byte of any column of any entry.
  store.transact((write) => {
    for (const { name } of store.read.all("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'ledger'")) write.run(`DROP TRIGGER ${String(name)}`);
    return { ok: true, value: null };
  });
  const problems = () => problemsOf(verifyLedger(store.read, null));
  expect(problems()).toEqual([]);
  for (const row of store.read.all('SELECT position, header, salt, body, hash FROM ledger')) {
    for (const column of ['header', 'salt', 'body', 'hash']) {
      const value = row[column];
      if (value === null) continue;
      const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array);
      bytes[bytes.length >> 1]! ^= 1;
      const set = (changed: unknown) => store.transact((write) => (write.run(`UPDATE ledger SET ${column} = ? WHERE position = ?`, changed as string, row['position']!), { ok: true, value: null }));
      set(typeof value === 'string' ? bytes.toString() : bytes);
      expect(problems()[0]?.position, `${column} of entry ${row['position']}`).toBe(row['position']);
      set(value);
    }
  }
  expect(problems()).toEqual([]);
  test.close();
});
