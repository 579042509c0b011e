import { parseArgs } from 'node:util';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { CONSOLE_OPTIONS, CONSOLE_OWN_OPTIONS, CONSOLE_USAGE, isConsoleWord, parseConsoleCommand, type ConsoleCommand } from './console-options.ts';
import { isDeviceId, isOrdersWord, ORDERS_OPTIONS, ORDERS_OWN_OPTIONS, ORDERS_USAGE, parseOrdersCommand, type OrdersCommand } from './orders-options.ts';
import { isScopeWord, parseScopeCommand, SCOPE_OPTIONS, SCOPE_OWN_OPTIONS, SCOPE_USAGE, type ScopeCommand } from './scope-options.ts';
import { API_USAGE, parseApiCommand, parseServing, type ApiCommand, type ApiServing } from './api-options.ts';

/** What was asked for on the command line. */
export type Command =
  | { readonly name: 'serve'; readonly home: string; readonly json: boolean; readonly host: string; readonly port: number; readonly organization: string | null; readonly api: ApiServing | null }
  | { readonly name: 'enrol-code'; readonly home: string; readonly json: boolean; readonly address: { readonly host: string; readonly port: number } | null; readonly hours: number; readonly device: string | null }
  | { readonly name: 'verify'; readonly home: string; readonly json: boolean }
  | { readonly name: 'snapshot'; readonly home: string; readonly json: boolean; readonly device: string; readonly folder: string }
  | ApiCommand
  | OrdersCommand
  | ConsoleCommand
  | ScopeCommand
  | { readonly name: 'help' };

export const DEFAULT_PORT = 7443;
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_HOURS = 24;
const HOURS_MAX = 24 * 30;
const PORT_MAX = 65_535;

export const USAGE = `central: the reference server that Outpost workstations sync with

  central serve      --home DIR [--listen HOST:PORT] [--name ORGANIZATION] [--fhir HOST:PORT [--fhir-name NAME ...] [--forward URL ...]] [--json]
  central enrol-code --home DIR [--address HOST:PORT] [--hours N] [--device DEVICE] [--json]
  central verify     --home DIR [--json]
  central snapshot DEVICE --home DIR --out DIR [--json]

serve makes the folder with its authority and keys on first run and listens on ${DEFAULT_HOST}:${DEFAULT_PORT} unless told otherwise.
enrol-code prints a code good for one workstation and ${DEFAULT_HOURS} hours; --address is how workstations reach this server.
snapshot writes the records for one enrolled workstation into a new folder (on a stick, say), readable by that workstation alone;
there: outpost provision --from DIR.
Exit code 0 done, 1 refused or failed, 2 wrong usage. --json prints one JSON document on standard output.
${CONSOLE_USAGE}${SCOPE_USAGE}${ORDERS_USAGE}${API_USAGE}`;

/** `host:port`, `[address]:port` or `host` alone. */
function parseAddress(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9.-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  return host === undefined || port > PORT_MAX ? null : { host, port };
}

const OPTIONS = {
  home: { type: 'string' }, json: { type: 'boolean' }, listen: { type: 'string' }, name: { type: 'string' },
  address: { type: 'string' }, hours: { type: 'string' }, help: { type: 'boolean', short: 'h' },
  fhir: { type: 'string' }, 'fhir-name': { type: 'string', multiple: true }, forward: { type: 'string' }, 'forward-token-file': { type: 'string' }, 'forward-authority-file': { type: 'string' },
  scope: { type: 'string', multiple: true }, days: { type: 'string' }, limit: { type: 'string' }, 'token-file': { type: 'string' }, out: { type: 'string' },
  ...ORDERS_OPTIONS, ...CONSOLE_OPTIONS, ...SCOPE_OPTIONS,
} as const;
/** Options of one command only; every command takes --home and --json. */
const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  serve: ['listen', 'name', 'fhir', 'fhir-name', 'forward', 'forward-token-file', 'forward-authority-file'], client: ['scope', 'days', 'token-file'], 'access-log': ['limit'],
  'enrol-code': ['address', 'hours', 'device'], verify: [], snapshot: ['out'], ...ORDERS_OWN_OPTIONS, ...CONSOLE_OWN_OPTIONS, ...SCOPE_OWN_OPTIONS,
};

/** USAGE: `detail.what` says what is wrong. */
export function parseCommand(args: readonly string[]): Result<Command, 'USAGE'> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    return refuse('USAGE', { what: error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown option' });
  }
  const { values, positionals } = parsed;
  const [name, device, ...rest] = positionals;
  if (values.help === true || name === 'help') return ok({ name: 'help' });
  const own = OWN_OPTIONS[name ?? ''];
  if (name === undefined || own === undefined) return refuse('USAGE', { what: name === undefined ? 'no command given' : `no command ${name}` });
  const foreign = Object.keys(values).find((option) => option !== 'home' && option !== 'json' && !own.includes(option));
  if (foreign !== undefined) return refuse('USAGE', { what: `${name} takes no --${foreign}` });
  const manyWords = name === 'client' || name === 'access-log' || isOrdersWord(name) || isConsoleWord(name) || isScopeWord(name);
  if (!manyWords && rest.length > 0) return refuse('USAGE', { what: 'too many arguments' });
  if (!manyWords && device !== undefined && name !== 'snapshot') return refuse('USAGE', { what: 'too many arguments' });
  const { home } = values;
  if (home === undefined || home === '') return refuse('USAGE', { what: '--home DIR is needed' });
  const common = { home, json: values.json === true };
  if (name === 'client' || name === 'access-log') return parseApiCommand(name, positionals.slice(1), values, common);
  if (isOrdersWord(name)) return parseOrdersCommand(name, positionals.slice(1), values, common);
  if (isConsoleWord(name)) return parseConsoleCommand(name, positionals.slice(1), values, common);
  if (isScopeWord(name)) return parseScopeCommand(name, positionals.slice(1), values, common);
  if (name === 'serve') {
    const api = parseServing(values, parseAddress);
    if (!api.ok) return api;
    const address = parseAddress(values.listen ?? `${DEFAULT_HOST}:${DEFAULT_PORT}`);
    if (address === null) return refuse('USAGE', { what: '--listen takes HOST:PORT' });
    return ok({ name, ...common, ...address, organization: values.name ?? null, api: api.value });
  }
  if (name === 'enrol-code') {
    const address = values.address === undefined ? null : parseAddress(values.address);
    if (values.address !== undefined && (address === null || address.port === 0)) return refuse('USAGE', { what: '--address takes HOST:PORT' });
    const hours = Number(values.hours ?? DEFAULT_HOURS);
    if (!(hours > 0 && hours <= HOURS_MAX)) return refuse('USAGE', { what: `--hours takes a number up to ${HOURS_MAX}` });
    if (values.device !== undefined && !isDeviceId(values.device)) return refuse('USAGE', { what: '--device takes the id of a device' });
    return ok({ name, ...common, address, hours, device: values.device ?? null });
  }
  if (name === 'snapshot') {
    if (!isDeviceId(device)) return refuse('USAGE', { what: 'snapshot takes the id of a device' });
    return values.out === undefined || values.out === '' ? refuse('USAGE', { what: '--out DIR is needed' }) : ok({ name, ...common, device, folder: values.out });
  }
  return ok({ name: 'verify', ...common });
}
