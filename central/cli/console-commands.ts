import { statfsSync, writeFileSync } from 'node:fs';
import { toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import { backUp, restore, type BackupFault, type RestoreFault } from '../store/backup.ts';
import type { DatabaseWorld } from '../store/database.ts';
import type { DeviceLine } from '../store/devices.ts';
import { latestEvents } from '../store/events.ts';
import { listQuarantine, quarantined, type QuarantinedBatch } from '../store/quarantine.ts';
import type { Sql } from '../store/sql.ts';
import { storeStatus, type StoreStatus } from '../store/status.ts';
import { systemClock } from '../world.ts';
import type { ConsoleCommand } from './console-options.ts';

export type ConsoleFault = BackupFault | RestoreFault | 'NOT_FOUND';
type Outcome = { readonly data: Readonly<Record<string, unknown>>; readonly lines: readonly string[] };

const DAY_MS = 24 * 3_600_000;
const EVENTS_WITH_DEVICES = 20;
const PRIVATE_MODE = 0o600;
const MEGABYTE = 1_000_000;

const time = (atMs: number | null): string => (atMs === null ? 'never' : new Date(atMs).toISOString());
const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toLocaleString('en', { maximumFractionDigits: 1 })} MB`;
const number = (value: number): string => value.toLocaleString('en');
/** Names come from whoever enrolled a workstation; a terminal would obey what is in them. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');

/** Every command but `restore`, which is there for a database that cannot be opened. */
export async function runConsoleCommand(command: Exclude<ConsoleCommand, { name: 'restore' }>, sql: Sql, keys: OrganizationKeys): Promise<Result<Outcome, ConsoleFault>> {
  switch (command.name) {
    case 'status': return ok(status(await storeStatus(sql, systemClock.now() - DAY_MS), command.home, keys));
    case 'devices': {
      const { devices, latest } = await storeStatus(sql, systemClock.now());
      const lines = devices.map((device) => deviceLine(device, latest));
      return ok({ data: { devices: devices.map((device) => ({ ...device, behind: behind(device, latest) })), events: await latestEvents(sql, EVENTS_WITH_DEVICES) }, lines: lines.length > 0 ? lines : ['no workstation is enrolled'] });
    }
    case 'events': {
      const events = await latestEvents(sql, command.limit, command);
      const lines = events.map(({ at, device, code, what }) => `${time(at)}  ${device ?? '-'.repeat(16)}  ${code.padEnd(20)}  ${plain(what)}`);
      return ok({ data: { events }, lines: lines.length > 0 ? lines : ['nothing has been noted'] });
    }
    case 'quarantine-list': {
      const batches = await listQuarantine(sql, command.limit);
      const lines = batches.map(({ id, at, device, deviceName, segment, bytes }) => `${String(id).padStart(6)}  ${time(at)}  segment ${segment}  of ${device}  ${number(bytes)} bytes  ${plain(deviceName ?? '')}`);
      return ok({ data: { batches }, lines: lines.length > 0 ? lines : ['nothing is in quarantine'] });
    }
    case 'quarantine-show': return showQuarantined(await quarantined(sql, command.id), command.out);
    case 'backup': {
      const made = await backUp(sql, command.home, keys, command.file);
      if (!made.ok) return made;
      const { file, bytes, entries } = made.value;
      return ok({ data: made.value, lines: [`${number(entries)} entries, ${megabytes(bytes)}: ${file}`, 'The organisation\'s keys are not in it; keep a copy of them elsewhere.'] });
    }
  }
}

export async function runRestore({ home, file }: { readonly home: string; readonly file: string }, keys: OrganizationKeys, world: DatabaseWorld): Promise<Result<Outcome, ConsoleFault>> {
  const restored = await restore(home, keys, file, world);
  if (!restored.ok) return restored;
  const { entries, epoch, replaced } = restored.value;
  const lines = [
    `${number(entries)} entries are back; epoch ${epoch} begins, and workstations bring what is missing`,
    ...(replaced === null ? [] : [`what was there before: ${replaced}`]),
    'What was decided after this backup was made is not in it:',
    '  workstations revoked since are let in: revoke them again before you start serve;',
    '  workstations enrolled since are refused: give each a new code, and it brings all it wrote;',
    '  scopes, places and API clients are as they were then; staff and policies come back from the first workstation that holds them.',
    'Unused codes have ended.',
  ];
  return ok({ data: restored.value, lines });
}

/** Entries that have not been handed out to it yet; null for one that has not read since this is noted. */
const behind = ({ readTo }: DeviceLine, latest: number): number | null => (readTo === null ? null : Math.max(0, latest - readTo));

function deviceLine(device: DeviceLine, latest: number): string {
  const { device: id, name, state, entries, segments, lastSeenAt, quarantined: closed } = device;
  const lag = behind(device, latest);
  const read = lag === null ? 'has not read' : lag === 0 ? 'has read all' : `${number(lag)} to read`;
  return `${id}  ${state.padEnd(8)}${number(entries).padStart(11)} entries in ${number(segments)} segments  last seen ${time(lastSeenAt)}  ${read}${closed > 0 ? '  QUARANTINED' : ''}  ${plain(name)}`;
}

function status(store: StoreStatus, home: string, keys: OrganizationKeys): Outcome {
  const { database, devices, latest, urgent, epoch, quarantine, events } = store;
  const { bavail, bsize } = statfsSync(home);
  const disk = { freeBytes: Number(bavail) * Number(bsize) };
  const active = devices.filter(({ state }) => state === 'active').length;
  const kind = database.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL';
  const lines = [
    `${plain(keys.name)} (${keys.id}), epoch ${epoch ?? 'not begun'}`,
    `database    ${kind} ${database.version}, schema ${database.schema}, ${megabytes(database.bytes)}${database.connections === null ? '' : `, ${database.connections} connections`}${database.durable ? '' : '  NOT DURABLE: commits are acknowledged before they are on the disk'}`,
    `disk        ${megabytes(disk.freeBytes)} free at ${home}`,
    `log         ${number(latest)} entries, the last urgent one at ${number(urgent)}`,
    `devices     ${active} active, ${devices.length - active} revoked`,
    ...devices.map((device) => `  ${deviceLine(device, latest)}`),
    `quarantine  ${quarantine.batches === 0 ? 'empty' : `${number(quarantine.batches)} batches against ${number(quarantine.segments)} segments: central quarantine list`}`,
    `events      ${events.length === 0 ? 'none' : events.map(({ code, count }) => `${code} ${number(count)}`).join(', ')} in 24 hours`,
  ];
  const data = { organization: keys.id, name: keys.name, home, database, disk, epoch, log: { entries: latest, urgent }, devices: devices.map((device) => ({ ...device, behind: behind(device, latest) })), quarantine, events };
  return { data, lines };
}

function showQuarantined(batch: QuarantinedBatch | null, out: string | null): Result<Outcome, ConsoleFault> {
  if (batch === null) return refuse('NOT_FOUND');
  const { batch: { header, sealed, signature }, ...facts } = batch;
  if (out !== null) {
    const whole = { ...facts, header: toHex(header), sealed: toHex(sealed), signature: toHex(signature) };
    try {
      writeFileSync(out, `${JSON.stringify(whole, null, 1)}\n`, { flag: 'wx', mode: PRIVATE_MODE });
    } catch (error) {
      const system = systemCode(error);
      return system === 'EEXIST' ? refuse('FILE_EXISTS') : refuse('CANNOT_WRITE', { system });
    }
  }
  const { claims, held, signed } = facts;
  const lines = [
    `batch ${facts.id} of ${time(facts.at)}, ${number(facts.bytes)} bytes, segment ${facts.segment}`,
    `from ${facts.device} ${plain(facts.deviceName ?? '')}: ${signed ? 'signed by its own key, so this workstation or a copy of its disk wrote two histories' : 'NOT signed by its key'}`,
    claims === null ? 'its header does not read' : `it claims ${number(claims.count)} entries from ${number(claims.from)} on, with the head ${claims.head}`,
    held === null ? 'nothing is held of this segment' : `held are ${number(held.length)} entries, with the head ${held.head}`,
    ...(out === null ? [] : [`written whole: ${out}`]),
  ];
  return ok({ data: { ...facts, out }, lines });
}
