import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { partOf } from '../../build/fixtures/test-parts.ts';
import { TEST_DEVICE } from '../../build/fixtures/test-world.ts';
import { DeviceId, recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { chainHash } from '../../shared/ledger/entry.ts';
import { ok } from '../../shared/base/result.ts';
import { allSegments, sha256 } from '../ledger/ledger.ts';
import { openAudit, type Audit, type Signer, type Verification } from './audit.ts';

const pair = generateKeyPairSync('ed25519');
const signer: Signer = { publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32), sign: (message) => sign(null, message, pair.privateKey) };
const OTHER = DeviceId.parse('00000000000000d2');
const DAY_MS = 24 * 60 * 60_000;
const open: TestLedger[] = [];
afterEach(() => {
  for (const test of open.splice(0)) test.close();
});

function ledger(device: DeviceId): TestLedger {
  const test = openTestLedger({ inMemory: true, device, signingKey: signer.publicKey });
  open.push(test);
  return test;
}
function audited(test: TestLedger, device: DeviceId): Audit {
  let anchor: string | null = null;
  return openAudit({ ledger: test.ledger, signer, vault: 'v', device, clock: test.clock, anchorKey: new Uint8Array(32), anchorPlace: { read: () => anchor, write: (text) => void (anchor = text) }, contactAt: () => test.clock.now() + 3 * DAY_MS });
}
function verified(audit: Audit): Verification {
  const steps = audit.verify();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
function register(test: TestLedger, family: string): RecordId {
  const written = test.ledger.append(test.grant, [
    { kind: 'patient.register', patient: 'made', body: { demographics: { family, given: 'Test', birthDate: '1985-07-14', sex: 'female' }, number: 'K7-0042-3' } },
  ]);
  if (!written.ok) throw new Error(written.fault.code);
  const patient = recordIdOf(written.value[0]!.entry);
  test.ledger.append(test.grant, [{ kind: 'chart.viewed', patient, body: { what: 'chart' } }, { kind: 'chart.viewed', patient, body: { what: 'chart' } }]);
  return patient;
}

/** A workstation that holds Okafor and Haugen, and of Lindqvist nothing. */
function partial(): { readonly a: TestLedger; readonly b: TestLedger; readonly audit: Audit; readonly ada: RecordId } {
  const [a, b] = [ledger(TEST_DEVICE), ledger(OTHER)];
  const [ada, ben] = [register(a, 'Okafor'), register(a, 'Lindqvist')];
  register(a, 'Haugen');
  audited(a, TEST_DEVICE).checkpoint(a.grant);
  register(a, 'Okafor');
  const last = register(a, 'Lindqvist');
  audited(a, TEST_DEVICE).checkpoint(a.grant);
  const audit = audited(b, OTHER);
  expect(b.ledger.receive(partOf(a, (patient) => patient !== ben && patient !== last), () => undefined)).toMatchObject({ ok: true, value: { closed: [] } });
  audit.checkpoint(b.grant);
  return { a, b, audit, ada };
}

/** With the hands of somebody who has the database key: what no statement of the program can do. */
function tamper(test: TestLedger, work: (run: (sql: string, ...values: (string | number | Uint8Array)[]) => void) => void): void {
  test.store.transact((write) => {
    for (const trigger of ['ledger_no_update', 'ledger_erase_only', 'ledger_no_delete']) write.run(`DROP TRIGGER IF EXISTS ${trigger}`);
    work((sql, ...values) => void write.run(sql, ...values));
    return ok(null);
  });
}

describe('the trail of a workstation that holds some patients', () => {
  it('AUD-11 is complete where it is held: what was left out, and what went with a patient, is counted and no fault; nor is it late', () => {
    const { b, audit, ada } = partial();
    expect(verified(audit)).toMatchObject({ problems: [], projection: 'equal', lags: [], deliberate: { erased: 0, removed: 0, leftOut: 3 } });
    for (const { id, length, head, own } of allSegments(b.ledger.read)) if (own) b.ledger.acknowledge({ segment: id, length, head, text: '{}' });
    expect(b.ledger.evict([ada])).toEqual(ok(['gone']));
    const after = verified(audit);
    expect(after).toMatchObject({ problems: [], projection: 'equal', deliberate: { erased: 0, removed: 3 } });
    audit.checkpoint(b.grant);
    expect(verified(audit).problems).toEqual([]);
  });

  it('SYN-234 ends of others’ lanes that may have been left out are counted and not judged; a workstation that holds everything judges them', () => {
    const { a, audit } = partial();
    expect(verified(audit)).toMatchObject({ lags: [], deliberate: { unjudged: 2 } });
    const whole = ledger(OTHER);
    const all = audited(whole, OTHER);
    expect(whole.ledger.receive(partOf(a, () => true), () => undefined)).toMatchObject({ ok: true });
    expect(verified(all)).toMatchObject({ problems: [], lags: [], deliberate: { unjudged: 0 } });
  });

  it('AUD-12 what is held between two gaps is signed for by this workstation: rewritten with every hash, it is found', () => {
    const { b, audit } = partial();
    const behindGap = b.ledger.read.get('SELECT ledger.position, ledger.header, gap.previous FROM gap JOIN ledger ON ledger.segment = gap.segment AND ledger.sequence = gap.sequence ORDER BY position LIMIT 1')!;
    const header = String(behindGap['header']).replace('"decision":"test/0"', '"decision":"test/9"');
    tamper(b, (run) => run('UPDATE ledger SET header = ? WHERE position = ?', header, Number(behindGap['position'])));
    expect(verified(audit).problems[0]).toMatchObject({ position: behindGap['position'], problem: 'the entry or one before it was changed' });
    // Chained anew as far as the next gap, with the end of its segment.
    const { segment } = b.ledger.read.get('SELECT segment FROM ledger WHERE position = ?', Number(behindGap['position']))!;
    tamper(b, (run) => {
      let head = behindGap['previous'] as Uint8Array;
      const rows = b.ledger.read.all('SELECT position, header, sequence FROM ledger WHERE segment = ? AND sequence >= (SELECT sequence FROM ledger WHERE position = ?) ORDER BY sequence', Number(segment), Number(behindGap['position']));
      let expected = Number(rows[0]!['sequence']);
      for (const row of rows) {
        if (Number(row['sequence']) !== expected) break;
        head = chainHash(sha256, head, String(row['header']));
        run('UPDATE ledger SET hash = ? WHERE position = ?', head, Number(row['position']));
        expected += 1;
      }
      if (expected === Number(b.ledger.read.get('SELECT length FROM segment WHERE ref = ?', Number(segment))!['length'])) run('UPDATE segment SET head = ? WHERE ref = ?', head, Number(segment));
    });
    expect(verified(audit).problems.map(({ problem }) => problem)).toContain('something that was held when this was signed was changed');
  });

  it.each([
    ['the word before a gap is changed', (run: (sql: string) => void) => run("UPDATE gap SET previous = x'00'")],
    ['the gaps are forgotten', (run: (sql: string) => void) => run('DELETE FROM gap')],
    ['what is signed is forgotten', (run: (sql: string) => void) => run("DELETE FROM local_state WHERE key = 'ledger.mark'")],
  ] as const)('AUD-12 it is found where %s', (_, work) => {
    const { b, audit } = partial();
    tamper(b, work);
    expect(verified(audit).problems.length).toBeGreaterThan(0);
  });

  it('AUD-12 while everything is held checkpoints are as they were', () => {
    const a = ledger(TEST_DEVICE);
    register(a, 'Okafor');
    audited(a, TEST_DEVICE).checkpoint(a.grant);
    const body = a.ledger.read.get("SELECT body FROM ledger WHERE kind = 'checkpoint'")?.['body'];
    expect(Object.keys(JSON.parse(Buffer.from(body as Uint8Array).toString()))).not.toContain('held');
  });
});
