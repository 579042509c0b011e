import type { Clock } from '../../shared/base/world.ts';
import { LOG_EVENTS, type LogEvent, redactFields, type LogFields } from './redact.ts';
import { describeError } from './describe-error.ts';

/**
 * The technical log, for whoever mends a workstation. It promises that no patient data and no secret can enter it:
 * only events of a closed list and fields of a closed list pass, each held to a pattern that leaves no room for a
 * name or a sentence. What happened to charts is not its business; that is in the ledger.
 */
export type Log = {
  readonly info: (event: LogEvent, fields?: LogFields) => void;
  readonly warn: (event: LogEvent, fields?: LogFields) => void;
  /** `error` is reduced to its class, its system code and where it was thrown; its message stays out. */
  readonly error: (event: LogEvent, error: unknown, fields?: LogFields) => void;
};

/** Takes one line without its line break. Must not throw: a full disk may cost log lines, never work. */
export type LogSink = (line: string) => void;

type Level = 'info' | 'warn' | 'error';

export function createLog(clock: Clock, sink: LogSink): Log {
  const write = (level: Level, event: LogEvent, fields: Readonly<Record<string, unknown>>): void => {
    const known = (LOG_EVENTS as readonly string[]).includes(event) ? event : 'log.unknown-event';
    sink(JSON.stringify({ at: new Date(clock.now()).toISOString(), level, event: known, ...redactFields(fields) }));
  };
  return {
    info: (event, fields = {}) => write('info', event, fields),
    warn: (event, fields = {}) => write('warn', event, fields),
    error: (event, error, fields = {}) => write('error', event, { ...fields, ...describeError(error) }),
  };
}

/** A log that keeps nothing, for tools and tests that have no place for one. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export { logFile, LOG_FILE_MAX_BYTES, LOG_FILES_KEPT } from './log-file.ts';
export type { LogEvent, LogFields } from './redact.ts';
