import { createHash } from 'node:crypto';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Store, StoreFault, WriteHandle } from '../store/store.ts';
import * as initial from './0001-initial.ts';
import * as lanes from './0002-lanes.ts';
import * as conflictItems from './0003-conflict-items.ts';
import * as bookings from './0004-bookings.ts';
import * as partialChains from './0005-partial-chains.ts';
import * as fewerIndexes from './0006-fewer-indexes.ts';

/**
 * Brings a vault to this version's schema. Promises: forward only, all pending steps in one transaction, a released
 * step never changes (its hash is sealed), and a vault from the future is refused without touching it.
 */
export type Migration = { readonly name: string; readonly sql: string };

export const MIGRATIONS: readonly Migration[] = [initial, lanes, conflictItems, bookings, partialChains, fewerIndexes];
export const SCHEMA_VERSION = MIGRATIONS.length;

/** SHA-256 of each step's statements. Adding a step adds a line; changing one fails the build and every start. */
export const SEALS: readonly string[] = [
  'd0f30d8aad3351acbb5f27458fb53b7f90185279e6e25a5d74a4db30bbb8f310',
  '45dd1b45b3f6e7b683872063d8108f1830a559aeef98c04c36909c9b5fe39650',
  '08a8583dc398d717eca1b969a4591f242da53d0d0e5615255291bcf557f06eb1',
  '35df1b2acde80a0a197d3bc92d34e10145e67a364982abfda2dcb66445907029',
  '14fa6ad08377ba4420b4dca1b88d60d5715335621a18d197c3b2b824422e3a44',
  '34cce7ab70869f89fc3b74e8ffcad5c75a4b58a228bdea594e310eadfe5269f8',
];

export function sealOf(migration: Migration): string {
  return createHash('sha256').update(`${migration.name}\n${migration.sql}`).digest('hex');
}

export function schemaVersion(store: Store): number {
  return Number(store.read.get('PRAGMA user_version')?.['user_version'] ?? 0);
}

export function migrate(store: Store, migrations: readonly Migration[] = MIGRATIONS): Result<{ readonly from: number; readonly to: number }, 'VAULT_FROM_FUTURE' | StoreFault> {
  const from = schemaVersion(store);
  if (from > migrations.length) return refuse('VAULT_FROM_FUTURE', { vault: from, application: migrations.length });
  if (from === migrations.length) return ok({ from, to: from });
  return store.transact((write) => {
    for (const migration of migrations.slice(from)) runScript(write, migration.sql);
    write.run(`PRAGMA user_version = ${migrations.length}`);
    return ok({ from, to: migrations.length });
  });
}

const STATEMENT_END = /;\s*$/;

/** Runs a script statement by statement; a trigger's inner semicolons end with `END`. */
function runScript(write: WriteHandle, script: string): void {
  let statement = '';
  for (const line of script.split('\n')) {
    if (line.trim() === '' || line.trimStart().startsWith('--')) continue;
    statement += `${line}\n`;
    if (!STATEMENT_END.test(line)) continue;
    const trigger = /^\s*CREATE TRIGGER/i.test(statement);
    if (trigger && !/END;\s*$/i.test(statement)) continue;
    write.run(statement);
    statement = '';
  }
  if (statement.trim() !== '') throw new Error('broken assumption: a migration ends within a statement');
}
