import { describe, expect, it } from 'vitest';
import { type SyncView, syncLight } from './sync-light.ts';

const NOW = 10 * 3_600_000;
const resting: SyncView = {
  enrolled: true, organization: 'Org', address: 'a:1', line: 'online', lineFault: null, running: false, unsent: 0, oldestUnsentAt: null, allSent: true,
  lastAcknowledgedAt: NOW, lastContactAt: NOW, clockOffsetMs: 0, parked: 0, refused: [], conflicts: 0, bytesSent: 0, bytesReceived: 0, progress: null,
  lanes: [], acknowledged: null, parkedBy: { newer: 0, unreadable: 0, waiting: 0 }, leaving: { unsent: 0, open: 0 }, clockBoundMs: null, oldestConflictAt: null, review: 0, held: null, forks: 0, nextAttemptAt: null, loading: null, orders: null,
};

describe('the sync light', () => {
  it('says "all sent" on the engine\'s word alone', () => {
    expect(syncLight(resting, NOW)).toEqual({ shape: 'full', text: 'Online · all sent' });
    const counted = syncLight({ ...resting, allSent: false }, NOW);
    expect(counted.shape).toBe('half');
    expect(counted.text).not.toContain('all sent');
  });

  it('counts what waits and how long the oldest has', () => {
    expect(syncLight({ ...resting, line: 'offline', allSent: false, unsent: 14, oldestUnsentAt: NOW - 3 * 3_600_000 }, NOW)).toEqual({ shape: 'empty', text: 'Offline · 14 unsent, oldest 3 h' });
  });

  it('does not promise anything to a workstation that is not joined', () => {
    expect(syncLight({ ...resting, enrolled: false, line: 'not-enrolled', allSent: false }, NOW).text).toBe('Not joined to a central server · nothing unsent');
  });

  it('does not call a line offline that nobody has tried yet, nor connecting one that rests under a hold', () => {
    expect(syncLight({ ...resting, line: 'untried', allSent: false, unsent: 2 }, NOW)).toEqual({ shape: 'half', text: 'Connecting · 2 unsent' });
    expect(syncLight({ ...resting, line: 'untried', allSent: false, unsent: 2, held: 'rolled-back' }, NOW)).toEqual({ shape: 'cross', text: 'Nothing is sent: writing is on hold · 2 unsent' });
  });

  it('does not show a server that is busy as one that refuses', () => {
    expect(syncLight({ ...resting, line: 'busy', allSent: false, unsent: 2 }, NOW)).toEqual({ shape: 'half', text: 'Central is busy · 2 unsent' });
  });

  it('says how far a workstation is filled, whatever else is true', () => {
    expect(syncLight({ ...resting, loading: { done: 1200, total: 4200 } }, NOW).text).toBe('Online · filling: 1,200 of 4,200 entries here · all sent');
    expect(syncLight({ ...resting, line: 'offline', loading: { done: 1200, total: null } }, NOW).text).toBe('Offline · filling: 1,200 entries here · all sent');
  });

  it('shows refusals and conflicts before everything is well', () => {
    expect(syncLight({ ...resting, refused: [{ at: NOW, what: 'batch', code: 'SERVER_REFUSED', entries: 0, oldestAt: null, by: [] }] }, NOW).shape).toBe('cross');
    expect(syncLight({ ...resting, line: 'refused', allSent: false, unsent: 2 }, NOW)).toEqual({ shape: 'cross', text: 'Refused by central · 2 unsent' });
    expect(syncLight({ ...resting, conflicts: 1 }, NOW).text).toBe('Online · all sent · 1 conflict');
  });
});
