import { bytesOf, numberOf, textOf } from '../../central/store/row.ts';
import { openSqlite } from '../../central/store/sqlite.ts';
import { openSqliteFile } from '../../central/store/sqlite-file.ts';
import { createHubLog } from '../../central/store/hub-log.ts';
import { createScopeAdministration } from '../../central/store/scope-decisions.ts';
import { equalBytes, fromHex } from '../../shared/base/bytes.ts';
import { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';
import type { LoggedEntry, SeedHub } from './model-hub.ts';
import { modelKey, PowerCut, type Dice } from './model-world.ts';

const EVENTS = 100_000;

/** The hub's shipped store on a real encrypted file, with the power going before and after its commits. */
export function createSqliteHub(devices: readonly DeviceId[], dice: Dice): SeedHub {
  const folder = temporaryFolder();
  const [path, key] = [`${folder.path}/central.db`, new Uint8Array(32).fill(5)];
  const opened = openSqlite(path, key);
  if (!opened.ok) throw new Error(opened.fault.code);
  // A second connection, for what the seed wants to see at once.
  const second = openSqliteFile(path, key);
  if (!second.ok) throw new Error(second.fault.code);
  const [sql, database] = [opened.value, second.value];
  const store = createHubLog(sql, { now: () => 0 }, { bytes: (count) => fromHex(dice.hex(count)) });
  database.write(() => {
    for (const device of devices) database.run("INSERT INTO device (id, name, signing_key, sealing_key, state, enrolled_at) VALUES (?, ?, ?, ?, 'active', 0)", device, device, modelKey(`${device} signs`), modelKey(`${device} opens`));
  });

  const cut = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (dice.chance(hub.cuts)) throw new PowerCut('before the commit');
    const value = await work();
    if (dice.chance(hub.cuts)) throw new PowerCut('after the commit');
    return value;
  };

  const hub: SeedHub = {
    ...store,
    ...createScopeAdministration(sql),
    cuts: 0,
    backup: null,
    get log(): LoggedEntry[] {
      return database
        .all('SELECT op.lsn, id, sequence, hash FROM op JOIN segment ON segment.ref = op.segment ORDER BY op.lsn')
        .map((row) => ({ lsn: numberOf(row, 'lsn'), segment: SegmentId.parse(textOf(row, 'id')), sequence: numberOf(row, 'sequence'), hash: bytesOf(row, 'hash') }));
    },
    get events() {
      return database.all('SELECT device, code, what FROM event ORDER BY id DESC LIMIT ?', EVENTS).map((row) => ({ device: row['device'] === null ? null : DeviceId.parse(textOf(row, 'device')), code: textOf(row, 'code'), what: textOf(row, 'what') }));
    },
    holds(segment, length, head) {
      const row = database.get('SELECT hash FROM op JOIN segment ON segment.ref = op.segment WHERE id = ? AND sequence = ?', segment, length - 1);
      return row !== undefined && equalBytes(bytesOf(row, 'hash'), head);
    },
    ingest: (batch, decide, receivedAt) => cut(() => store.ingest(batch, decide, receivedAt)),
    async close() {
      database.close();
      await sql.close();
      folder.remove();
    },
  };
  return hub;
}
