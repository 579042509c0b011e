import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { DeviceId } from '../../shared/base/ids.ts';
import { fileAnchorPlace, openAudit } from '../../main/audit/audit.ts';
import { silentLog } from '../../main/log/log.ts';
import { createSyncing, nodeNetwork } from '../../main/sync/sync.ts';
import { VaultId } from '../../main/vault/keybag.ts';
import { makeDeviceSecrets, makeVaultKeys } from '../../main/vault/vault-keys.ts';
import { Secret } from '../../main/vault/vault.ts';
import { systemClock, systemRandom } from '../../main/world.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { openBenchVault, valueOf, type BenchVault } from './bench-vault.ts';

/** The shipped sync between workstations and the shipped central server, each central in a process of its own. */

const CENTRAL = join(import.meta.dirname, '../../central/cli/central.ts');
/** As often as the engine does. */
const TICK_MS = 1000;
const MASTER_KEY_BYTES = 32;
const ID_BYTES = 8;

export interface Central {
  enrolmentCode(): string;
  close(): Promise<void>;
}

const Listening = z.object({ ok: z.literal(true), port: z.int() });
const Code = z.object({ ok: z.literal(true), code: z.string() });

export async function startCentral(home: string): Promise<Central> {
  const child = spawn(process.execPath, [CENTRAL, 'serve', '--home', home, '--listen', '127.0.0.1:0', '--name', 'Bench', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  Listening.parse(JSON.parse(await firstLine(child)));
  return {
    enrolmentCode: () => Code.parse(JSON.parse(execFileSync(process.execPath, [CENTRAL, 'enrol-code', '--home', home, '--json'], { encoding: 'utf8' }))).code,
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('broken assumption: the server has an output');
  const lines = createInterface({ input: child.stdout });
  const outcome = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => null)]);
  return z.tuple([z.string()]).parse(outcome)[0];
}

export interface SyncingVault {
  readonly vault: BenchVault;
  enrol(code: string): Promise<void>;
  /** Until central has everything and so have we. Bytes are those of the TLS connection, both ways. */
  sync(): Promise<{ readonly sent: number; readonly received: number; readonly bytes: number }>;
  close(): Promise<void>;
}

const Done = z.object({ sent: z.int(), received: z.int(), bytesSent: z.int(), bytesReceived: z.int() });

export function openSyncingVault(folder: string): SyncingVault {
  mkdirSync(folder, { recursive: true });
  const deviceId = toHex(systemRandom.bytes(ID_BYTES)) as DeviceId;
  const vaultId = VaultId.parse(toHex(systemRandom.bytes(ID_BYTES)));
  const keys = makeVaultKeys({ vaultId, deviceId }, makeDeviceSecrets(systemRandom), Secret.take(systemRandom.bytes(MASTER_KEY_BYTES)), 1);
  const vault = openBenchVault(join(folder, 'vault.db'), { id: deviceId, signingKey: keys.signing.publicKey });
  const { ledger, store, grant } = vault;
  const audit = openAudit({ ledger, signer: keys.signing, vault: vaultId, device: deviceId, clock: systemClock, anchorKey: keys.subkey('anchor').use((key) => Uint8Array.from(key)), anchorPlace: fileAnchorPlace(join(folder, 'anchor.json')) });
  const syncing = createSyncing({ ledger, audit, store, keys, clock: systemClock, random: systemRandom, network: nodeNetwork, log: silentLog, systemGrant: () => grant, onChange: () => undefined });
  return {
    vault,
    async enrol(code) {
      valueOf(await syncing.enrol(grant, code));
    },
    async sync() {
      // Only from here on: with ticks a workstation syncs by itself, and some would be there before the time runs.
      const ticking = setInterval(() => syncing.tick(), TICK_MS);
      const view = valueOf(await syncing.now(grant).finally(() => clearInterval(ticking)));
      if (!view.allSent) throw new Error('broken assumption: a sync that is done has sent everything');
      const row = ledger.read.get("SELECT body FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE kind = 'sync.done' AND own = 1 ORDER BY position DESC LIMIT 1");
      const { sent, received, bytesSent, bytesReceived } = Done.parse(JSON.parse(Buffer.from(z.instanceof(Uint8Array).parse(row?.['body'])).toString('utf8')));
      return { sent, received, bytes: bytesSent + bytesReceived };
    },
    async close() {
      await syncing.close();
      keys.destroy();
      vault.close();
    },
  };
}
