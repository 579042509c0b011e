import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headerOf, newSegment, openTestHub, pushed, testChain, testDevice, type TestDevice, type TestHub } from '../../build/fixtures/test-batches.ts';
import { encodeBatchHeader, signedBytes } from '../../shared/sync/envelope.ts';
import { verifyLog } from './verify.ts';

let hub: TestHub;
let device: TestDevice;
let segment: ReturnType<typeof newSegment>;

beforeEach(async () => {
  hub = openTestHub();
  device = testDevice();
  hub.admit(device);
  segment = newSegment();
  const conversation = await hub.converse(device);
  const chain = testChain(device.device, segment, 12);
  for (const [from, to] of [[0, 5], [5, 9], [9, 12]] as const) await pushed(conversation, await hub.batch(device, headerOf(device.device, chain, from, to), chain.slice(from, to)));
  const other = testChain(device.device, newSegment(), 4);
  await pushed(conversation, await hub.batch(device, headerOf(device.device, other, 0, 4), other));
});
afterEach(() => hub.close());

/** What somebody with the database key and no scruples would do. */
function tamper(...statements: readonly string[]): void {
  hub.database.write(() => {
    for (const sql of ['DROP TRIGGER op_no_delete', 'DROP TRIGGER op_no_update', ...statements]) hub.database.run(sql);
  });
}

describe('verify', () => {
  it('SYN-40 an untouched log holds, and every head is signed for', async () => {
    expect(await verifyLog(hub.sql)).toEqual({ ok: true, entries: 16, segments: 2, attestations: 4, quarantined: 0, problems: [] });
  });

  it('SYN-40 an erased body still holds', async () => {
    tamper('UPDATE op SET body = NULL WHERE lsn = 7');
    expect((await verifyLog(hub.sql)).ok).toBe(true);
  });

  it.each([
    ['a header changed', "UPDATE op SET header = replace(header, 'UTC', 'UTD') WHERE lsn = 7", '.6', 'BAD_HASH'],
    ['a body changed', "UPDATE op SET body = x'7b7d' WHERE lsn = 7", '.6', 'BAD_BODY'],
    ['a salt changed', "UPDATE op SET salt = x'00' WHERE lsn = 7", '.6', 'BAD_BODY'],
    ['an entry taken out', 'DELETE FROM op WHERE lsn = 7', '.6', 'GAP'],
    ['the last entry taken out', 'DELETE FROM op WHERE lsn = 12', '', 'BAD_HEAD'],
    ['a shorter segment claimed', 'UPDATE segment SET length = 9 WHERE ref = 1', '', 'BAD_HEAD'],
    ['a signature replaced', "UPDATE attestation SET signature = zeroblob(64) WHERE length = 9", ' to 9', 'BAD_ATTESTATION'],
    ['a signature taken away', 'DELETE FROM attestation WHERE segment = 1 AND length = 12', ' from 9', 'UNATTESTED'],
  ] as const)('SYN-40 %s is found and named', async (_, sql, where, problem) => {
    tamper(sql);
    const verdict = await verifyLog(hub.sql);
    expect(verdict.ok).toBe(false);
    expect(verdict.problems[0]).toEqual({ where: `${segment}${where}`, problem });
  });

  it('SYN-40 the log\'s own order is held by its running hash', async () => {
    tamper("UPDATE op SET mark = x'0000000000000000' WHERE lsn = 14");
    expect((await verifyLog(hub.sql)).problems[0]).toEqual({ where: 'log 14', problem: 'BAD_MARK' });
  });

  it('SYN-40 a chain rewritten whole, hashes and marks and all, still lacks the device\'s signature', async () => {
    const forged = testChain(device.device, segment, 12);
    const stranger = testDevice();
    const header = headerOf(device.device, forged, 0, 12);
    hub.database.write(() => {
      for (const sql of ['DROP TRIGGER op_no_delete', 'DROP TRIGGER op_no_update']) hub.database.run(sql);
      for (const [index, entry] of forged.entries()) hub.database.run('UPDATE op SET header = ?, salt = ?, body = ?, hash = ? WHERE segment = 1 AND sequence = ?', entry.headerText, entry.salt, entry.body, entry.hash, index);
      hub.database.run('UPDATE segment SET head = ? WHERE ref = 1', header.head);
      hub.database.run('DELETE FROM attestation WHERE segment = 1');
      const text = encodeBatchHeader(header);
      hub.database.run('INSERT INTO attestation (segment, length, header, sealed_hash, signature) VALUES (1, 12, ?, zeroblob(32), ?)', text, stranger.crypto.sign(signedBytes('batch', text, new Uint8Array(32))));
    });
    expect((await verifyLog(hub.sql)).problems[0]).toEqual({ where: `${segment} to 12`, problem: 'BAD_ATTESTATION' });
  });

  it('SYN-40 the log cannot be changed through SQL, except that a body may be erased', () => {
    for (const sql of ['DELETE FROM op', 'UPDATE op SET lsn = lsn + 100', "UPDATE op SET header = '{}'", "UPDATE op SET hash = x'00'"]) {
      expect(() => hub.database.write(() => hub.database.run(sql))).toThrow('append-only');
    }
  });
});
