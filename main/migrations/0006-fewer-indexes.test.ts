import { expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import { openMemoryStore } from '../store/store.ts';
import { migrate, MIGRATIONS } from './migrations.ts';

it('MIG-2 a vault loses an index and no row, and a chart is found by its patient, by time and by kind, as before', () => {
  const store = openMemoryStore();
  migrate(store, MIGRATIONS.slice(0, 5));
  store.transact((write) => {
    write.run("INSERT INTO record (id, type, patient, created, part, at, title, encounter) VALUES ('r', 'Observation', 'p', 1, 0, 5, 'Weight', 'e')");
    return ok(null);
  });
  expect(migrate(store, MIGRATIONS.slice(0, 6))).toEqual(ok({ from: 5, to: 6 }));
  expect(store.read.all('SELECT id, encounter FROM record')).toEqual([{ id: 'r', encounter: 'e' }]);
  expect(store.read.all("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'record' AND sql IS NOT NULL ORDER BY name")).toEqual([{ name: 'record_patient' }, { name: 'record_patient_type' }]);
  const plan = (sql: string): string => store.read.all(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail)).join('; ');
  expect(plan("SELECT id FROM record WHERE patient = 'p' ORDER BY at DESC, ref DESC")).toBe('SEARCH record USING INDEX record_patient (patient=?)');
  expect(plan("SELECT id FROM record WHERE patient = 'p' AND type = 'Observation' ORDER BY at DESC")).toBe('SEARCH record USING INDEX record_patient_type (patient=? AND type=?)');
  store.close();
});
