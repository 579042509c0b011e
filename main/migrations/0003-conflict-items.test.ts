import { expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import { openMemoryStore } from '../store/store.ts';
import { migrate, MIGRATIONS } from './migrations.ts';

it('MIG-2 a vault of version 0.1.0 keeps its conflicts, of unknown age until they are folded anew, and lists what must be decided first', () => {
  const store = openMemoryStore();
  migrate(store, MIGRATIONS.slice(0, 2));
  store.transact((write) => {
    write.run("INSERT INTO conflict (record, element, patient, severity) VALUES ('a', 'telecom', 'p', 'review'), ('b', 'status', 'p', 'safety')");
    return ok(null);
  });
  expect(migrate(store, MIGRATIONS.slice(0, 3))).toEqual(ok({ from: 2, to: 3 }));
  const inOrder = 'SELECT record, severity, since, basis FROM conflict ORDER BY severity DESC, since, record, element';
  expect(store.read.all(inOrder)).toEqual([
    { record: 'b', severity: 'safety', since: 0, basis: 'newest' },
    { record: 'a', severity: 'review', since: 0, basis: 'newest' },
  ]);
  expect(store.read.all(`EXPLAIN QUERY PLAN ${inOrder}`).map((row) => String(row['detail'])).join()).not.toContain('TEMP B-TREE');
  store.close();
});
