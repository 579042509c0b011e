import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { syncWords } from '../words/sync.ts';
import { clockIsWrong, clockText, syncHeadline, type SyncView } from './sync-headline.ts';

const view = (change: Partial<SyncView>): SyncView => ({
  enrolled: true, organization: null, address: null, line: 'online', lineFault: null, running: false, unsent: 0, oldestUnsentAt: null, allSent: false, lastAcknowledgedAt: null, lastContactAt: null, clockOffsetMs: null,
  parked: 0, refused: [], conflicts: 0, bytesSent: 0, bytesReceived: 0, progress: null,
  lanes: [], acknowledged: null, parkedBy: { newer: 0, unreadable: 0, waiting: 0 }, leaving: { unsent: 0, open: 0 }, clockBoundMs: null, oldestConflictAt: null, review: 0, held: null, forks: 0, nextAttemptAt: null, ...change,
});

it('says "all sent" exactly when the engine does', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.nat({ max: 9 }), fc.constantFrom('offline', 'online', 'connecting', 'refused', 'not-enrolled'), (allSent, enrolled, unsent, line) => {
      expect(syncHeadline(view({ allSent, enrolled, unsent, line }), 0, 'UTC').title === syncWords.allSent).toBe(allSent);
    }),
  );
});

it('names what is unsent and how old', () => {
  const headline = syncHeadline(view({ unsent: 1400, oldestUnsentAt: 0 }), 3 * 3_600_000, 'UTC');
  expect(headline).toMatchObject({ tone: 'waiting', title: '1,400 entries not sent yet' });
  expect(headline.text).toContain('3 h ago');
  expect(syncHeadline(view({ unsent: 0 }), 0, 'UTC').title).toBe(syncWords.unacknowledged);
  expect(syncHeadline(view({ enrolled: false, unsent: 3 }), 0, 'UTC').tone).toBe('local');
});

it('reads the clock against the server', () => {
  expect(clockText(null)).toBe(syncWords.never);
  expect(clockText(900)).toBe(syncWords.clockAgrees);
  expect(clockText(300_000)).toBe('5 min behind');
  expect(clockText(-300_000)).toBe('5 min ahead');
});

it('says how sure it is of the clock, and warns only of what the bound cannot explain', () => {
  expect(clockText(900, 80)).toBe(`${syncWords.clockAgrees}, give or take 1 s`);
  expect(clockText(300_000, 2100)).toBe('5 min behind, give or take 3 s');
  const wrong = (clockOffsetMs: number | null, clockBoundMs: number | null) => clockIsWrong({ clockOffsetMs, clockBoundMs });
  expect([wrong(null, null), wrong(119_000, 0), wrong(121_000, 0), wrong(-121_000, null), wrong(125_000, 6000), wrong(-3_600_000, 9000)]).toEqual([false, false, true, true, false, true]);
});

it('never says "all sent" while nothing may be sent', () => {
  expect(syncHeadline(view({ allSent: true, held: 'rolled-back' }), 0, 'UTC').title).toBe(syncWords.heldTitle);
});
