import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { assertHolds } from '../shared/base/result.ts';
import type { Clock, Random } from '../shared/base/world.ts';
import type { SenderFacts } from '../shared/ipc/envelope.ts';
import type { Port } from '../shared/ipc/port.ts';
import { fileAnchorPlace } from './audit/audit.ts';
import { createAuth, type Auth, type LockReason } from './auth/auth.ts';
import { createEraser } from './eraser.ts';
import { createIpc, createWorkstation, servePort, type Dispatch, type Opened, type Workstation } from './ipc/ipc.ts';
import type { Log } from './log/log.ts';
import { createDiskSource, createImports, type Imports } from './records/records.ts';
import type { Consequence } from './orders/orders.ts';
import { createSyncing, type Syncing, type SyncWorld } from './sync/sync.ts';
import { DATABASE_FILE, nodeDisk, openVault, type Keystore, type PasswordCost } from './vault/vault.ts';

/**
 * The engine put together: everything that holds a key or a byte of the chart, and no Electron. The window, the
 * command line and the tests run this same one.
 */
export const APPLICATION = '0.1.0';
/** No clock is believed before the day this version was made: 2026-11-22T00:00:00Z. */
export const BUILD_DATE = Date.UTC(2026, 10, 22);
/** How often idle limits and due work are looked at. */
export const TICK_MS = 1000;
const FOLDER_MODE = 0o700;
const ANCHOR_FILE = 'anchor.json';

export type EngineParts = {
  /** The folder the vault lives in. */
  readonly home: string;
  readonly keystore: Keystore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly addresses: () => readonly string[];
  /** The line to central: sockets and timers. */
  readonly network: SyncWorld['network'];
  /** Origin of the page that may call; the shipped window's unless a host says otherwise. */
  readonly origin?: string;
  /** What passwords cost; measured on this machine unless given. */
  readonly passwordCost?: PasswordCost;
};

export interface Engine {
  readonly dispatch: Dispatch;
  readonly workstation: Workstation;
  readonly auth: Auth;
  serve(port: Port, sender: SenderFacts): () => void;
  lock(reason: LockReason): Promise<void>;
  /** To be called every `TICK_MS`. */
  tick(): Promise<void>;
  /** Locks and closes; afterwards nothing is open. */
  stop(): Promise<void>;
}

const yieldNow = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export async function createEngine(parts: EngineParts): Promise<Engine> {
  const { home, clock, random, log } = parts;
  mkdirSync(home, { recursive: true, mode: FOLDER_MODE });
  const vault = await openVault({ folder: home, disk: nodeDisk, random, clock, keystore: parts.keystore, companions: [ANCHOR_FILE, `${ANCHOR_FILE}.new`], ...(parts.passwordCost === undefined ? {} : { cost: parts.passwordCost }) });
  const auth = createAuth({ vault, clock, random, alert: () => log.warn('guard.tampered') });
  const workstation = createWorkstation({
    vault, auth, clock, random, application: APPLICATION, buildDate: BUILD_DATE, addresses: parts.addresses,
    databasePath: join(home, DATABASE_FILE), anchorPlace: fileAnchorPlace(join(home, ANCHOR_FILE)),
  });

  let imports: Imports | null = null;
  let syncing: Syncing | null = null;
  const eraser = createEraser({ workstation, log, tell: async (taken) => syncing?.tell(taken) });
  const carryOut = (consequence: Consequence): void => {
    const done = consequence === 'erase' ? eraser.erase() : auth.lock('account-disabled');
    void done.catch((error: unknown) => log.error('job.failed', error));
  };
  workstation.onOpen((opened) => {
    imports = startImports(opened, workstation, parts);
    syncing = startSyncing(opened, workstation, parts, carryOut);
  });
  workstation.onClose(async () => {
    await imports?.close();
    await syncing?.close();
    imports = null;
    syncing = null;
  });
  const services = {
    imports: () => present(imports),
    syncing: () => present(syncing),
    yieldNow,
  };
  const dispatch = createIpc(workstation, services, log, parts.origin);

  return {
    dispatch,
    workstation,
    auth,
    serve: (port, sender) => servePort(port, sender, dispatch, workstation, log),
    lock: (reason) => auth.lock(reason),
    async tick() {
      await auth.tick();
      syncing?.tick();
      workstation.opened()?.orders.tick();
      const sealed = workstation.opened()?.audit.sealIfDue(() => workstation.access.system('seal', null));
      if (sealed?.ok === false) log.warn('ledger.refused', { fault: sealed.fault.code });
      workstation.opened()?.store.rest();
      await eraser.eraseIfDue();
    },
    stop: () => auth.lock('stopping'),
  };
}

function present<Service>(service: Service | null): Service {
  assertHolds(service !== null, 'the contract lets this call through only while the vault is open');
  return service as Service;
}

function startImports({ ledger, session }: Opened, workstation: Workstation, { clock, random, home, log }: EngineParts): Imports {
  const onError = (error: unknown): void => log.error('job.failed', error);
  const imports = createImports({
    ledger, clock, random, yieldNow, onError, source: createDiskSource(),
    freeBytes: () => freeBytesOf(home),
    onChange: (job) => workstation.emit('job.changed', { job }),
  });
  void imports.resume(workstation.access.system('import-resumed', session)).catch(onError);
  return imports;
}

/** Room left where the vault lives; null where the system does not say. */
function freeBytesOf(home: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(home);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function startSyncing({ ledger, audit, keys, orders, session, store }: Opened, workstation: Workstation, { clock, random, network, log }: EngineParts, carryOut: (consequence: Consequence) => void): Syncing {
  return createSyncing({ ledger, audit, keys, store, clock, random, network, log, orders, carryOut, systemGrant: () => workstation.access.system('sync', session), onChange: () => workstation.emit('status.changed', {}) });
}
