import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { DeviceId } from '../../shared/base/ids.ts';
import { refuse } from '../../shared/base/result.ts';
import { SYNC_ALPN } from '../../shared/sync/limits.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import { fileAnchorPlace, openAudit } from '../../main/audit/audit.ts';
import { silentLog } from '../../main/log/log.ts';
import { createSyncing, nodeNetwork, type Network, type SyncView, type Syncing } from '../../main/sync/sync.ts';
import { VaultId } from '../../main/vault/keybag.ts';
import { makeDeviceSecrets, makeVaultKeys } from '../../main/vault/vault-keys.ts';
import { Secret } from '../../main/vault/vault.ts';
import { systemClock, systemRandom } from '../../main/world.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { createSeededRandom } from '../fixtures/seeded-random.ts';
import { openBenchVault, valueOf, type BenchVault } from './bench-vault.ts';

/** The shipped sync between workstations and the shipped central server, each central in a process of its own. */

const CENTRAL = join(import.meta.dirname, '../../central/cli/central.ts');
/** As often as the engine does. */
const TICK_MS = 1000;
/** A look at the view that takes longer is followed by a rest of so many times as long. */
const LOOK_CHEAP_MS = 0.3;
const LOOK_REST = 50;
const MASTER_KEY_BYTES = 32;
const ID_BYTES = 8;

export interface Central {
  readonly port: number;
  enrolmentCode(): string;
  /** Writes the log into a new folder for one workstation, as for a stick. */
  snapshot(device: DeviceId, folder: string): { readonly entries: number; readonly bytes: number };
  close(): Promise<void>;
}

const Listening = z.object({ ok: z.literal(true), port: z.int() });
const Code = z.object({ ok: z.literal(true), code: z.string() });
const Snapshot = z.object({ ok: z.literal(true), entries: z.int(), bytes: z.int() });

