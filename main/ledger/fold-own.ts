import type { z } from 'zod';
import { SettingsBody, StaffBody } from '../../shared/ledger/bodies.ts';
import { Header } from '../../shared/ledger/entry.ts';
import { compareHybrid, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import { parseBody } from './expansion.ts';

/**
 * Staff and settings are each workstation's own; the latest word counts. After a restore older words may come back
 * behind newer ones, so each fold looks at all of them; there are few.
 */
type Word<Body> = { readonly clock: HybridTime; readonly body: Body };

function latestOwn<Schema extends z.ZodType>(read: ReadHandle, kind: 'staff.changed' | 'settings.changed', schema: Schema, about: (body: z.output<Schema>) => boolean): z.output<Schema> | undefined {
  let latest: Word<z.output<Schema>> | undefined;
  const rows = read.iterate(
    `SELECT ledger.header, ledger.body FROM ledger INDEXED BY ledger_own_state JOIN segment ON segment.ref = ledger.segment
     WHERE ledger.kind IN ('staff.changed', 'settings.changed') AND ledger.kind = ? AND segment.own = 1`,
    kind,
  );
  for (const row of rows) {
    const parsed = schema.safeParse(row['body'] instanceof Uint8Array ? parseBody(row['body']) : undefined);
    const { clock } = Header.parse(JSON.parse(String(row['header'])));
    if (parsed.success && about(parsed.data) && (latest === undefined || compareHybrid(clock, latest.clock) > 0)) latest = { clock, body: parsed.data };
  }
  return latest?.body;
}

export function foldStaff(write: WriteHandle, user: string): void {
  const body = latestOwn(write, 'staff.changed', StaffBody, (staff) => staff.user === user);
  if (body === undefined) return;
  write.run(
    'INSERT INTO staff (user, login, name, role, active) VALUES (?, ?, ?, ?, ?) ON CONFLICT (user) DO UPDATE SET login = excluded.login, name = excluded.name, role = excluded.role, active = excluded.active',
    body.user, body.login, body.name, body.role, body.active ? 1 : 0,
  );
}

export function foldSettings(write: WriteHandle): void {
  const body = latestOwn(write, 'settings.changed', SettingsBody, () => true);
  if (body !== undefined) write.run("INSERT INTO setting (key, value) VALUES ('site', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", JSON.stringify(body));
}
