import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { RecordId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import type { LightView } from '../../shared/ipc/rows-system.ts';
import { createDeviceStore } from './device-store.ts';
import { NO_CONTACT } from './sync-state.ts';
import { createSyncTruth } from './sync-truth.ts';

const LIGHT: LightView = {
  enrolled: true, organization: 'Org', address: 'a:1', line: 'offline', lineFault: null, running: false, unsent: 0, oldestUnsentAt: null, allSent: false, lastAcknowledgedAt: null, lastContactAt: null,
  clockOffsetMs: null, parked: 0, refused: [], conflicts: 0, bytesSent: 0, bytesReceived: 0, loading: null, progress: null,
};
const LINE = { contact: NO_CONTACT, clockBoundMs: null, held: null, nextAttemptAt: null };
let test: TestLedger;
beforeEach(() => {
  test = openTestLedger();
});
afterEach(() => test.close());

const patient = (family: string) => test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family, given: 'Test', sex: 'female' }, number: 'K' } }]);
const acknowledge = (count: number) => test.store.transact((write) => (write.run('UPDATE segment SET acknowledged = ?', count), ok(null)));

describe('the truth behind the light', () => {
  it('SYN-150 what is unsent is counted by lane, with the age of the oldest', () => {
    const view = createSyncTruth(test.ledger.read).view(LIGHT, LINE);
    expect(view.lanes.map(({ lane, unsent }) => [lane, unsent])).toEqual([['urgent', 0], ['clinical', 1], ['reads', 2], ['bulk', 0]]);
    expect(view.lanes[1]?.oldestAt).toBe(test.ledger.read.get('SELECT min(at) AS at FROM ledger')?.['at']);
    patient('Earlier');
    test.store.transact((write) => (write.run('UPDATE segment SET acknowledged = length'), ok(null)));
    test.clock.advance(5000);
    patient('Later');
    expect(createSyncTruth(test.ledger.read).view(LIGHT, LINE).lanes[0]).toEqual({ lane: 'urgent', unsent: 1, oldestAt: test.clock.now() });
  });

  it('SYN-151 a refusal says how many entries wait because of it and whose words they are', () => {
    patient('Held');
    const segment = String(test.ledger.read.get('SELECT id FROM segment WHERE lane = 0')?.['id']);
    acknowledge(2);
    const [refused, other] = createSyncTruth(test.ledger.read).view({ ...LIGHT, refused: [{ at: 1, what: segment, code: 'BAD_SIGNATURE' }, { at: 2, what: 'page after 7', code: 'GAP' }] }, LINE).refused;
    expect(refused).toMatchObject({ what: segment, code: 'BAD_SIGNATURE', entries: 1, oldestAt: test.clock.now(), by: [{ name: 'Ada Obi', role: 'nurse' }] });
    expect(other).toEqual({ at: 2, what: 'page after 7', code: 'GAP', entries: 0, oldestAt: null, by: [], leaving: 0 });
  });

  it('SYN-233 who is to leave and stays is counted by what stands in the way, and with the refusal they wait for', () => {
    patient('Held');
    const held = RecordId.parse(test.ledger.read.get('SELECT record FROM patient')?.['record']);
    acknowledge(2);
    const segment = String(test.ledger.read.get('SELECT id FROM segment WHERE lane = 0')?.['id']);
    const scope = createDeviceStore(test.ledger, () => null).scope!;
    const view = () => createSyncTruth(test.ledger.read).view({ ...LIGHT, refused: [{ at: 1, what: segment, code: 'BAD_HASH' }] }, LINE);
    expect(view()).toMatchObject({ leaving: { unsent: 0, open: 0 }, refused: [{ leaving: 0 }] });
    expect(scope.evict([held])).toEqual(ok(['unsent']));
    expect(view()).toMatchObject({ leaving: { unsent: 1, open: 0 }, refused: [{ leaving: 1 }] });
    test.ledger.keep((write) => (write.run("INSERT INTO draft (user, patient, body, saved_at) VALUES ('u', ?, '{}', 1)", held), ok(null)));
    expect(view().leaving).toEqual({ unsent: 0, open: 1 });
    test.ledger.keep((write) => (write.run('DELETE FROM draft'), write.run('DELETE FROM outbox'), ok(null)));
    expect(scope.evict([held])).toEqual(ok(['gone']));
    expect(view()).toMatchObject({ leaving: { unsent: 0, open: 0 }, refused: [{ leaving: 0 }] });
  });

  it('SYN-152 what is parked is told apart: newer, unreadable, waiting for what it refers to', () => {
    patient('One');
    patient('Two');
    test.store.transact((write) => {
      for (const [index, reason] of ['newer-version', 'unknown-kind', 'unreadable-body', 'no-patient-yet'].entries()) write.run('INSERT INTO parked (position, reason) VALUES (?, ?)', index + 1, reason);
      return ok(null);
    });
    expect(createSyncTruth(test.ledger.read).view(LIGHT, LINE).parkedBy).toEqual({ newer: 2, unreadable: 1, waiting: 1 });
  });

  it('SYN-153 progress counts what has left each lane since it began, and never more than there is', () => {
    const truth = createSyncTruth(test.ledger.read);
    const sending = { ...LIGHT, progress: { done: 0, total: 3 } };
    patient('One');
    const start = truth.view(sending, LINE).progress?.lanes;
    expect(start).toEqual([{ lane: 'urgent', done: 0, total: 3 }, { lane: 'clinical', done: 0, total: 1 }, { lane: 'reads', done: 0, total: 2 }]);
    acknowledge(2);
    expect(truth.view(sending, LINE).progress?.lanes).toEqual([{ lane: 'urgent', done: 2, total: 3 }, { lane: 'clinical', done: 1, total: 1 }, { lane: 'reads', done: 2, total: 2 }]);
    for (const family of ['Two', 'Three', 'Four']) patient(family);
    expect(truth.view(sending, LINE).progress?.lanes[0]).toEqual({ lane: 'urgent', done: 0, total: 4 });
    expect(truth.view(LIGHT, LINE).progress).toBeNull();
    expect(truth.view(sending, LINE).progress?.lanes).toEqual([{ lane: 'urgent', done: 0, total: 4 }]);
  });
});
