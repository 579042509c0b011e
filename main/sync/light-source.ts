import { ok } from '../../shared/base/result.ts';
import { outboxSize, type Ledger } from '../ledger/ledger.ts';
import type { LightSource } from './sync-light.ts';
import { readState, writeState } from './sync-state.ts';

/** What the sync light shows of a vault. */
export function createLightSource(ledger: Ledger): LightSource {
  const { read } = ledger;
  const count = (sql: string): number => Number(read.get(sql)?.['count'] ?? 0);
  return {
    unsent: () => outboxSize(read),
    missing: () => readState(read, 'sync.missing')?.entries ?? 0,
    parked: () => count('SELECT count(*) AS count FROM parked'),
    conflicts: () => count("SELECT count(*) AS count FROM conflict WHERE severity = 'safety'"),
    seeded: () => readState(read, 'sync.seeding')?.passed ?? null,
    contact: () => readState(read, 'sync.contact'),
    keepContact(contact) {
      ledger.keep<null, never>((write) => {
        writeState(write, 'sync.contact', contact);
        return ok(null);
      });
    },
  };
}
