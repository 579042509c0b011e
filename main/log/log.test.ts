import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CALL_NAMES } from '../../shared/ipc/contract.ts';
import { FAULT_CODES } from '../../shared/ipc/faults.ts';
import { createLog, logFile, LOG_FILE_MAX_BYTES, LOG_FILES_KEPT, type LogEvent, type LogFields } from './log.ts';

const clock = { now: () => Date.UTC(2026, 6, 14, 9, 30), monotonic: () => 0, zone: () => 'UTC', offsetMinutes: () => 0 };
const CANARIES = ['Xiomara Quetzalcoatl', 'GARCIA', 'ESCOBAR', 'o\'brien', '1931-04-05', '078-05-1120', 'MRN 0044-71', 'penicillin rash'];

function recorder(): { readonly lines: string[]; readonly log: ReturnType<typeof createLog> } {
  const lines: string[] = [];
  return { lines, log: createLog(clock, (line) => lines.push(line)) };
}

describe('log', () => {
  it('LOG-1 writes the time, the level, the event and the fields it knows as one line of JSON', () => {
    const { lines, log } = recorder();
    log.warn('call.refused', { call: 'patients.search', fault: 'DENIED', frame: 'sub', count: 3 });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { at: '2026-07-14T09:30:00.000Z', level: 'warn', event: 'call.refused', call: 'patients.search', fault: 'DENIED', frame: 'sub', count: 3 },
    ]);
  });

  it('LOG-2 lets no canary through, whichever field, name or event it comes in', () => {
    for (const canary of CANARIES) {
      const { lines, log } = recorder();
      const fields = ['fault', 'call', 'device', 'user', 'segment', 'entry', 'errorClass', 'errorCode', 'reason', 'version', 'frame', 'platform', 'host', 'milliseconds', 'bytes'];
      for (const field of fields) log.info('call.failed', { [field]: canary } as LogFields);
      log.info('call.failed', { frames: [canary], switches: [canary], [canary]: 1, patientName: canary } as LogFields);
      log.info(canary as LogEvent);
      expect(lines).toHaveLength(fields.length + 2);
      expect(lines.join('\n')).not.toContain(canary);
      expect(lines.join('\n')).toContain('[redacted]');
    }
  });

  it('LOG-3 keeps the class, code and place of an error and never its message', () => {
    const { lines, log } = recorder();
    const cause = Object.assign(new TypeError(`no patient named ${CANARIES[0]}\n    at forged (garcia.ts:1:1)\n    at /tmp/garcia.ts:2:2`), { code: 'ENOSPC' });
    log.error('job.failed', cause);
    const line = JSON.parse(lines[0]!) as { frames: string[] };
    expect(line).toMatchObject({ errorClass: 'TypeError', errorCode: 'ENOSPC' });
    expect(line.frames[0]).toMatch(/^log\.test\.ts:\d+$/);
    expect(lines[0]).not.toMatch(/Xiomara|garcia/);
  });

  it('LOG-3 survives an error whose parts are hostile', () => {
    const { lines, log } = recorder();
    const hostile = new Error('GARCIA');
    hostile.name = 'GARCIA';
    hostile.stack = 'GARCIA\n at GARCIA (GARCIA.ts:1:1)';
    for (const thrown of [hostile, 'GARCIA', { message: 'GARCIA', code: 'GARCIA' }, null, undefined, Object.assign(new Error(''), { code: 'GARCIA' })]) log.error('job.failed', thrown);
    expect(lines).toHaveLength(6);
    expect(lines.join('')).not.toContain('GARCIA');
  });

  it('LOG-2 lets no string outside the lists through, whatever it is', () => {
    const known = new Set<string>(['sub', 'main', ...CALL_NAMES, ...FAULT_CODES]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        fc.pre(!known.has(text));
        const { lines, log } = recorder();
        log.info('call.refused', { frame: text, call: text, fault: text } as LogFields);
        const line = JSON.parse(lines[0]!) as Record<string, unknown>;
        expect([line['frame'], line['call'], line['fault']]).toEqual(['[redacted]', '[redacted]', '[redacted]']);
      }),
    );
  });
});

describe('log file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outpost-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('LOG-4 appends, for the user alone to read', () => {
    const place = join(folder, 'log');
    logFile(place)('{"a":1}');
    logFile(place)('{"a":2}');
    expect(readFileSync(join(place, 'outpost.log'), 'utf8')).toBe('{"a":1}\n{"a":2}\n');
    expect(statSync(join(place, 'outpost.log')).mode & 0o777).toBe(0o600);
    expect(statSync(place).mode & 0o777).toBe(0o700);
  });

  it('LOG-4 never holds more than its bound, and keeps the newest', () => {
    const sink = logFile(folder);
    const line = 'x'.repeat(64 * 1024 - 1);
    const perFile = LOG_FILE_MAX_BYTES / (64 * 1024);
    for (let count = 0; count < perFile * (LOG_FILES_KEPT + 2); count += 1) sink(line);
    sink('newest');
    const files = readdirSync(folder).toSorted();
    expect(files).toEqual(['outpost.1.log', 'outpost.2.log', 'outpost.3.log', 'outpost.log']);
    for (const file of files) expect(statSync(join(folder, file)).size).toBeLessThanOrEqual(LOG_FILE_MAX_BYTES);
    expect(readFileSync(join(folder, 'outpost.log'), 'utf8')).toBe('newest\n');
  });

  it('LOG-5 counts the lines a disk refuses and says so when it can write again', () => {
    const place = join(folder, 'log');
    writeFileSync(place, 'a file where the folder should be');
    const sink = logFile(place);
    sink('lost');
    sink('lost as well');
    rmSync(place);
    sink('kept');
    expect(readFileSync(join(place, 'outpost.log'), 'utf8')).toBe('{"level":"warn","event":"log.lines-dropped","dropped":2}\nkept\n');
  });
});
