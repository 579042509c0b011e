import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admitTo, headerOf, hubOver, hubSecrets, newSegment, pushed, testChain, testDevice } from '../../build/fixtures/test-batches.ts';
import { testPostgresDriver, testDrivers, type TestDriver } from '../../build/fixtures/test-databases.ts';
import { RecordId } from '../../shared/base/ids.ts';
import { systemClock, systemRandom } from '../world.ts';
import { addClient, latestAccesses, noteAccess } from './api-clients.ts';
import { copyTables, isEmpty } from './copy-tables.ts';
import { issueCode } from './devices.ts';
import { orderPlace } from './places.ts';
import { textOf } from './row.ts';
import { stepTexts } from './schema.ts';
import { createScopeAdministration } from './scope-decisions.ts';
import { markOfScope } from './scope-greeting.ts';
import { TYPES } from './schema-types.ts';
import type { Reads, Sql } from './sql.ts';
import { LEFT_BEHIND, TABLES } from './tables.ts';
import { verifyLog } from './verify.ts';

type Server = Awaited<ReturnType<TestDriver['start']>>;
const [sqlite] = testDrivers('nothing') as [TestDriver];
const postgres = testPostgresDriver('copies between databases');
const secrets = hubSecrets();
const SEEN = RecordId.parse('00000000-0000-8000-8000-000000000001');
let servers: { sqlite: Server; postgres: Server | null };

beforeAll(async () => {
  servers = { sqlite: await sqlite.start(), postgres: postgres.missing === null ? await postgres.start() : null };
});
afterAll(async () => {
  await servers.sqlite.close();
  await servers.postgres?.close();
});

/** Something in every table that can be filled without others' rooms. */
async function fill(sql: Sql, version: number): Promise<void> {
  const device = testDevice();
  await admitTo(sql, device);
  const hub = hubOver(sql, secrets);
  const conversation = await hub.converse(device);
  const scopes = createScopeAdministration(sql);
  await scopes.setCatchment(device.device, 'north');
  const part = testDevice();
  await admitTo(sql, part);
  await scopes.setScope(part.device, { everything: false, catchments: ['north'], patients: [] });
  await sql.write('log', (tx) => markOfScope(tx, part.device, systemRandom));
  const chain = testChain(device.device, newSegment(), 700, 60, SEEN);
  const batch = (from: number, to: number, of = chain) => hub.batch(device, headerOf(device.device, of, from, to), of.slice(from, to));
  for (const [from, to] of [[0, 300], [300, 301], [301, 700]] as const) expect(await pushed(conversation, await batch(from, to))).toBe(`receipt ${to}`);
  const forked = testChain(device.device, chain[0]!.segment, 5);
  expect(await pushed(conversation, await batch(0, 5, forked))).toBe('FORK');
  await issueCode(sql, systemClock, `hash ${version}`, 1000);
  const client = await addClient(sql, systemClock, systemRandom, { name: 'Region', scopes: ['system/*.read'], lifeMs: 1000 });
  await noteAccess(sql, systemClock, { client: client.id, interaction: 'read', type: 'Patient', parameters: '', patients: ['p1', 'p2'], found: 2 });
  await sql.write('orders', async (tx) => {
    const content = sql.cells.text(orderPlace('policy', 'all', version), '{"a":1}');
    await tx.run('INSERT INTO issued_order (kind, audience, version, issued_at, expires_at, issued_by, content, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', 'policy', 'all', version, 1, null, 'test', content, new Uint8Array(64));
    await tx.run('INSERT INTO order_outcome (device, kind, version, outcome, code, at) VALUES (?, ?, ?, ?, ?, ?)', device.device, 'policy', version, 'followed', null, 1);
  });
}

