import { describe, expect, it } from 'vitest';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { type PartAnswers, isSafeKeystore, judgeParts } from './part-verdicts.ts';

const ready = <Value,>(value: Value) => ({ at: 'ready' as const, value, stale: null, refreshing: false });
const report: CallOutput<'audit.verify'> = { ok: true, entries: 7, segments: 1, checkpoints: 1, firstBad: null, problems: [], projection: 'equal', head: '', milliseconds: 3 };
const status = { state: 'unlocked', version: '0', clinic: '', deviceName: '', session: null, now: 0, zone: 'UTC', offsetMinutes: 0, clock: 'ok', policyVersion: '1', policyIssuedAt: 0, keystoreLevel: 'os', held: null } as const;
const sync = { enrolled: true, line: 'online' } as CallOutput<'sync.status'>;
const answers: PartAnswers = { status: ready(status), search: { at: 'failed', fault: { code: 'DENIED' } }, staff: ready({ staff: [] }), sync: ready(sync), verified: { ok: true, value: report } };
const stateOf = (given: Partial<PartAnswers>, part: string) => judgeParts({ ...answers, ...given }, 'UTC').find((verdict) => verdict.part === part)?.state;

describe('the test at the end of set-up', () => {
  it('passes where every part gave a right answer', () => {
    expect(judgeParts(answers, 'UTC').map(({ state }) => state)).toEqual(['works', 'works', 'works', 'works', 'works', 'works', 'works']);
  });

  it('waits for what has not answered', () => {
    expect(stateOf({ verified: null }, 'trail')).toBe('waiting');
    expect(stateOf({ staff: { at: 'loading' } }, 'records')).toBe('waiting');
  });

  it('fails a trail that does not hold in any respect', () => {
    expect(stateOf({ verified: { ok: true, value: { ...report, ok: false } } }, 'trail')).toBe('fails');
    expect(stateOf({ verified: { ok: true, value: { ...report, projection: 'differs' } } }, 'trail')).toBe('fails');
    expect(stateOf({ verified: { ok: true, value: { ...report, firstBad: { entry: 'x', position: 1, problem: 'hash' } } } }, 'trail')).toBe('fails');
    expect(stateOf({ verified: { ok: false, fault: { code: 'INTERNAL' } } }, 'trail')).toBe('fails');
  });

  it('fails a locked vault, a doubtful clock and reads that fail', () => {
    expect(stateOf({ status: ready({ ...status, state: 'locked' }) }, 'vault')).toBe('fails');
    expect(stateOf({ status: ready({ ...status, clock: 'suspect' }) }, 'clock')).toBe('fails');
    expect(stateOf({ search: { at: 'failed', fault: { code: 'INTERNAL' } } }, 'access')).toBe('fails');
  });

  it('points at a key in a file and at a workstation that stands alone', () => {
    expect(stateOf({ status: ready({ ...status, keystoreLevel: 'development' }) }, 'keystore')).toBe('attention');
    expect(stateOf({ sync: ready({ ...sync, enrolled: false }) }, 'central')).toBe('attention');
    expect(['tpm', 'os', 'development', 'none', 'unheard of'].map(isSafeKeystore)).toEqual([true, true, false, false, false]);
  });
});
