import { chmodSync, closeSync, constants, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import { copyTables, isEmpty } from './copy-tables.ts';
import { DATABASE_FILE, openDatabase, storeElsewhere, type DatabaseWorld } from './database.ts';
import { epochOf } from './epoch.ts';
import { noteEvent } from './events.ts';
import { beginEpoch } from './hub-log.ts';
import { logEnd } from './log-marks.ts';
import type { Sql, StoreFault, Writes } from './sql.ts';
import { openSqlite } from './sqlite.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { verifyLog } from './verify.ts';

/**
 * A backup is one SQLCipher file with everything of the database, encrypted with the organisation's key, from either
 * kind of database and for either: it is also how an organisation moves to PostgreSQL. Keys are not in it.
 */
export type BackupFacts = { readonly file: string; readonly bytes: number; readonly entries: number; readonly epoch: string | null };
export type BackupFault = StoreFault | 'FILE_EXISTS' | 'CANNOT_WRITE';

const PRIVATE_MODE = 0o600;
const NAME_BYTES = 8;

/** One moment of the database, while it is in use. CANNOT_WRITE: `detail.system` says what the system said. */
export async function backUp(sql: Sql, home: string, keys: OrganizationKeys, file: string): Promise<Result<BackupFacts, BackupFault>> {
  if (existsSync(file)) return refuse('FILE_EXISTS');
  try {
    // Readable by its owner alone from its first moment, and never in place of something.
    closeSync(openSync(file, 'ax', PRIVATE_MODE));
  } catch (error) {
    return refuse('CANNOT_WRITE', { system: systemCode(error) });
  }
  const written = sql.dialect === 'sqlite' ? vacuumInto(home, keys, file) : await copyInto(sql, keys, file);
  const facts = written.ok ? await factsOf(keys, file) : written;
  if (!facts.ok) rmSync(file, { force: true });
  return facts;
}

function vacuumInto(home: string, keys: OrganizationKeys, file: string): Result<null, StoreFault> {
  const opened = openSqliteFile(join(home, DATABASE_FILE), keys.database);
  if (!opened.ok) return opened;
  try {
    opened.value.copyInto(file);
  } finally {
    opened.value.close();
  }
  return ok(null);
}

async function copyInto(sql: Sql, keys: OrganizationKeys, file: string): Promise<Result<null, StoreFault>> {
  const opened = openSqlite(file, keys.database);
  if (!opened.ok) return opened;
  const target = opened.value;
  try {
    await sql.snapshot((view) => target.write('schema', (tx) => copyTables({ view, cells: sql.cells }, { tx, cells: target.cells, dialect: target.dialect })));
  } finally {
    await target.close();
  }
  return ok(null);
}

/** Opened once more, so that what is said of it was read from it; and forced to the disk. */
async function factsOf(keys: OrganizationKeys, file: string): Promise<Result<BackupFacts, StoreFault>> {
  const opened = openSqlite(file, keys.database);
  if (!opened.ok) return opened;
  const [epoch, { lsn }] = [await epochOf(opened.value), await logEnd(opened.value)];
  await opened.value.close();
  flush(file);
  return ok({ file, bytes: statSync(file).size, entries: lsn, epoch });
}

export type RestoreFacts = { readonly entries: number; readonly epoch: string; /** Where the database lies that was there before, if there was one. */ readonly replaced: string | null };
export type RestoreFault = StoreFault | 'FILE_UNREADABLE' | 'LOG_BROKEN' | 'STORE_IN_USE' | 'STORE_NOT_EMPTY' | 'STORE_ELSEWHERE';

/**
 * Puts a backup in place, walks through it first, and begins a new epoch on purpose: devices bring what it lacks. A
 * database in the home is put aside, not taken away; one on a server has to be empty. Codes that nobody has used end,
 * because they may have been used since.
 */
export async function restore(home: string, keys: OrganizationKeys, file: string, world: DatabaseWorld): Promise<Result<RestoreFacts, RestoreFault>> {
  const elsewhere = storeElsewhere(home, world.url);
  if (elsewhere !== null) return refuse('STORE_ELSEWHERE', { rule: elsewhere });
  const copy = join(home, `restore-${toHex(world.random.bytes(NAME_BYTES))}.db`);
  try {
    copyFileSync(file, copy, constants.COPYFILE_EXCL);
    chmodSync(copy, PRIVATE_MODE);
  } catch (error) {
    return refuse('FILE_UNREADABLE', { system: systemCode(error) });
  }
  try {
    const opened = openSqlite(copy, keys.database);
    if (!opened.ok) return opened;
    const verdict = await verifyLog(opened.value);
    const [first] = verdict.problems;
    if (first !== undefined) {
      await opened.value.close();
      return refuse('LOG_BROKEN', { where: first.where, problem: first.problem, problems: verdict.problems.length });
    }
    return world.url === null ? await putInPlace(home, keys, copy, opened.value, world) : await pourInto(home, keys, opened.value, world);
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true });
  }
}

async function putInPlace(home: string, keys: OrganizationKeys, copy: string, source: Sql, world: DatabaseWorld): Promise<Result<RestoreFacts, RestoreFault>> {
  const path = join(home, DATABASE_FILE);
  const there = existsSync(path);
  // Opening says whether this home's data is elsewhere, or another organisation's.
  const present = there ? openSqliteFile(path, keys.database) : null;
  if (present !== null && present.ok) {
    const alone = present.value.isAlone();
    present.value.close();
    if (!alone) return closing(source, refuse('STORE_IN_USE', { rule: 'stop central first' }));
  }
  const epoch = await source.write('log', (tx) => begin(tx, world));
  const { lsn } = await logEnd(source);
  await source.close();
  flush(copy);
  const replaced = there ? `${path}.replaced-${Math.floor(world.clock.now())}` : null;
  if (replaced !== null) renameSync(path, replaced);
  renameSync(copy, path);
  flush(home);
  return ok({ entries: lsn, epoch, replaced });
}

async function pourInto(home: string, keys: OrganizationKeys, source: Sql, world: DatabaseWorld): Promise<Result<RestoreFacts, RestoreFault>> {
  const opened = await openDatabase(home, keys, world);
  if (!opened.ok) return closing(source, opened);
  const target = opened.value;
  try {
    if (!(await isEmpty(target))) return closing(source, refuse('STORE_NOT_EMPTY', { rule: 'name an empty database' }));
    const epoch = await source.snapshot((view) =>
      target.write('log', async (tx) => {
        await copyTables({ view, cells: source.cells }, { tx, cells: target.cells, dialect: target.dialect });
        return begin(tx, world);
      }),
    );
    const { lsn } = await logEnd(target);
    return closing(source, ok({ entries: lsn, epoch, replaced: null }));
  } finally {
    await target.close();
  }
}

async function begin(tx: Writes, { clock, random }: DatabaseWorld): Promise<string> {
  await tx.run('UPDATE code SET expires_at = ? WHERE used_at IS NULL AND expires_at > ?', Math.floor(clock.now()), Math.floor(clock.now()));
  await noteEvent(tx, clock, { device: null, code: 'RESTORED', what: 'from a backup' });
  return beginEpoch(tx, random);
}

async function closing<Outcome>(source: Sql, outcome: Outcome): Promise<Outcome> {
  await source.close();
  return outcome;
}

/** To the disk. Where a folder cannot be opened (Windows), its entries are the file system's own care. */
function flush(path: string): void {
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
  if (!statSync(path).isDirectory()) flush(dirname(path));
}
