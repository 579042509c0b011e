import { closeSync, fdatasyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type as systemType } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openBare } from './bare-database.ts';
import { median, timedNow } from './measure.ts';

/** What a figure depends on beside the code: the machine it was taken on, and the versions. */
export type Facts = { readonly machine: Readonly<Record<string, string>>; readonly versions: Readonly<Record<string, string>> };

const GIB = 1024 ** 3;
const SYNCED_BYTES = 4096;
const SYNCS = 50;

/** Magic numbers of statfs(2) on Linux. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext2/3/4', 0x58465342: 'xfs', 0x9123683e: 'btrfs', 0x01021994: 'tmpfs (in memory: a commit costs nothing here)', 0x794c7630: 'overlayfs', 0x2fc12fc1: 'zfs', 0xf2f52010: 'f2fs', 0x6969: 'nfs',
};

const ROOT = join(import.meta.dirname, '../..');
const Package = z.object({ version: z.string() });

function versionIn(path: string): string {
  return Package.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}

/** `folder` is where the vaults of the run lie. */
export function gatherFacts(folder: string): Facts {
  const [cpu, ...others] = cpus();
  const database = openBare(join(folder, 'versions.db'));
  const sqlite = z.string().parse(database.prepare('SELECT sqlite_version()').pluck().get());
  const cipher = `${String(database.pragma('cipher', { simple: true }))} ${String(database.pragma('legacy', { simple: true }))}`;
  database.close();
  return {
    machine: {
      processor: `${cpu?.model.trim() ?? 'unknown'}, ${others.length + 1} cores`,
      memory: `${(totalmem() / GIB).toFixed(1)} GiB`,
      system: `${systemType()} ${release()} ${process.arch}`,
      'file system': process.platform === 'linux' ? (FILE_SYSTEMS[statfsSync(folder).type] ?? `type 0x${statfsSync(folder).type.toString(16)}`) : 'not told by this system',
      'forced write of 4 KiB': `${forcedWriteMs(folder).toFixed(2)} ms (median of ${SYNCS})`,
    },
    versions: {
      Outpost: versionIn(join(ROOT, 'package.json')),
      Node: process.versions.node,
      SQLite: sqlite,
      'better-sqlite3-multiple-ciphers': versionIn(join(ROOT, 'node_modules/better-sqlite3-multiple-ciphers/package.json')),
      cipher,
    },
  };
}

/** Processes that wanted a processor, on average over the last five minutes; beyond the number of cores they wait for each other. */
export function busyWith(): string {
  return (loadavg()[1] ?? Number.NaN).toFixed(1);
}

/** What the disk takes to keep a page for good: the floor of every commit. */
function forcedWriteMs(folder: string): number {
  const file = openSync(join(folder, 'forced-write'), 'w');
  const page = Buffer.alloc(SYNCED_BYTES, 1);
  const times = Array.from({ length: SYNCS }, () =>
    timedNow(() => {
      writeSync(file, page);
      fdatasyncSync(file);
    }).ms);
  closeSync(file);
  return median(times);
}
