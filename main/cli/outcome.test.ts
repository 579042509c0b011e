import { describe, expect, it } from 'vitest';
import type { FileReport, JobView } from '../../shared/ipc/rows-system.ts';
import { done, exitCodeOf, printed, refused, usage } from './outcome.ts';
import { progressBar, progressLine } from './progress.ts';
import { importOutcome } from './record-commands.ts';

describe('the answer of a command', () => {
  it('is words on standard output and exit code 0 when it is done', () => {
    const outcome = done({ count: 2 }, ['one', 'two']);
    expect(printed(outcome, false)).toEqual({ stdout: 'one\ntwo\n', stderr: '' });
    expect(exitCodeOf(outcome)).toBe(0);
  });

  it('is a fault on standard error and exit code 1 when it is refused', () => {
    const outcome = refused({ code: 'DENIED', detail: { rule: 'r' } });
    expect(printed(outcome, false)).toEqual({ stdout: '', stderr: 'outpost: DENIED rule=r\n' });
    expect(exitCodeOf(outcome)).toBe(1);
  });

  it('is a sentence on standard error and exit code 2 when nothing could be made of it', () => {
    expect(printed(usage('no command given'), false)).toEqual({ stdout: '', stderr: 'outpost: no command given\nSee: outpost --help\n' });
    expect(exitCodeOf(usage('x'))).toBe(2);
  });

  it('is one document with --json, whose ok is that of the command', () => {
    const documents = [done({ ok: false, count: 2 }, ['x']), refused({ code: 'DENIED' }, { files: [], ok: true, fault: null }, ['x']), usage('no')].map((outcome) => printed(outcome, true).stdout);
    expect(documents).toEqual(['{"ok":true,"count":2}\n', '{"ok":false,"fault":{"code":"DENIED"},"files":[]}\n', '{"ok":false,"fault":{"code":"USAGE","detail":{"problem":"no"}}}\n']);
  });
});

const file = (name: string, outcome: FileReport['outcome']): FileReport => ({
  file: name, bytes: 9, outcome, fault: outcome === 'refused' ? { code: 'NOT_JSON', where: 'line 1, byte 0' } : null, read: { Patient: 1 }, taken: 1, alreadyPresent: 0, skipped: [], skippedCount: 0,
});

describe('what an import came to', () => {
  it('is done when every file was taken', () => {
    expect(importOutcome({ state: 'done', fault: null, files: [file('a', 'taken')] })).toMatchObject({ ok: true, lines: ['a: 1 taken, 0 already there, 0 skipped'] });
    expect(importOutcome({ state: 'done', fault: null, files: [] })).toMatchObject({ ok: true, lines: ['no files there'] });
  });

  it.each([
    ['done', null, 'FILES_REFUSED'],
    ['cancelled', null, 'CANCELLED'],
    ['failed', 'DISK_FULL', 'DISK_FULL'],
    ['failed', null, 'INTERNAL'],
  ] as const)('is refused and tells of every file after %s with %s', (state, fault, code) => {
    const files = [file('a', 'taken'), file('b', 'refused')];
    const outcome = importOutcome({ state, fault, files });
    expect(outcome).toMatchObject({ ok: false, fault: { code, detail: { files: 2, refused: 1 } }, beside: { files } });
    expect(outcome.lines).toEqual(['a: 1 taken, 0 already there, 0 skipped', 'b: refused NOT_JSON (line 1, byte 0)']);
  });
});

describe('the progress bar', () => {
  it('fills up, and is full only at the end', () => {
    expect(progressBar({ done: 0, total: 1000 })).toBe(`[${'-'.repeat(30)}]   0 %`);
    expect(progressBar({ done: 500, total: 1000 })).toBe(`[${'#'.repeat(15)}${'-'.repeat(15)}]  50 %`);
    expect(progressBar({ done: 999, total: 1000 })).toBe(`[${'#'.repeat(29)}-]  99 %`);
    expect(progressBar({ done: 2000, total: 1000 })).toBe(`[${'#'.repeat(30)}] 100 %`);
    expect(progressBar({ done: 5, total: null })).toBeNull();
    expect(progressBar({ done: 0, total: 0 })).toBeNull();
  });

  it('draws over itself on a terminal, and nowhere else', () => {
    const view: Omit<JobView, 'state' | 'done' | 'total'> = { job: 'j', type: 'import', unit: 'bytes', files: [], fault: null };
    const drawnOn = (isTTY: boolean): string => {
      let drawn = '';
      const draw = progressLine({ isTTY, write: (text) => (drawn += text) });
      draw({ ...view, state: 'running', done: 0, total: null });
      draw({ ...view, state: 'running', done: 50, total: 100 });
      draw({ ...view, state: 'running', done: 50, total: 100 });
      draw({ ...view, state: 'done', done: 100, total: 100 });
      return drawn;
    };
    expect(drawnOn(true)).toBe(`\r${progressBar({ done: 50, total: 100 }) ?? ''}\r${progressBar({ done: 100, total: 100 }) ?? ''}\n`);
    expect(drawnOn(false)).toBe('');
  });
});
