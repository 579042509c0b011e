import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPairSync, sign } from 'node:crypto';
import Database from 'better-sqlite3-multiple-ciphers';
import { describe, expect, it } from 'vitest';
import { openTestLedger, testGrant, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { TEST_DEVICE } from '../../build/fixtures/test-world.ts';
import { recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { chainHash } from '../../shared/ledger/entry.ts';
import { sha256 } from '../ledger/ledger.ts';
import { fileAnchorPlace, openAudit, readTrail, type Audit, type Signer, type Verification } from './audit.ts';

const pair = generateKeyPairSync('ed25519');
const signer: Signer = {
  publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
  sign: (message) => sign(null, message, pair.privateKey),
};

function audited(test: TestLedger): Audit {
  return openAudit({ ledger: test.ledger, signer, vault: 'v', device: TEST_DEVICE, clock: test.clock, anchorKey: new Uint8Array(32).fill(3), anchorPlace: fileAnchorPlace(join(test.path, 'anchor.json')) });
}

function verified(audit: Audit): Verification {
  const steps = audit.verify();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** A morning at the clinic, with a checkpoint in the middle and one at the end. */
function morning(): { test: TestLedger; audit: Audit; patients: RecordId[] } {
  const test = openTestLedger({ signingKey: signer.publicKey });
  const audit = audited(test);
  const patients: RecordId[] = [];
  for (let index = 0; index < 12; index += 1) {
    test.clock.advance(60_000);
    const written = test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: `Family${index}`, given: 'Given', sex: 'female', birthDate: '1985-07-14' }, number: `N-${index}` } }]);
    if (!written.ok) throw new Error(written.fault.code);
    patients.push(recordIdOf(written.value[0]!.entry));
    test.ledger.append(test.grant, [{ kind: 'chart.viewed', patient: patients[index]!, body: { what: 'chart.open' } }]);
    if (index === 5) audit.checkpoint(testGrant());
  }
  audit.checkpoint(testGrant());
  return { test, audit, patients };
}

/** Works on the file as somebody with the database key but not the device's would. */
function tamper(test: TestLedger, work: (database: Database.Database) => void): TestLedger {
  test.store.checkpoint();
  test.store.close();
  const database = new Database(join(test.path, 'vault.db'));
  database.pragma("cipher = 'sqlcipher'");
  database.pragma('legacy = 4');
  database.key(Buffer.from(`x'${'09'.repeat(32)}'`));
  for (const trigger of ['ledger_no_delete', 'ledger_no_update', 'ledger_erase_only']) database.exec(`DROP TRIGGER ${trigger}`);
  work(database);
  database.close();
  return openTestLedger({ folder: test.path, clock: test.clock, signingKey: signer.publicKey });
}

/** Recomputes every hash of a segment after a change, as a careful forger would. */
function rechain(database: Database.Database): void {
  const rows = database.prepare('SELECT position, segment, header FROM ledger ORDER BY segment, sequence').all() as { position: number; segment: number; header: string }[];
  const heads = new Map<number, Uint8Array>();
  const lengths = new Map<number, number>();
  for (const row of rows) {
    const hash = chainHash(sha256, heads.get(row.segment) ?? new Uint8Array(32), row.header);
    database.prepare('UPDATE ledger SET hash = ? WHERE position = ?').run(hash, row.position);
    heads.set(row.segment, hash);
    lengths.set(row.segment, (lengths.get(row.segment) ?? 0) + 1);
  }
  for (const [segment, head] of heads) database.prepare('UPDATE segment SET head = ?, length = ? WHERE ref = ?').run(head, lengths.get(segment), segment);
}

const renumber = (database: Database.Database, { segment, sequence: from, position }: { segment: number; sequence: number; position: number }) => {
  database.exec('PRAGMA foreign_keys = OFF; DELETE FROM outbox;');
  const rows = database.prepare('SELECT position, sequence, header FROM ledger WHERE segment = ? AND sequence > ? ORDER BY sequence').all(segment, from) as { position: number; sequence: number; header: string }[];
  for (const row of rows) {
    const header = row.header.replace(`"sequence":${row.sequence}`, `"sequence":${row.sequence - 1}`);
    database.prepare('UPDATE ledger SET sequence = ?, header = ? WHERE position = ?').run(row.sequence - 1, header, row.position);
  }
  for (const row of database.prepare('SELECT position FROM ledger WHERE position > ? ORDER BY position').all(position) as { position: number }[]) {
    database.prepare('UPDATE ledger SET position = ? WHERE position = ?').run(row.position - 1, row.position);
  }
};

