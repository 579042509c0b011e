import { constants } from 'node:os';
import { CALL_NAMES } from '../../shared/ipc/contract.ts';
import { FAULT_CODES } from '../../shared/ipc/faults.ts';

/** Everything the log can say. A new event is a line here, so that its name is reviewed and never made at run time. */
export const LOG_EVENTS = [
  'log.unknown-event', 'log.lines-dropped',
  'host.started', 'host.start-refused', 'host.start-failed', 'host.second-instance', 'host.navigation-refused', 'host.window-refused', 'host.permission-refused',
  'host.certificate-refused', 'host.window-gone', 'host.renderer-gone', 'host.content-refused', 'host.keystore-failed',
  'engine.starting', 'engine.ready', 'engine.stopping', 'engine.stopped', 'engine.crashed', 'engine.message-refused', 'engine.too-many-windows',
  'call.refused', 'call.failed', 'call.slow',
  'vault.created', 'vault.opened', 'vault.locked', 'vault.refused', 'vault.damaged', 'keystore.refused', 'guard.tampered',
  'store.opened', 'store.migrated', 'store.refused', 'store.slow', 'store.checkpointed', 'store.disk-full',
  'ledger.segment-opened', 'ledger.rebuilt', 'ledger.projection-differs', 'ledger.refused',
  'audit.verified', 'audit.broken', 'audit.checkpointed', 'integrity.held',
  'session.opened', 'session.locked', 'session.refused',
  'import.started', 'import.file-done', 'import.finished', 'export.made',
  'sync.started', 'sync.finished', 'sync.refused', 'sync.offline', 'sync.enrolled', 'sync.parked', 'relay.noted', 'orders.erased', 'orders.erase-failed',
  'job.failed', 'clock.suspect',
] as const;
export type LogEvent = (typeof LOG_EVENTS)[number];

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const matches = (pattern: RegExp) => (value: unknown): boolean => typeof value === 'string' && pattern.test(value);
const oneOf = (...values: readonly string[]) => (value: unknown): boolean => typeof value === 'string' && values.includes(value);

const isFault = oneOf(...FAULT_CODES);
/** Codes of the operating system, of Node and of SQLite: sets closed by their owners. `ESCOBAR` is not one. */
const isSystemCode = (value: unknown): boolean =>
  typeof value === 'string' && (Object.hasOwn(constants.errno, value) || /^(?:ERR|SQLITE)_[A-Z0-9_]{1,40}$/.test(value));

/**
 * The fields a line may hold and what each may look like. Identifiers of devices, users and entries are random
 * hexadecimal; ids of patients and their records are not here.
 */
const FIELDS = {
  fault: isFault,
  call: oneOf(...CALL_NAMES),
  device: matches(/^[0-9a-f]{16}$/),
  user: matches(/^[0-9a-f]{16}$/),
  segment: matches(/^[0-9a-f]{16}$/),
  entry: matches(/^[0-9a-f]{16}\.\d{1,15}$/),
  errorClass: oneOf('Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError', 'SqliteError', 'ZodError', 'AbortError', 'DOMException', 'other'),
  errorCode: isSystemCode,
  frames: (value: unknown): boolean => Array.isArray(value) && value.length <= 12 && value.every(matches(/^[a-z][a-z0-9-]{0,40}(?:\.[a-z0-9-]{1,40})?\.(?:ts|js|cjs|mjs):\d{1,6}$/)),
  reason: oneOf('idle', 'limit', 'suspend', 'screen-locked', 'window-closed', 'asked', 'stop', 'crashed', 'killed', 'oom', 'launch-failed', 'integrity-failure', 'clean-exit', 'abnormal-exit', 'memory-eviction'),
  platform: oneOf('linux', 'darwin', 'win32', 'freebsd', 'openbsd'),
  host: oneOf('electron', 'chromium', 'cli'),
  keystore: oneOf('tpm', 'os', 'development', 'none'),
  version: matches(/^\d{1,4}(?:\.\d{1,4}){0,3}$/),
  switches: (value: unknown): boolean => Array.isArray(value) && value.length <= 64 && value.every(matches(/^(?:--[a-z][a-z0-9-]{1,40}|--\(unreadable\)|SSLKEYLOGFILE|[A-Z]+_[A-Z_]{2,40})$/)),
  frame: oneOf('main', 'sub'),
  permission: matches(/^[a-z][A-Za-z]*(?:-[a-z]+)*$/),
  milliseconds: isCount,
  bytes: isCount,
  count: isCount,
  limit: isCount,
  exitCode: isCount,
  position: isCount,
  step: isCount,
  dropped: isCount,
} as const satisfies Readonly<Record<string, (value: unknown) => boolean>>;

export type LogField = keyof typeof FIELDS;
export type LogFields = Readonly<Partial<Record<LogField, string | number | boolean | null | readonly string[]>>>;

const REDACTED = '[redacted]';

/** Keeps what is on the list and looks like it; replaces other values and drops names that are not on the list. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let dropped = 0;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    // A field's own name may be patient data as well, so an unknown one leaves only its count.
    if (!Object.hasOwn(FIELDS, name)) dropped += 1;
    else if (value === null || typeof value === 'boolean' || FIELDS[name as LogField](value)) kept[name] = value;
    else kept[name] = REDACTED;
  }
  if (dropped > 0) kept['redactedFields'] = dropped;
  return kept;
}
