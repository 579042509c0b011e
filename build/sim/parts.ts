import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPace } from '../../main/sync/pace.ts';
import { createSyncLight } from '../../main/sync/sync-light.ts';
import { tick, witness } from '../../shared/ledger/hybrid-clock.ts';
import { mergeHeads } from '../../shared/records/merge.ts';
import { headsOfRecord, mergeRecord } from '../../shared/records/merge-record.ts';
import { createDeviceCore } from '../../shared/sync/device-core.ts';
import { createDeviceSession } from '../../shared/sync/device-session.ts';
import { createHubConversation } from '../../shared/sync/hub-core.ts';
import { placeDevice } from '../../shared/sync/hub-rules.ts';
import { createHubSession } from '../../shared/sync/hub-session.ts';

/**
 * What is put to the test: the shipped modules, or a changed copy of them (mutations). The simulator's own disks, lines
 * and checks are never among them.
 */
export const SHIPPED = { createDeviceCore, createDeviceSession, createHubConversation, createHubSession, placeDevice, mergeHeads, mergeRecord, headsOfRecord, tick, witness, createSyncLight, createPace };
export type Parts = typeof SHIPPED;

const MODULES: Readonly<Record<keyof Parts, string>> = {
  createDeviceCore: 'shared/sync/device-core.ts',
  createDeviceSession: 'shared/sync/device-session.ts',
  createHubConversation: 'shared/sync/hub-core.ts',
  createHubSession: 'shared/sync/hub-session.ts',
  placeDevice: 'shared/sync/hub-rules.ts',
  mergeHeads: 'shared/records/merge.ts',
  mergeRecord: 'shared/records/merge-record.ts',
  headsOfRecord: 'shared/records/merge-record.ts',
  tick: 'shared/ledger/hybrid-clock.ts',
  witness: 'shared/ledger/hybrid-clock.ts',
  createSyncLight: 'main/sync/sync-light.ts',
  createPace: 'main/sync/pace.ts',
};

/** The parts as they stand in a changed copy of the sources; what the copy leaves out is as shipped. */
export async function loadParts(root: string): Promise<Parts> {
  const loaded: Record<string, unknown> = { ...SHIPPED };
  for (const [name, path] of Object.entries(MODULES)) {
    const file = join(root, path);
    if (!existsSync(file)) continue;
    const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    loaded[name] = module[name];
  }
  return loaded as Parts;
}
