import { generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { describe, expect, it } from 'vitest';
import { openTestLedger, testGrant, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { TEST_DEVICE } from '../../build/fixtures/test-world.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { LANE, type Lane } from '../../shared/ledger/lanes.ts';
import { entriesOf } from '../ledger/ledger.ts';
import { openAudit, readTrail, trailLines, type Audit, type Signer, type Verification } from './audit.ts';

const pair = generateKeyPairSync('ed25519');
const signer: Signer = { publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32), sign: (message) => sign(null, message, pair.privateKey) };
const DAY_MS = 24 * 60 * 60_000;
const OTHER = DeviceId.parse('00000000000000d2');
const ALL = { patient: null, userName: null, kinds: [], refusedOnly: false, from: null, to: null, before: null, limit: 500 };

function audited(test: TestLedger, contactAt: () => number | null = () => null): Audit {
  let anchor: string | null = null;
  return openAudit({ ledger: test.ledger, signer, vault: 'v', device: TEST_DEVICE, clock: test.clock, anchorKey: new Uint8Array(32), anchorPlace: { read: () => anchor, write: (text) => void (anchor = text) }, contactAt });
}

function verified(audit: Audit): Verification {
  const steps = audit.verify();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function chart(test: TestLedger): void {
  test.ledger.append(test.grant, [
    { kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Okafor', given: 'Chidinma', sex: 'female' }, number: 'K7-0042-3' } },
    { kind: 'chart.viewed', body: { what: 'chart' } },
    { kind: 'chart.viewed', body: { what: 'chart' } },
  ]);
}

/** Ships a lane as far as its first `length` entries. */
function ship(from: TestLedger, to: TestLedger, lane: Lane, length = 1000): void {
  const { segment } = from.ledger.lanes().find((head) => head.lane === lane)!;
  const received = to.ledger.receive([{ entries: entriesOf(from.ledger.read, segment, 0, length, 1e9) }], () => undefined);
  if (!received.ok) throw new Error(received.fault.code);
}

describe('lanes in the trail', () => {
  it('AUD-8 a session that writes to several lanes is one line of the trail', () => {
    const a = openTestLedger({ signingKey: signer.publicKey });
    const b = openTestLedger({ device: OTHER });
    chart(a);
    const openings = (test: TestLedger) => readTrail(test.ledger.read, { ...ALL, kinds: ['session.open'] }).lines.filter(({ by }) => by.device === TEST_DEVICE).map(({ by }) => by.userName);
    expect(openings(a)).toEqual(['Ada Obi']);
    expect([...trailLines(a.ledger.read, null, null)].filter(({ kind }) => kind === 'session.open')).toHaveLength(1);
    // While the lane of the sign-in itself has not come, the copy stands for it.
    ship(a, b, LANE.urgent);
    expect(openings(b)).toEqual(['Ada Obi']);
    ship(a, b, LANE.reads);
    expect(openings(b)).toEqual(['Ada Obi']);
    a.close();
    b.close();
  });
});

describe('ends of lanes', () => {
  it('AUD-10 what is written is signed 15 minutes after the last signature, and nothing is signed while nothing is written', () => {
    const test = openTestLedger({ signingKey: signer.publicKey });
    const audit = audited(test);
    const seals = () => Number(test.ledger.read.get("SELECT count(*) AS count FROM ledger WHERE kind = 'checkpoint'")?.['count']);
    const tick = (minutes: number) => {
      test.clock.advance(minutes * 60_000);
      expect(audit.sealIfDue(() => testGrant()).ok).toBe(true);
      return seals();
    };
    expect(tick(60)).toBe(0);
    chart(test);
    expect(tick(0)).toBe(1);
    chart(test);
    expect(tick(14)).toBe(1);
    expect(tick(1)).toBe(2);
    expect(tick(60)).toBe(2);
    // One that is signed for another reason counts as well.
    chart(test);
    audit.checkpoint(testGrant());
    chart(test);
    expect(tick(14)).toBe(3);
    expect(tick(1)).toBe(4);
    expect(verified(audit)).toMatchObject({ problems: [], checkpoints: 4 });
    test.close();
  });

  it('AUD-9 a checkpoint signs where every lane of its start stands', () => {
    const test = openTestLedger({ signingKey: signer.publicKey });
    const audit = audited(test);
    chart(test);
    const stood = test.ledger.lanes();
    audit.checkpoint(testGrant());
    const row = test.ledger.read.get("SELECT body FROM ledger WHERE kind = 'checkpoint'");
    const { lane: _lane, ...clinical } = stood.find(({ lane }) => lane === LANE.clinical)!;
    expect(JSON.parse(Buffer.from(row!['body'] as Uint8Array).toString())).toMatchObject({ ...clinical, lanes: stood.filter(({ lane }) => lane !== LANE.clinical) });
    expect(verified(audit)).toMatchObject({ problems: [], lags: [], checkpoints: 1 });
    test.close();
  });

  it('AUD-9 an own lane whose end is cut off is missed, though its chain and length agree', () => {
    const test = openTestLedger({ signingKey: signer.publicKey });
    const audit = audited(test);
    chart(test);
    audit.checkpoint(testGrant());
    test.store.transact((write) => {
      for (const trigger of ['ledger_no_delete', 'ledger_no_update']) write.run(`DROP TRIGGER ${trigger}`);
      const last = write.get("SELECT max(position) AS position FROM ledger WHERE kind = 'chart.viewed'")!['position']!;
      const { segment, sequence } = write.get('SELECT segment, sequence FROM ledger WHERE position = ?', last) as { segment: number; sequence: number };
      write.run('DELETE FROM outbox');
      write.run('DELETE FROM ledger WHERE position = ?', last);
      write.run('UPDATE ledger SET position = position - 1 WHERE position > ?', last);
      write.run('UPDATE segment SET length = ?, head = (SELECT hash FROM ledger WHERE segment = ref AND sequence = ?) WHERE ref = ?', sequence, sequence - 1, segment);
      return { ok: true, value: null };
    });
    expect(verified(audit).problems.map(({ problem }) => problem)).toEqual(['entries that this workstation signed for are gone']);
    test.close();
  });

  it('AUD-9 another workstation\'s lane that lags is late, and missing once central was reached a day after it was signed for', () => {
    const a = openTestLedger({ signingKey: signer.publicKey });
    const b = openTestLedger({ device: OTHER });
    chart(a);
    audited(a).checkpoint(testGrant());
    const sealedAt = a.clock.now();
    ship(a, b, LANE.urgent);
    ship(a, b, LANE.clinical);
    ship(a, b, LANE.reads, 2);
    let contactAt: number | null = null;
    const audit = audited(b, () => contactAt);
    const at = (contact: number | null) => ((contactAt = contact), verified(audit));
    const { segment, length } = a.ledger.lanes().find(({ lane }) => lane === LANE.reads)!;
    const lag = { device: TEST_DEVICE, deviceName: 'Test workstation', lane: LANE.reads, segment, held: 2, sealed: length, sealedAt };
    for (const contact of [null, sealedAt, sealedAt + DAY_MS]) expect(at(contact)).toMatchObject({ problems: [], lags: [{ ...lag, alarm: false }] });
    const alarmed = at(sealedAt + DAY_MS + 1);
    expect(alarmed.lags).toEqual([{ ...lag, alarm: true }]);
    // Nothing that is held is wrong: it is a lack, told apart.
    expect(alarmed.problems).toEqual([]);
    expect(alarmed.projection).toBe('equal');
    ship(a, b, LANE.reads);
    expect(at(sealedAt + 2 * DAY_MS)).toMatchObject({ problems: [], lags: [] });
    a.close();
    b.close();
  });

  it('AUD-9 a lane that is not the one its device signed for is found, and a device cannot sign for another\'s', () => {
    const a = openTestLedger({ signingKey: signer.publicKey });
    const b = openTestLedger({ device: OTHER, signingKey: signer.publicKey });
    chart(a);
    audited(a).checkpoint(testGrant());
    for (const lane of [LANE.urgent, LANE.clinical, LANE.reads]) ship(a, b, lane);
    expect(verified(audited(b)).problems).toEqual([]);
    // An honest signature over a lane that is somebody else's proves nothing about it.
    const theirs = b.ledger.read.get("SELECT id FROM segment WHERE device = ? AND lane = 2", TEST_DEVICE)!['id'];
    const { lane: _lane, ...clinical } = b.ledger.state();
    const body = { ...clinical, lanes: [{ segment: theirs, lane: 2, length: 1, head: '00'.repeat(32) }], vault: 'v', device: OTHER, at: 0, state: null };
    b.ledger.append(testGrant(), [{ kind: 'checkpoint', body: { ...body, signature: Buffer.from(signer.sign(Buffer.from(canonicalize(body)!))).toString('hex') } }]);
    expect(verified(audited(b)).problems.map(({ problem }) => problem)).toEqual(['the checkpoint names another history']);
    a.close();
    b.close();
  });

  it('AUD-9 own history that is on its way back after a restore is late, not gone', () => {
    const before = openTestLedger({ signingKey: signer.publicKey });
    const central = openTestLedger({ device: OTHER });
    const file = join(before.path, 'vault.db');
    before.store.checkpoint();
    copyFileSync(file, `${file}.noon`);
    chart(before);
    audited(before).checkpoint(testGrant());
    for (const lane of [LANE.urgent, LANE.clinical, LANE.reads]) ship(before, central, lane);
    const { segment: reads } = before.ledger.lanes().find(({ lane }) => lane === LANE.reads)!;
    const runs = before.ledger.lanes().map(({ segment }) => ({ segment, entries: entriesOf(before.ledger.read, segment, 0, 1000, 1e9), standing: 'attested' as const, author: TEST_DEVICE }));
    before.store.close();
    rmSync(`${file}-wal`, { force: true });
    copyFileSync(`${file}.noon`, file);
    const after = openTestLedger({ folder: before.path, clock: before.clock, signingKey: signer.publicKey });
    const audit = openAudit({ ledger: after.ledger, signer, vault: 'v', device: TEST_DEVICE, clock: after.clock, anchorKey: new Uint8Array(32), anchorPlace: { read: () => null, write: () => undefined } });
    expect(after.ledger.receive(runs.filter(({ segment }) => segment !== reads), () => undefined)).toMatchObject({ ok: true, value: { closed: [] } });
    expect(verified(audit)).toMatchObject({ problems: [], lags: [{ segment: reads, lane: LANE.reads, device: TEST_DEVICE, alarm: false }] });
    expect(after.ledger.receive(runs, () => undefined)).toMatchObject({ ok: true, value: { closed: [] } });
    expect(verified(audit)).toMatchObject({ problems: [], lags: [] });
    for (const test of [before, central, after]) test.close();
  });

  it('AUD-9 what was erased is counted, and no fault', () => {
    const test = openTestLedger({ signingKey: signer.publicKey });
    chart(test);
    test.ledger.keep((write) => ({ ok: true, value: write.run("UPDATE ledger SET body = NULL WHERE kind = 'chart.viewed'").changes }));
    expect(verified(audited(test))).toMatchObject({ problems: [], deliberate: { erased: 2, closed: 0 } });
    test.close();
  });
});
