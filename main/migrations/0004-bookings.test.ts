import { expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import { openMemoryStore } from '../store/store.ts';
import { migrate, MIGRATIONS } from './migrations.ts';

it('MIG-2 a vault without bookings gets a place for them, in which the others of one day are found by one look', () => {
  const store = openMemoryStore();
  migrate(store, MIGRATIONS.slice(0, 3));
  expect(migrate(store, MIGRATIONS.slice(0, 4))).toEqual(ok({ from: 3, to: 4 }));
  const others = 'SELECT record FROM booking WHERE actor = ? AND starts_at > ? AND starts_at < ? AND ends_at > ?';
  expect(store.read.all(`EXPLAIN QUERY PLAN ${others}`, 'a', 1, 2, 1).map((row) => String(row['detail'])).join()).toContain('PRIMARY KEY (actor=? AND starts_at>? AND starts_at<?)');
  store.close();
});
