import { DeviceId, UserId } from '../../shared/base/ids.ts';
import { assertHolds, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import { mintGrant, openLedger, type Grant, type Ledger } from '../../main/ledger/ledger.ts';
import { migrate } from '../../main/migrations/migrations.ts';
import { createDiskSource, createImports } from '../../main/records/records.ts';
import { openStore, type Store } from '../../main/store/store.ts';
import { systemClock, systemRandom } from '../../main/world.ts';

/** The engine's own store, ledger and import over one file, with a nurse signed in; the machine's clock and randomness. */
export type BenchVault = { readonly store: Store; readonly ledger: Ledger; readonly grant: Grant; close(): void };

export const BENCH_KEY = new Uint8Array(32).fill(0x5a);
export const BENCH_USER = UserId.parse('00000000000000b1');
/** Where nothing is signed. */
const BENCH_DEVICE = { id: DeviceId.parse('00000000000000bd'), signingKey: new Uint8Array(32) };

export function valueOf<Value>(result: Result<Value, string>): Value {
  if (!result.ok) throw new Error(`broken assumption: refused with ${result.fault.code} ${JSON.stringify(result.fault.detail ?? {})}`);
  return result.value;
}

export function openBenchVault(path: string, device: { readonly id: DeviceId; readonly signingKey: Uint8Array } = BENCH_DEVICE, clock: Clock = systemClock): BenchVault {
  const store = valueOf(openStore({ path, key: BENCH_KEY }));
  valueOf(migrate(store));
  const systemGrant = mintGrant({ decision: 'bench/0', purpose: 'TREAT', session: null, patient: null });
  const ledger = valueOf(openLedger({ store, clock, random: systemRandom, device: { ...device, name: 'Bench' }, application: 'bench', buildDate: 0, systemGrant }));
  const site = { name: 'Bench', address: 'Nowhere 1', latitude: null, longitude: null, source: 'none' };
  const body = { user: BENCH_USER, login: 'ada', name: 'Ada Obi', role: 'nurse', level: 2, device: device.id, deviceName: 'Bench', addresses: ['127.0.0.1'], clinic: 'Bench', site, purpose: 'TREAT' };
  const [session] = valueOf(ledger.append(systemGrant, [{ kind: 'session.open', body }]));
  assertHolds(session !== undefined, 'one draft gives one entry');
  return { store, ledger, grant: mintGrant({ decision: 'bench/0', purpose: 'TREAT', session: session.entry, patient: null }), close: () => store.close() };
}

export type Imported = { readonly taken: number; readonly skipped: number };

/** Imports a folder as the command line does; gives back how many resources are there now. */
export async function importFolder({ ledger, grant }: BenchVault, folder: string): Promise<Imported> {
  const failures: unknown[] = [];
  const imports = createImports({
    ledger, clock: systemClock, random: systemRandom, source: createDiskSource(),
    yieldNow: () => new Promise((resolve) => void setImmediate(resolve)),
    onChange: () => undefined,
    onError: (error) => failures.push(error),
  });
  const { job } = valueOf(await imports.fromPaths(grant, [folder]));
  const view = await imports.finished(job);
  if (failures.length > 0) throw failures[0];
  assertHolds(view.state === 'done', 'made-up patients import to the end');
  return {
    taken: view.files.reduce((sum, { taken }) => sum + taken, 0),
    skipped: view.files.reduce((sum, { skippedCount }) => sum + skippedCount, 0),
  };
}