export async function startCentral(home: string): Promise<Central> {
  const child = spawn(process.execPath, [CENTRAL, 'serve', '--home', home, '--listen', '127.0.0.1:0', '--name', 'Bench', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const { port } = Listening.parse(JSON.parse(await firstLine(child)));
  return {
    port,
    enrolmentCode: () => Code.parse(asked('enrol-code', '--home', home)).code,
    snapshot: (device, folder) => Snapshot.parse(asked('snapshot', device, '--home', home, '--out', folder)),
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

function asked(...words: readonly string[]): unknown {
  return JSON.parse(execFileSync(process.execPath, [CENTRAL, ...words, '--json'], { encoding: 'utf8' }));
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('broken assumption: the server has an output');
  const lines = createInterface({ input: child.stdout });
  const outcome = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => null)]);
  return z.tuple([z.string()]).parse(outcome)[0];
}

export interface SyncingVault {
  readonly vault: BenchVault;
  readonly device: DeviceId;
  readonly signingKey: Uint8Array;
  /** Says nothing of its entries yet: it has no line. */
  enrol(code: string): Promise<void>;
  /** Ends the connection; the next ones go to this port of loopback, a shaped line's for one. Null: there is no line. */
  through(port: number | null): Promise<void>;
  /** Until central has everything and so have we. Bytes are those of the TLS connection, both ways. */
  sync(): Promise<{ readonly sent: number; readonly received: number; readonly bytes: number }>;
  /** Connects and goes on as the engine does while a vault is open, from its first tick on, until the view satisfies; false where it does not in time. */
  until(holds: (view: SyncView) => boolean, limitMs: number, firstTickMs?: number): Promise<boolean>;
  view(): SyncView;
  /** Reads what central wrote for it; `onPage` after each page. */
  provision(folder: string, onPage: () => void): Promise<void>;
  /** Ends the connection, as locking does; whatever is asked next begins a new one. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

const Done = z.object({ sent: z.int(), received: z.int(), bytesSent: z.int(), bytesReceived: z.int() });

/** The same identity has the same ids and keys: a copy of a vault's file is opened with that of the original. */
function keysOf(identity: string | null): ReturnType<typeof makeVaultKeys> {
  const seeded = identity === null ? null : createSeededRandom(identity);
  const random: Random = seeded === null ? systemRandom : { bytes: (count) => Uint8Array.from({ length: count }, () => seeded.word()) };
  const deviceId = DeviceId.parse(toHex(random.bytes(ID_BYTES)));
  const vaultId = VaultId.parse(toHex(random.bytes(ID_BYTES)));
  return makeVaultKeys({ vaultId, deviceId }, makeDeviceSecrets(random), Secret.take(random.bytes(MASTER_KEY_BYTES)), 1);
}

/** `clock` is the ledger's, `engineClock` that by which the line is looked after. No line but for enrolment, until it is told one. */
export type SyncingVaultOptions = { readonly identity?: string; readonly clock?: Clock; readonly engineClock?: Clock };

export function openSyncingVault(folder: string, options: SyncingVaultOptions = {}): SyncingVault {
  mkdirSync(folder, { recursive: true });
  const keys = keysOf(options.identity ?? null);
  const clock = options.clock ?? systemClock;
  const { deviceId, vaultId } = keys;
  const vault = openBenchVault(join(folder, 'vault.db'), { id: deviceId, signingKey: keys.signing.publicKey }, clock);
  const { ledger, store, grant } = vault;
  const audit = openAudit({ ledger, signer: keys.signing, vault: vaultId, device: deviceId, clock, anchorKey: keys.subkey('anchor').use((key) => Uint8Array.from(key)), anchorPlace: fileAnchorPlace(join(folder, 'anchor.json')) });
  let detour: number | null = null;
  const network: Network = {
    ...nodeNetwork,
    dial: async (dial) => (detour === null && dial.protocols.includes(SYNC_ALPN) ? refuse('OFFLINE', { cause: 'no line' }) : nodeNetwork.dial({ ...dial, port: detour ?? dial.port })),
  };
  const listeners = new Set<() => void>();
  const open = (): Syncing =>
    createSyncing({
      ledger, audit, store, keys, clock: options.engineClock ?? systemClock, random: systemRandom, network, log: silentLog, systemGrant: () => grant,
      onChange: () => {
        for (const listener of listeners) listener();
      },
    });
  let syncing = open();
  const disconnect = async (): Promise<void> => {
    await syncing.close();
    syncing = open();
  };
  /** As often as the engine, while something is waited for. */
  const ticking = async <Value>(work: () => Promise<Value>, firstTickMs = TICK_MS): Promise<Value> => {
    let ticks: NodeJS.Timeout | undefined;
    const first = setTimeout(() => {
      syncing.tick();
      ticks = setInterval(() => syncing.tick(), TICK_MS);
    }, firstTickMs);
    return work().finally(() => {
      clearTimeout(first);
      clearInterval(ticks);
    });
  };
  return {
    vault,
    device: deviceId,
    signingKey: keys.signing.publicKey,
    view: () => syncing.view(),
    async through(port) {
      detour = port;
      await disconnect();
    },
    async enrol(code) {
      valueOf(await syncing.enrol(grant, code));
    },
    async sync() {
      const view = valueOf(await ticking(() => syncing.now(grant)));
      if (!view.allSent) throw new Error('broken assumption: a sync that is done has sent everything');
      const row = ledger.read.get("SELECT body FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE kind = 'sync.done' AND own = 1 ORDER BY position DESC LIMIT 1");
      const { sent, received, bytesSent, bytesReceived } = Done.parse(JSON.parse(Buffer.from(z.instanceof(Uint8Array).parse(row?.['body'])).toString('utf8')));
      return { sent, received, bytes: bytesSent + bytesReceived };
    },
    until: (holds, limitMs, firstTickMs = 0) =>
      ticking(
        () =>
          new Promise((resolve) => {
            let again: NodeJS.Timeout | null = null;
            const done = (held: boolean): void => {
              if (again !== null) clearTimeout(again);
              clearTimeout(limit);
              listeners.delete(changed);
              resolve(held);
            };
            const look = (): void => {
              const start = performance.now();
              const held = holds(syncing.view());
              const tookMs = performance.now() - start;
              again = null;
              if (held) done(true);
              // Looking counts the outbox: while it is long that must not be a part of what is measured.
              else if (tookMs > LOOK_CHEAP_MS) again = setTimeout(look, LOOK_REST * tookMs);
            };
            const changed = (): void => {
              if (again === null) look();
            };
            const limit = setTimeout(() => done(false), limitMs);
            listeners.add(changed);
            look();
          }),
        firstTickMs,
      ),
    async provision(folder, onPage) {
      valueOf(await syncing.provision(grant, folder, () => Promise.resolve(onPage())));
    },
    disconnect,
    async close() {
      await syncing.close();
      keys.destroy();
      vault.close();
    },
  };
}
