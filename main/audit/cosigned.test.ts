import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { ORDER_ORGANIZATION, testAuthority } from '../../build/fixtures/test-orders.ts';
import { TEST_DEVICE } from '../../build/fixtures/test-world.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { encodeReceipt, HubEpoch, OrganizationId, signedBytes, type Receipt } from '../../shared/sync/envelope.ts';
import { ownSegments } from '../ledger/ledger.ts';
import { checkCosigned, type Cosignature } from './cosigned.ts';

const central = testAuthority();
const EPOCH = HubEpoch.parse('00000000000000e1');
let test: TestLedger;

beforeEach(() => {
  test = openTestLedger();
  test.ledger.append(test.grant, Array.from({ length: 5 }, () => ({ kind: 'chart.viewed' as const, body: { what: 'chart.open' } })));
  for (const segment of ownSegments(test.ledger.read)) acknowledge(segment.id, segment.length);
});
afterEach(() => test.close());

const hashAt = (segment: string, length: number): Uint8Array => test.store.read.get('SELECT hash FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE segment.id = ? AND sequence = ?', segment, length - 1)!['hash'] as Uint8Array;
const receiptText = (receipt: Receipt): string => JSON.stringify({ receipt: toHex(encodeReceipt(receipt)), signature: toHex(central.sign(signedBytes('receipt', encodeReceipt(receipt)))) });
const receiptFor = (segment: string, length: number, changes: Partial<Receipt> = {}): Receipt =>
  ({ organization: ORDER_ORGANIZATION, device: TEST_DEVICE, epoch: EPOCH, segment: segment as Receipt['segment'], length, head: hashAt(segment, length), lsn: 40 + length, receivedAt: 1_790_000_000_000 + length, ...changes });
const keep = (segment: string, length: number, text: string | null): void => void test.store.transact((write) => (write.run('UPDATE segment SET acknowledged = ?, receipt = ? WHERE id = ?', length, text, segment), { ok: true, value: null }));
function acknowledge(segment: string, length: number, changes: Partial<Receipt> = {}): void {
  keep(segment, length, receiptText(receiptFor(segment, length, changes)));
}
const check = (changes: Partial<Cosignature> = {}) => {
  const steps = checkCosigned(test.ledger.read, { organization: ORDER_ORGANIZATION, publicKey: central.publicKey, statement: null, ...changes });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};
const own = () => ownSegments(test.ledger.read).find(({ length }) => length > 3)!;

describe('central\'s signatures on this device\'s history', () => {
  it('ORD-33 hold where nobody touched it, and say how far they reach', () => {
    const of = ownSegments(test.ledger.read).reduce((sum, { length }) => sum + length, 0);
    const { upTo, problems } = check({ statement: { segments: 1, entries: 3, at: 1_790_000_009_000, lsn: 99 } });
    expect(problems).toEqual([]);
    expect(upTo).toEqual({ entries: of, of, at: 1_790_000_009_000, lsn: 99 });
    const { id, length } = own();
    acknowledge(id, length - 2);
    expect(check().upTo).toMatchObject({ entries: of - 2, of });
  });

  it('ORD-33 contradict a history that was rewritten, even by the device\'s own key', () => {
    const { id, length } = own();
    acknowledge(id, length, { head: new Uint8Array(32).fill(9) });
    expect(check().problems).toEqual([{ entry: `${id}.${length - 1}`, problem: 'central has signed another history up to this entry' }]);
  });

  it('ORD-33 do not hold where a receipt was forged, changed, moved or cut', () => {
    const { id, length } = own();
    const good = receiptFor(id, length);
    const { receipt, signature } = JSON.parse(receiptText(good)) as { receipt: string; signature: string };
    const bad = [
      JSON.stringify({ receipt, signature: signature.replace(/^../, signature.startsWith('00') ? '11' : '00') }), JSON.stringify({ receipt, signature: signature.slice(2) }), JSON.stringify({ receipt: receipt.slice(0, -2), signature }),
      receiptText({ ...good, length: length - 1 }), receiptText({ ...good, segment: '00000000000000ff' as Receipt['segment'] }), '{}', 'not json', null,
    ];
    for (const text of bad) {
      keep(id, length, text);
      expect([text, check().problems]).toEqual([text, [{ entry: `${id}.${length - 1}`, problem: 'central\'s receipt for this entry does not hold' }]]);
    }
    acknowledge(id, length);
    expect(check({ publicKey: testAuthority().publicKey }).problems.length).toBeGreaterThan(0);
  });

  it('ORD-33 miss what was taken away together with its receipt', () => {
    const segments = ownSegments(test.ledger.read).filter(({ length }) => length > 0);
    const statement = { segments: segments.length, entries: segments.reduce((sum, { length }) => sum + length, 0), at: 5, lsn: 5 };
    expect(check({ statement }).problems).toEqual([]);
    keep(own().id, 0, null);
    expect(check({ statement }).problems).toEqual([{ entry: '', problem: 'entries that central has signed are gone' }]);
  });

  it('ORD-33 of an organisation this workstation has left say nothing', () => {
    const { id, length } = own();
    acknowledge(id, length, { organization: OrganizationId.parse('00000000000000ab') });
    expect(check().problems).toEqual([]);
  });
});