describe('audit', () => {
  it('AUD-1 an untouched ledger verifies with its projection, also after the next start', () => {
    const { test, audit } = morning();
    const first = verified(audit);
    expect(first.problems).toEqual([]);
    expect(first.projection).toBe('equal');
    expect(first.checkpoints).toBe(2);
    // Twelve patients and as many views, two checkpoints, the openings of three lanes, and a session opened in two of them.
    expect(first.entries).toBe(31);
    expect(first.lags).toEqual([]);
    const next = test.reopen();
    const again = audited(next);
    expect(again.integrity).toBeNull();
    expect(verified(again).problems).toEqual([]);
    next.close();
  });

  const attacks: Record<string, (database: Database.Database) => void> = {
    'a header edited': (database) => database.exec("UPDATE ledger SET header = replace(header, '\"purpose\":\"TREAT\"', '\"purpose\":\"HOPERAT\"') WHERE position = 9"),
    'a body edited': (database) => database.exec("UPDATE ledger SET body = CAST(replace(CAST(body AS TEXT), 'Family3', 'Family9') AS BLOB) WHERE CAST(body AS TEXT) LIKE '%Family3%'"),
    'an entry deleted': (database) => database.exec('PRAGMA foreign_keys = OFF; DELETE FROM ledger WHERE position = 9'),
    'two entries swapped': (database) => database.exec("UPDATE ledger SET sequence = 900 WHERE position = 9; UPDATE ledger SET sequence = 3 WHERE position = 11; UPDATE ledger SET sequence = 4 WHERE position = 9;"),
    'two bodies swapped': (database) => database.exec('CREATE TEMP TABLE b AS SELECT position, body, salt FROM ledger WHERE position IN (7, 9); UPDATE ledger SET body = (SELECT body FROM b WHERE b.position = 16 - ledger.position), salt = (SELECT salt FROM b WHERE b.position = 16 - ledger.position) WHERE position IN (7, 9)'),
    'the tail cut off': (database) => database.exec('PRAGMA foreign_keys = OFF; DELETE FROM ledger WHERE position > 20'),
    'an entry inserted': (database) => database.exec("INSERT INTO ledger (segment, sequence, kind, at, header, salt, hash) SELECT segment, 999, kind, at, header, salt, hash FROM ledger WHERE position = 9"),
    'a column that contradicts its header': (database) => database.exec("UPDATE ledger SET patient = NULL WHERE position = 9"),
    'everything deleted': (database) => database.exec('PRAGMA foreign_keys = OFF; DELETE FROM ledger'),
  };
  for (const [name, attack] of Object.entries(attacks)) {
    it(`AUD-2 ${name} is found and the first bad entry named`, () => {
      const { test } = morning();
      const tampered = tamper(test, attack);
      const verification = verified(audited(tampered));
      expect(verification.problems.length).toBeGreaterThan(0);
      expect(verification.projection).toBe('differs');
      tampered.close();
    });
  }

  it('AUD-2 the entry that was edited is the one that is named', () => {
    const { test } = morning();
    const tampered = tamper(test, (database) => database.exec("UPDATE ledger SET header = replace(header, '\"purpose\":\"TREAT\"', '\"purpose\":\"HOPERAT\"') WHERE position = 9"));
    const edited = tampered.ledger.read.get('SELECT segment.id, sequence FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE position = 9');
    expect(verified(audited(tampered)).problems[0]).toMatchObject({ entry: `${String(edited?.['id'])}.${String(edited?.['sequence'])}`, position: 9 });
    tampered.close();
  });

  it('AUD-2 every single entry changed in any one header byte is detected', () => {
    const { test } = morning();
    const count = Number(test.ledger.read.get('SELECT count(*) AS n FROM ledger')?.['n']);
    for (let position = 1; position <= count; position += 1) {
      const original = String(test.ledger.read.get('SELECT header FROM ledger WHERE position = ?', position)?.['header']);
      const at = (position * 37) % original.length;
      const changed = original.slice(0, at) + (original[at] === 'x' ? 'y' : 'x') + original.slice(at + 1);
      const set = (header: string) => test.store.transact((write) => (write.run('DROP TRIGGER IF EXISTS ledger_no_update'), write.run('UPDATE ledger SET header = ? WHERE position = ?', header, position), { ok: true, value: null }));
      set(changed);
      expect(verified(audited(test)).problems[0]?.position, `entry ${position}`).toBe(position);
      set(original);
    }
    expect(verified(audited(test)).problems).toEqual([]);
    test.close();
  });

  const forgeries: Record<string, (database: Database.Database) => void> = {
    'an edit': (database) => database.exec("UPDATE ledger SET header = replace(header, '\"purpose\":\"TREAT\"', '\"purpose\":\"HOPERAT\"') WHERE position = 9"),
    'a deletion, renumbered': (database) => {
      const gone = database.prepare('SELECT position, segment, sequence FROM ledger WHERE position = 9').get() as { segment: number; sequence: number; position: number };
      database.exec('PRAGMA foreign_keys = OFF; DELETE FROM outbox; DELETE FROM ledger WHERE position = 9');
      renumber(database, gone);
    },
  };
  for (const [name, forge] of Object.entries(forgeries)) {
    it(`AUD-3 ${name} with every later hash made anew does not pass the signed checkpoints`, () => {
      const { test } = morning();
      const tampered = tamper(test, (database) => {
        forge(database);
        rechain(database);
      });
      const problems = verified(audited(tampered)).problems.map(({ problem }) => problem);
      expect(problems.join()).toMatch(/another history|older than its anchor|contradicts/);
      tampered.close();
    });
  }

  it('AUD-3 a checkpoint signed by another key does not hold', () => {
    const test = openTestLedger({ signingKey: new Uint8Array(32).fill(5) });
    const audit = audited(test);
    audit.checkpoint(testGrant());
    expect(verified(audit).problems[0]?.problem).toMatch(/signature/);
    test.close();
  });

  it('AUD-4 the whole database put back to yesterday is noticed when it is opened', () => {
    const { test } = morning();
    test.store.checkpoint();
    const database = join(test.path, 'vault.db');
    test.store.close();
    copyFileSync(database, `${database}.yesterday`);
    const today = openTestLedger({ folder: test.path, clock: test.clock, signingKey: signer.publicKey });
    today.ledger.append(today.grant, [{ kind: 'chart.viewed', body: { what: 'today' } }]);
    audited(today).checkpoint(testGrant());
    today.store.close();
    copyFileSync(`${database}.yesterday`, database);
    const rolledBack = openTestLedger({ folder: test.path, clock: test.clock, signingKey: signer.publicKey });
    const audit = audited(rolledBack);
    expect(audit.integrity).toBe('OLDER_THAN_ANCHOR');
    expect(verified(audit).problems.length).toBeGreaterThan(0);
    rolledBack.close();
  });

  it('AUD-4 a missing, forged or foreign anchor is noticed', () => {
    const { test } = morning();
    const place = fileAnchorPlace(join(test.path, 'anchor.json'));
    const genuine = place.read()!;
    const integrityWith = (text: string) => {
      place.write(text);
      return audited(test).integrity;
    };
    expect(integrityWith(genuine)).toBeNull();
    expect(integrityWith(genuine.replace(/"length":\d+/, '"length":1'))).toBe('ANCHOR_FORGED');
    expect(integrityWith(genuine.replace('"vault":"v"', '"vault":"w"'))).toBe('ANCHOR_FORGED');
    expect(integrityWith('')).toBe('ANCHOR_FORGED');
    expect(integrityWith('{"__proto__":1}')).toBe('ANCHOR_FORGED');
    const missing = openAudit({ ledger: test.ledger, signer, vault: 'v', device: TEST_DEVICE, clock: test.clock, anchorKey: new Uint8Array(32), anchorPlace: { read: () => null, write: () => undefined } });
    expect(missing.integrity).toBe('ANCHOR_MISSING');
    test.close();
  });

  it('AUD-5 a dose or a name changed in the chart alone is found', () => {
    const { test } = morning();
    const tampered = tamper(test, (database) => database.exec("UPDATE patient SET birth = '1958-07-14' WHERE family = 'Family3'"));
    const verification = verified(audited(tampered));
    expect(verification.problems[0]?.problem).toMatch(/differs from its ledger: patient/);
    expect(verification.projection).toBe('differs');
    tampered.close();
  });

  it('AUD-6 the trail tells who, when, where, whose, why and by which rule, and can be filtered', () => {
    const { test, patients } = morning();
    const all = { patient: null, userName: null, kinds: [], refusedOnly: false, from: null, to: null, before: null, limit: 500 };
    const { lines } = readTrail(test.ledger.read, { ...all, patient: patients[3]! });
    expect(lines.map(({ kind }) => kind)).toEqual(['chart.viewed', 'patient.register']);
    expect(lines[0]).toMatchObject({
      by: { userName: 'Ada Obi', role: 'nurse', deviceName: 'Test workstation', offsetMinutes: -300, zone: 'America/Chicago', clock: 'ok' },
      patientName: 'Family3, Given', purpose: 'TREAT', decision: 'test/0', addresses: ['127.0.0.1'], site: 'Test site',
      coordinates: { latitude: 35.1, longitude: -106.6, source: 'enrolled-site' }, outcome: 'done', summary: 'chart.open',
    });
    expect(readTrail(test.ledger.read, { ...all, kinds: ['checkpoint'] }).lines).toHaveLength(2);
    const page = readTrail(test.ledger.read, { ...all, limit: 10 });
    const rest = readTrail(test.ledger.read, { ...all, before: page.next });
    // The session is opened in two lanes and listed once.
    expect(page.lines.length + rest.lines.length).toBe(30);
    expect(readTrail(test.ledger.read, { ...all, userName: "x' OR 1=1--" }).lines).toEqual([]);
    test.close();
  });
});

describe('verification while people work', () => {
  it('AUD-1 entries written between two slices raise no alarm', () => {
    const { test, audit } = morning();
    const steps = audit.verify();
    let step = steps.next();
    while (step.done !== true) {
      test.ledger.append(test.grant, [{ kind: 'chart.viewed', body: { what: 'meanwhile' } }]);
      test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Meanwhile', given: 'M', sex: 'male' }, number: 'M-1' } }]);
      step = steps.next();
      if (test.ledger.written() > 80) break;
    }
    while (step.done !== true) step = steps.next();
    expect(step.value.problems).toEqual([]);
    expect(step.value.projection).toBe('equal');
    test.close();
  });
});
