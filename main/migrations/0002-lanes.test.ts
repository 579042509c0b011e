import { expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import { openMemoryStore } from '../store/store.ts';
import { migrate, MIGRATIONS } from './migrations.ts';

it('MIG-2 a vault of version 0.1.0 keeps its segments, which count as clinical, and knows at once what is unsent', () => {
  const store = openMemoryStore();
  migrate(store, MIGRATIONS.slice(0, 1));
  store.transact((write) => {
    const segment = "INSERT INTO segment (id, device, device_name, own, signing_key, length, head, acknowledged) VALUES (?, 'd', 'Desk', ?, 'k', 3, x'00', ?)";
    write.run(segment, 'sent', 1, 3);
    write.run(segment, 'owed', 1, 1);
    write.run(segment, 'theirs', 0, 0);
    write.run("INSERT INTO session (segment, sequence, user, name, role, level, body) VALUES (1, 1, 'u', 'Ada', 'nurse', 2, '{}')");
    return ok(null);
  });
  expect(migrate(store, MIGRATIONS.slice(0, 2))).toEqual(ok({ from: 1, to: 2 }));
  expect(store.read.all('SELECT id, lane, start, salt_seed, closed FROM segment ORDER BY ref')).toEqual(
    ['sent', 'owed', 'theirs'].map((id) => ({ id, lane: 1, start: null, salt_seed: null, closed: null })),
  );
  expect(store.read.all('SELECT name, original FROM session')).toEqual([{ name: 'Ada', original: null }]);
  const unsent = 'SELECT id FROM segment INDEXED BY segment_unsent WHERE own = 1 AND acknowledged < length ORDER BY lane, ref';
  expect(store.read.all(unsent)).toEqual([{ id: 'owed' }]);
  expect(String(store.read.get(`EXPLAIN QUERY PLAN ${unsent}`)?.['detail'])).toContain('segment_unsent');
  expect(() => store.transact((write) => (write.run("UPDATE segment SET lane = 4 WHERE id = 'sent'"), ok(null)))).toThrow('CHECK');
  store.close();
});
