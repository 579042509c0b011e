import { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Fault, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { KeyFault, OrganizationKeys } from '../authority/key-adapter.ts';
import { keyFile } from '../authority/key-file.ts';
import { makeEnrolmentCode } from '../enrolment/enrolment.ts';
import { startApi, type Api, type ApiOptions } from '../fhir/start.ts';
import { createSyncCrypto } from '../hub/cipher.ts';
import { writeSnapshot } from '../provision/snapshot.ts';
import { createHubLog } from '../store/hub-log.ts';
import { epochOf } from '../store/epoch.ts';
import { logEnd } from '../store/log-marks.ts';
import { startHub, type HubOptions } from '../hub/hub.ts';
import { openDatabase } from '../store/database.ts';
import { databaseUrl, type DatabaseUrlFault } from '../store/database-url.ts';
import { keepSetting, settingOf } from '../store/settings.ts';
import type { Reads, Sql, StoreFault } from '../store/sql.ts';
import { StoreError } from '../store/store-error.ts';
import { verifyLog } from '../store/verify.ts';
import { APPLICATION, systemClock, systemRandom } from '../world.ts';
import { forwardOf, runApiCommand, type ApiFault } from './api-commands.ts';
import { runConsoleCommand, runRestore, type ConsoleFault } from './console-commands.ts';
import type { Command } from './options.ts';
import { operatorOf, runOrdersCommand, type OrdersFault } from './orders-commands.ts';
import { runScopeCommand } from './scope-commands.ts';
import type { ScopeFault } from '../orders/scope.ts';

/** What a command came to: data for --json, and lines for people. */
export type Outcome = { readonly data: Readonly<Record<string, unknown>>; readonly lines: readonly string[] };
/** What `serve` has open. */
export type Running = { close(): Promise<void> };
export type CommandFault = KeyFault | StoreFault | DatabaseUrlFault | 'STORE_ELSEWHERE' | 'NO_ADDRESS' | 'NOT_FOUND' | 'LOG_BROKEN' | 'LOG_MOVED' | 'CANNOT_LISTEN' | 'STORE_FAILED' | ApiFault | OrdersFault | ConsoleFault | ScopeFault;

const WORLD = { clock: systemClock, random: systemRandom };
const HOUR_MS = 3_600_000;
const time = (atMs: number | null): string => (atMs === null ? 'never' : new Date(atMs).toISOString());

async function withDatabase<Value>(home: string, work: (sql: Sql, keys: OrganizationKeys) => Promise<Result<Value, CommandFault>>): Promise<Result<Value, CommandFault>> {
  const keys = await keyFile(home, WORLD).load();
  if (!keys.ok) return keys;
  const url = databaseUrl(process.env);
  if (!url.ok) return url;
  const opened = await openDatabase(home, keys.value, { url: url.value, ...WORLD });
  if (!opened.ok) return opened;
  try {
    return await work(opened.value, keys.value);
  } catch (error) {
    if (error instanceof StoreError) return refuse('STORE_FAILED', { system: error.code });
    throw error;
  } finally {
    await opened.value.close();
  }
}

async function restoreDatabase(home: string, file: string): Promise<Result<Outcome, CommandFault>> {
  const keys = await keyFile(home, WORLD).load();
  if (!keys.ok) return keys;
  const url = databaseUrl(process.env);
  return url.ok ? runRestore({ home, file }, keys.value, { url: url.value, ...WORLD }) : url;
}

/** Starts central; the first run makes the organisation. */
export async function serve(command: Extract<Command, { name: 'serve' }>, onEvent: NonNullable<HubOptions['onEvent']>): Promise<Result<{ readonly running: Running; readonly outcome: Outcome }, CommandFault>> {
  const { home } = command;
  const url = databaseUrl(process.env);
  if (!url.ok) return url;
  const adapter = keyFile(home, WORLD);
  const loaded = (await adapter.present()) ? await adapter.load() : ok(await adapter.create(command.organization ?? 'Outpost'));
  if (!loaded.ok) return loaded;
  const keys = loaded.value;
  const forward = command.api === null ? ok(null) : forwardOf(command.api);
  if (!forward.ok) return forward;
  const started = await listening(command, () => startHub({ home, databaseUrl: url.value, keys, host: command.host, port: command.port, clock: systemClock, random: systemRandom, onEvent }));
  if (!started.ok) return started;
  const { host, port, sql } = started.value;
  const served = await serveApi(command, { sql, keys, forward: forward.value, onEvent });
  if (!served.ok) {
    await started.value.close();
    return served;
  }
  await sql.write('devices', (tx) => keepSetting(tx, 'address', JSON.stringify({ host, port })));
  const running: Running = {
    async close() {
      await served.value?.close();
      await started.value.close();
    },
  };
  const fhir = served.value === null ? null : { host: served.value.host, port: served.value.port };
  return ok({
    running,
    outcome: {
      data: { organization: keys.id, name: keys.name, host, port, home, fhir },
      lines: [`${keys.name} (${keys.id}) listens on ${host}:${port}`, ...(fhir === null ? [] : [`FHIR R4 on ${fhir.host}:${fhir.port}`])],
    },
  });
}

type Listening = { readonly host: string; readonly port: number };

async function listening<Value, Code extends string>({ host, port }: Listening, start: () => Promise<Result<Value, Code>>): Promise<Result<Value, Code | 'CANNOT_LISTEN'>> {
  try {
    return await start();
  } catch (error) {
    return refuse('CANNOT_LISTEN', { system: systemCode(error), host, port });
  }
}

async function serveApi({ api, home }: Extract<Command, { name: 'serve' }>, parts: Pick<ApiOptions, 'sql' | 'keys' | 'forward' | 'onEvent'>): Promise<Result<(Api & Listening) | null, 'CANNOT_LISTEN'>> {
  if (api === null) return ok(null);
  return listening(api, async () => {
    const started = await startApi({ home, host: api.host, port: api.port, names: api.names, software: APPLICATION, clock: systemClock, random: systemRandom, ...parts });
    return ok({ ...started, host: api.host });
  });
}

const UNSPECIFIED = new Set(['0.0.0.0', '::']);

async function addressOf(sql: Reads): Promise<{ host: string; port: number } | null> {
  const kept = await settingOf(sql, 'address');
  if (kept === null) return null;
  const { host, port } = JSON.parse(kept) as { host: string; port: number };
  return UNSPECIFIED.has(host) ? null : { host, port };
}

/** Every command but `serve`: one look at the folder and an answer. */
export function runCommand(command: Exclude<Command, { name: 'serve' | 'help' }>): Promise<Result<Outcome, CommandFault>> {
  if (command.name === 'restore') return restoreDatabase(command.home, command.file);
  return withDatabase<Outcome>(command.home, async (sql, keys) => {
    switch (command.name) {
      case 'client-add':
      case 'client-revoke':
      case 'client-list':
      case 'access-log': return runApiCommand(command, sql);
      case 'roster-show':
      case 'roster-set':
      case 'staff':
      case 'policy-show':
      case 'policy-set':
      case 'lease-show':
      case 'lease-set':
      case 'revoke':
      case 'kill':
      case 'orders': return runOrdersCommand(command, sql, keys);
      case 'enrol-code': {
        const address = command.address ?? (await addressOf(sql));
        if (address === null) return refuse('NO_ADDRESS', { hint: '--address HOST:PORT' });
        const made = await makeEnrolmentCode({ sql, keys, clock: systemClock, random: systemRandom }, address, command.hours * HOUR_MS, command.device === null ? null : DeviceId.parse(command.device));
        return ok({ data: { ...made, ...address }, lines: [made.code, `good for one workstation until ${time(made.expiresAt)}, at ${address.host}:${address.port}`] });
      }
      case 'status':
      case 'devices':
      case 'events':
      case 'quarantine-list':
      case 'quarantine-show':
      case 'backup': return runConsoleCommand(command, sql, keys);
      case 'scope-show':
      case 'scope-set':
      case 'site-set': return runScopeCommand(command, operatorOf(sql, keys));
      case 'snapshot': return snapshot(command, sql, keys);
      case 'verify': {
        const verdict = await verifyLog(sql);
        const [first] = verdict.problems;
        if (first !== undefined) return refuse('LOG_BROKEN', { where: first.where, problem: first.problem, problems: verdict.problems.length, entries: verdict.entries });
        return ok({ data: verdict, lines: [`${verdict.entries} entries in ${verdict.segments} segments hold; ${verdict.attestations} signed batches`] });
      }
    }
  });
}

async function snapshot(command: Extract<Command, { name: 'snapshot' }>, sql: Sql, keys: OrganizationKeys): Promise<Result<Outcome, CommandFault>> {
  const { device, folder } = command;
  const epoch = await epochOf(sql);
  if (epoch === null) return refuse('NOT_FOUND', { device });
  const store = createHubLog(sql, systemClock, systemRandom);
  const crypto = createSyncCrypto({ openWith: keys.sealing, signWith: keys.signing });
  const made = await writeSnapshot({ store, crypto, organization: keys.id, at: { epoch, ...(await logEnd(sql)) }, device: DeviceId.parse(device), folder, now: systemClock.now() });
  if (!made.ok) return made;
  const { pages, entries, bytes } = made.value;
  return ok({ data: { device, folder, pages, entries, bytes }, lines: [`${entries} entries in ${pages} files, ${bytes} bytes, for ${device} alone: ${folder}`] });
}

export function faultLine({ code, detail }: Fault<string>): string {
  return detail === undefined ? code : `${code} ${Object.entries(detail).map(([key, value]) => `${key}=${String(value)}`).join(' ')}`;
}
