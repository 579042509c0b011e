import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHubLog } from '../../central/store/hub-log.ts';
import { numberOf, textOf, bytesOf } from '../../central/store/row.ts';
import type { Sql } from '../../central/store/sql.ts';
import { openSqlite } from '../../central/store/sqlite.ts';
import { verifyLog, type HubVerdict } from '../../central/store/verify.ts';
import { equalBytes, toHex } from '../../shared/base/bytes.ts';
import { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubStore } from '../../shared/sync/hub-store.ts';
import { deviceKeysOf } from './seeded-keys.ts';
import { createStrikes, type Strikes } from './strikes.ts';

/** Central's shipped store on an encrypted file, with power cuts at what it takes in, and what a world wants to see of it. */
export type RealHub = {
  store(): HubStore;
  readonly strikes: Strikes;
  /** Whom it knows already stays as it is. */
  enrol(device: DeviceId): Promise<void>;
  revoke(device: DeviceId): Promise<void>;
  holds(segment: SegmentId, length: number, head: Uint8Array): Promise<boolean>;
  segments(): Promise<readonly HubSegment[]>;
  events(): Promise<readonly { readonly device: string | null; readonly code: string }[]>;
  verify(): Promise<HubVerdict>;
  /** A copy of its files; what is given back puts it there again. */
  image(): () => Promise<void>;
  close(): Promise<void>;
};
export type HubSegment = { readonly id: SegmentId; readonly device: DeviceId; readonly length: number; /** Hexadecimal. */ readonly head: string; readonly quarantined: boolean };

const KEY = new Uint8Array(32).fill(5);
const FILES = ['central.db', 'central.db-wal'] as const;

export async function createRealHub(folder: string, now: () => number, random: Random): Promise<RealHub> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILES[0]);
  const strikes = createStrikes();
  let sql: Sql;
  let inner: HubStore;
  const open = (): void => {
    const opened = openSqlite(path, KEY);
    if (!opened.ok) throw new Error(`central's store does not open: ${opened.fault.code}`);
    sql = opened.value;
    inner = createHubLog(sql, { now }, random);
  };
  open();

  const ingest: HubStore['ingest'] = async (batch, decide, receivedAt) => {
    const strike = strikes.next();
    if (strike === 'before') return strikes.cut();
    const outcome = await inner.ingest(batch, decide, receivedAt);
    if (strike === 'after') return strikes.cut();
    strikes.passed();
    return outcome;
  };

  return {
    store: () => ({ ...inner, ingest }),
    strikes,
    async enrol(device) {
      const { signingKey, sealingKey } = deviceKeysOf(device);
      await sql.write('log', (tx) => tx.run("INSERT INTO device (id, name, signing_key, sealing_key, state, enrolled_at) VALUES (?, ?, ?, ?, 'active', 0) ON CONFLICT (id) DO NOTHING", device, device, signingKey, sealingKey));
    },
    async revoke(device) {
      await sql.write('log', (tx) => tx.run("UPDATE device SET state = 'revoked' WHERE id = ?", device));
    },
    async holds(segment, length, head) {
      const row = await sql.get('SELECT hash FROM op JOIN segment ON segment.ref = op.segment WHERE segment.id = ? AND op.sequence = ?', segment, length - 1);
      return row !== undefined && equalBytes(bytesOf(row, 'hash'), head);
    },
    async segments() {
      const rows = await sql.all('SELECT id, device, length, head, quarantined FROM segment ORDER BY id');
      return rows.map((row) => ({ id: SegmentId.parse(textOf(row, 'id')), device: DeviceId.parse(textOf(row, 'device')), length: numberOf(row, 'length'), head: toHex(bytesOf(row, 'head')), quarantined: numberOf(row, 'quarantined') === 1 }));
    },
    events: async () => (await sql.all('SELECT device, code FROM event ORDER BY id')).map((row) => ({ device: row['device'] === null ? null : textOf(row, 'device'), code: textOf(row, 'code') })),
    verify: () => verifyLog(sql),
    image() {
      const files = FILES.map((name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : null));
      return async () => {
        await sql.close();
        rmSync(`${path}-shm`, { force: true });
        for (const [index, name] of FILES.entries()) {
          const bytes = files[index] ?? null;
          if (bytes === null) rmSync(join(folder, name), { force: true });
          else writeFileSync(join(folder, name), bytes);
        }
        open();
      };
    },
    close: () => sql.close(),
  };
}
