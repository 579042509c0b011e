import { expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import { openMemoryStore } from '../store/store.ts';
import { migrate, MIGRATIONS } from './migrations.ts';

it('MIG-2 a vault that held everything holds it still, keeps the names of its imports, and lets a body go and come back, nothing else', () => {
  const store = openMemoryStore();
  migrate(store, MIGRATIONS.slice(0, 4));
  store.transact((write) => {
    write.run("INSERT INTO segment (id, device, device_name, own, signing_key, length, head) VALUES ('s', 'd', 'Desk', 0, 'k', 1, x'00')");
    write.run("INSERT INTO ledger (segment, sequence, kind, at, header, salt, body, hash) VALUES (1, 0, 'note', 5, '{}', x'01', x'02', x'03')");
    write.run("INSERT INTO imported_identity (digest, reference, record) VALUES (x'09', 'Encounter/1', 'r')");
    return ok(null);
  });
  expect(migrate(store, MIGRATIONS.slice(0, 5))).toEqual(ok({ from: 4, to: 5 }));
  expect(store.read.all('SELECT hole FROM segment')).toEqual([{ hole: null }]);
  expect(store.read.all('SELECT reference, record FROM imported_identity')).toEqual([{ reference: 'Encounter/1', record: 'r' }]);
  const change = (sql: string) => () => store.transact((write) => (write.run(sql), ok(null)));
  for (const set of ["body = x'07'", "salt = x'07'", "salt = x''", "header = '{ }'", "salt = x'07', body = NULL"]) expect(change(`UPDATE ledger SET ${set}`)).toThrow('append-only');
  change("UPDATE ledger SET salt = x'', body = NULL")();
  change("UPDATE ledger SET salt = x'01', body = x'02'")();
  // Erased by law: the salt stays, and nothing comes back.
  change('UPDATE ledger SET body = NULL')();
  expect(change("UPDATE ledger SET body = x'02'")).toThrow('append-only');
  expect(change('DELETE FROM ledger')).toThrow('append-only');
  store.close();
});
