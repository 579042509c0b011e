import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok } from '../../shared/base/result.ts';
import { migrate } from '../../main/migrations/migrations.ts';
import { openStore, type Store } from '../../main/store/store.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import { createStrikes, type Strikes } from './strikes.ts';

/** A workstation's encrypted vault as files, with power cuts at its commits. */
export type VaultDisk = {
  readonly strikes: Strikes;
  /** The store of the process that runs now. */
  store(): Store;
  /** What a power cut left is opened as the next process finds it. */
  afterCut(): void;
  /** The process is killed at rest: nothing is closed, nothing moved into the file. */
  kill(): void;
  image(): DiskImage;
  load(image: DiskImage): void;
  /** Nothing more fits, by SQLite's own refusal; or everything again. */
  fill(full: boolean): void;
  close(): void;
};
/** The database and its write-ahead log. */
export type DiskImage = { readonly database: Buffer; readonly log: Buffer | null };

/**
 * `throw`: a cut loses the transaction and nothing else. `files`: the next process finds the files as they were in the
 * middle of the commit, with the log torn, short or followed by what was there before.
 */
export type CutStyle = 'throw' | 'files';

const KEY = new Uint8Array(32).fill(9);
const FILE = 'vault.db';
const ROOM_PAGES = 1_000_000;

export function createVaultDisk(options: { readonly folder: string; readonly cuts: CutStyle; readonly random: SeededRandom; readonly image?: DiskImage }): VaultDisk {
  const { folder, cuts, random } = options;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  const log = `${path}-wal`;
  const strikes = createStrikes();
  let inner: Store;
  /** What the machine finds when it is started again. */
  let left: DiskImage | null = null;
  let full = false;

  const files = (): DiskImage => ({ database: readFileSync(path), log: existsSync(log) ? readFileSync(log) : null });
  const put = (image: DiskImage): void => {
    writeFileSync(path, image.database);
    rmSync(`${path}-shm`, { force: true });
    if (image.log === null) rmSync(log, { force: true });
    else writeFileSync(log, image.log);
  };
  const open = (): void => {
    const opened = openStore({ path, key: KEY });
    if (!opened.ok) throw new Error(`the vault does not open: ${opened.fault.code}`);
    inner = opened.value;
    const migrated = migrate(inner);
    if (!migrated.ok) throw new Error(migrated.fault.code);
    if (full) fill(true);
  };
  const fill = (now: boolean): void => {
    full = now;
    const pages = now ? Number(inner.read.get('SELECT page_count FROM pragma_page_count')?.['page_count'] ?? 0) : ROOM_PAGES;
    inner.transact((write) => (write.run(`PRAGMA max_page_count = ${pages}`), ok(null)));
  };
  const load = (image: DiskImage): void => {
    inner.close();
    put(image);
    open();
  };

  /** The log as a write that did not come to its end leaves it: what was durable before is never touched. */
  const torn = (before: DiskImage, after: DiskImage): DiskImage => {
    const [old, fresh] = [before.log ?? Buffer.alloc(0), after.log ?? Buffer.alloc(0)];
    const reached = random.between(sharedLength(old, fresh), fresh.length);
    const style = random.pick(['short', 'old', 'zeros'] as const);
    const tail = style === 'short' ? Buffer.alloc(0) : style === 'zeros' ? Buffer.alloc(fresh.length - reached) : old.subarray(reached);
    return { database: before.database, log: Buffer.concat([fresh.subarray(0, reached), tail]) };
  };

  const transact: Store['transact'] = (work) => {
    const strike = strikes.next();
    if (strike === 'none') {
      const outcome = inner.transact(work);
      strikes.passed();
      return outcome;
    }
    if (cuts === 'throw') {
      if (strike === 'after') inner.transact(work);
      return strikes.cut();
    }
    const before = files();
    if (strike === 'before' && random.chance(0.5)) {
      // In the middle of the work, nothing of it committed.
      inner.transact<never, never>((write) => {
        work(write);
        left = files();
        return strikes.cut();
      });
    }
    inner.transact(work);
    const after = files();
    left = strike === 'after' ? after : torn(before, after);
    return strikes.cut();
  };

  if (options.image !== undefined) put(options.image);
  open();
  return {
    strikes,
    store: () => ({ read: inner.read, transact, busy: () => inner.busy(), checkpoint: () => inner.checkpoint(), rest: () => inner.rest(), close: () => undefined }),
    afterCut() {
      if (left !== null) load(left);
      left = null;
    },
    kill() {
      if (cuts === 'files') load(files());
    },
    image: files,
    load,
    fill,
    close: () => inner.close(),
  };
}

function sharedLength(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}