/** Every row of every table with its cells opened. */
async function contentOf(sql: Sql): Promise<Record<string, unknown[]>> {
  const content: Record<string, unknown[]> = {};
  await sql.snapshot(async (view) => {
    const refs = new Map((await view.all('SELECT ref, id FROM segment')).map((row) => [row['ref'], textOf(row, 'id')]));
    for (const { name, key, sealed } of TABLES) {
      const rows = await view.all(`SELECT * FROM ${name} ORDER BY ${key.join(', ')}`);
      content[name] = rows.map((row) => Object.fromEntries(Object.entries(row).map(([column, value]) => {
        const cell = sealed[column];
        if (cell === undefined || value === null) return [column, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value];
        const place = cell.place(row, (ref) => refs.get(ref) ?? '');
        return [column, cell.as === 'text' ? sql.cells.readText(place, row, column) : Buffer.from(sql.cells.readBytes(place, row, column)).toString('hex')];
      }).toSorted(([left], [right]) => String(left).localeCompare(String(right)))));
    }
  });
  return content;
}

async function copied(from: Sql, to: Sql): Promise<Readonly<Record<string, number>>> {
  return from.snapshot((view) => to.write('log', (tx) => copyTables({ view, cells: from.cells }, { tx, cells: to.cells, dialect: to.dialect })));
}

describe('copies between databases', () => {
  it('CEN-20 every table and every sealed column of the schema is taken along', () => {
    const marked = stepTexts({ ...TYPES.sqlite, sealed: 'SEALED_BYTES', sealedText: 'SEALED_TEXT' }).join('\n');
    const sealed: string[] = [];
    const tables: string[] = [];
    for (const [, created, columns, altered, added] of marked.matchAll(/CREATE TABLE (\w+) \(([\s\S]*?)\)\s*(?:STRICT|;)|ALTER TABLE (\w+) ADD COLUMN ([^;]+);/g)) {
      const table = created ?? altered ?? '';
      if (created !== undefined) tables.push(created);
      for (const [, column, type] of `${columns ?? ''}${added ?? ''}`.matchAll(/(\w+) SEALED_(BYTES|TEXT)/g)) sealed.push(`${table}.${column} ${type?.toLowerCase()}`);
    }
    expect([...TABLES.map(({ name }) => name), ...LEFT_BEHIND.filter((name) => name !== 'schema_step')].toSorted()).toEqual(tables.toSorted());
    expect(TABLES.flatMap(({ name, sealed: cells }) => Object.entries(cells).map(([column, { as }]) => `${name}.${column} ${as}`)).toSorted()).toEqual(sealed.toSorted());
    expect(sealed.length).toBeGreaterThan(5);
  });

  const between = [['sqlite', 'postgres'], ['postgres', 'sqlite'], ['postgres', 'postgres']] as const;
  describe.each(between)('from %s to %s', (from, to) => {
    beforeEach((context) => {
      if (postgres.missing !== null) context.skip(postgres.missing);
    });

    it('CEN-20 what arrives is what was there, cells sealed anew, and both go on by themselves', async () => {
      const [one, other] = [await servers[from]!.database(), await servers[to]!.database()];
      const [source, target] = [await one.open(), await other.open()];
      await fill(source, 2);
      expect(await isEmpty(target)).toBe(true);
      const rows = await copied(source, target);
      expect(await isEmpty(target)).toBe(false);
      const content = await contentOf(source);
      expect(await contentOf(target)).toEqual(content);
      for (const { name } of TABLES.filter((table) => table.name !== 'certificate')) expect(rows[name], name).toBeGreaterThan(0);
      expect(await verifyLog(target)).toMatchObject({ ok: true, entries: 700, quarantined: 1 });
      expect(await latestAccesses(target, 1)).toMatchObject([{ patients: ['p1', 'p2'] }]);
      if (to === 'postgres') {
        const raw = (view: Reads) => view.get('SELECT header FROM op WHERE lsn = 1');
        expect((await raw(target))?.['header']).not.toEqual((await raw(source))?.['header']);
      }
      // Numbers that the database draws go on behind those that came.
      await fill(target, 3);
      expect(await verifyLog(target)).toMatchObject({ ok: true, entries: 1400, quarantined: 2 });
      await one.close();
      await other.close();
    });
  });
});
