import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { SnapshotFault, SnapshotReader } from './snapshot-reader.ts';

/** Fills this workstation from a folder that central wrote for it. Stops where a page is missing or refused, and goes on there the next time. */
export type ProvisionFault = 'FILE_UNREADABLE' | 'CANCELLED' | SnapshotFault;
export type Provisioned = { readonly pages: number; readonly applied: number; readonly done: boolean };
export type ProvisionOptions = {
  readonly folder: string;
  readonly reader: SnapshotReader;
  /** Lets others work between two pages; false ends it. */
  readonly onPage: () => Promise<boolean>;
};

export async function provisionFrom({ folder, reader, onPage }: ProvisionOptions): Promise<Result<Provisioned, ProvisionFault>> {
  for (let wanted = reader.wanted(); wanted !== null; wanted = reader.wanted()) {
    const read = readBounded(join(folder, wanted.file), wanted.maxBytes);
    if (!read.ok) return refuse('FILE_UNREADABLE', { file: wanted.file, ...read.fault.detail });
    const taken = await reader.take(read.value);
    if (!taken.ok) return taken;
    if (taken.value.pages.done > 0 && !(await onPage())) return refuse('CANCELLED');
  }
  const { pages, applied, whole } = reader.progress();
  return ok({ pages: pages.done, applied, done: whole });
}

function readBounded(path: string, maxBytes: number): Result<Uint8Array, 'FILE_UNREADABLE'> {
  try {
    if (statSync(path).size > maxBytes) return refuse('FILE_UNREADABLE', { system: 'EFBIG' });
    return ok(new Uint8Array(readFileSync(path)));
  } catch (error) {
    return refuse('FILE_UNREADABLE', { system: systemCode(error) });
  }
}
