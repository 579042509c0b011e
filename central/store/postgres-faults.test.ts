import { mkdirSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admitTo, headerOf, hubOver, hubSecrets, newSegment, pushed, testChain, testDevice, type TestDevice } from '../../build/fixtures/test-batches.ts';
import { openWhere } from '../../build/fixtures/test-databases.ts';
import { postgresMissing, startTestPostgres, type TestPostgres } from '../../build/fixtures/test-postgres.ts';
import { keepSetting, settingOf } from './settings.ts';
import type { Sql } from './sql.ts';
import { verifyLog } from './verify.ts';

const missing = postgresMissing('lost connections and killed servers');
const secrets = hubSecrets();
let server: TestPostgres;
let url: string;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  // As in production: what is acknowledged has been flushed.
  if (missing === null) server = await startTestPostgres({ durable: true });
});
afterAll(() => server?.close());
beforeEach(async (context) => {
  if (missing !== null) return context.skip(missing);
  url = await server.database();
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function open(at = url): Promise<Sql> {
  const sql = await openWhere({ url: at });
  opened.push(sql);
  return sql;
}

/** The line between central and its database, which cuts itself at a COMMIT: before the server has it, or before its answer is back. */
async function cuttingLine(): Promise<{ url: string; cutAt: 'nothing' | 'commit' | 'answer' }> {
  const folder = join(server.folder, `line-${opened.length}-${Date.now()}`);
  mkdirSync(folder);
  const target = new URL(url).searchParams.get('host') ?? '';
  const sockets = new Set<Socket>();
  const line = { url: url.replace(encodeURIComponent(target), encodeURIComponent(folder)), cutAt: 'nothing' as 'nothing' | 'commit' | 'answer' };
  const listening: Server = createServer((client) => {
    const upstream = connect(join(target, '.s.PGSQL.5432'));
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    let answerDue = false;
    client.on('data', (chunk) => {
      const commits = chunk.includes('COMMIT\0');
      if (commits && line.cutAt === 'commit') return cut();
      answerDue = commits && line.cutAt === 'answer';
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => (answerDue ? cut() : client.write(chunk)));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', cut);
    }
  });
  await new Promise<void>((resolve) => void listening.listen(join(folder, '.s.PGSQL.5432'), resolve));
  opened.push({
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void listening.close(resolve));
    },
  });
  return line;
}

const push = async (sql: Sql, by: TestDevice, chain: ReturnType<typeof testChain>, from: number, to: number): Promise<string> => {
  const hub = hubOver(sql, secrets);
  return pushed(await hub.converse(by), await hub.batch(by, headerOf(by.device, chain, from, to), chain.slice(from, to)));
};

describe('PostgreSQL under faults', () => {
  it('CEN-15 the line breaks with the commit under way: no receipt is given, and the device that asks again gets one for what is held once', async () => {
    const line = await cuttingLine();
    const [sql, look] = [await open(line.url), await open()];
    const device = testDevice();
    await admitTo(look, device);
    const chain = testChain(device.device, newSegment(), 12);
    expect(await push(sql, device, chain, 0, 4)).toBe('receipt 4');
    const hub = hubOver(sql, secrets);
    for (const [cutAt, held] of [['commit', 4], ['answer', 8]] as const) {
      const conversation = await hub.converse(device);
      const batch = await hub.batch(device, headerOf(device.device, chain, 4, 8), chain.slice(4, 8));
      line.cutAt = cutAt;
      await expect(conversation.message({ type: 'push', batch })).rejects.toMatchObject({ name: 'StoreError', lost: true });
      line.cutAt = 'nothing';
      expect(await look.get('SELECT count(*) AS held FROM op')).toEqual({ held });
    }
    expect(await push(sql, device, chain, 4, 8)).toBe('receipt 8');
    expect(await push(sql, device, chain, 8, 12)).toBe('receipt 12');
    expect(await verifyLog(look)).toMatchObject({ ok: true, entries: 12 });
  });

  it('CEN-16 the server is killed in the middle of a write and comes back: what was acknowledged is there, of the rest nothing, and the same handle goes on', async () => {
    const sql = await open();
    const device = testDevice();
    await admitTo(sql, device);
    const chain = testChain(device.device, newSegment(), 40);
    for (let from = 0; from < 30; from += 3) expect(await push(sql, device, chain, from, from + 3)).toBe(`receipt ${from + 3}`);
    const dying = sql.write('log', async (tx) => {
      await keepSetting(tx, 'address', 'never');
      await server.kill();
      await keepSetting(tx, 'address', 'nor this');
    });
    await expect(dying).rejects.toMatchObject({ name: 'StoreError', lost: true });
    await expect(settingOf(sql, 'address')).rejects.toMatchObject({ name: 'StoreError', lost: true });
    await server.start();
    expect(await settingOf(sql, 'address')).toBeNull();
    expect(await verifyLog(sql)).toMatchObject({ ok: true, entries: 30 });
    expect(await push(sql, device, chain, 30, 40)).toBe('receipt 40');
  });

  it('CEN-16 connections that the server\'s restart has broken unseen are replaced, and nobody notices', async () => {
    const sql = await open();
    await Promise.all(Array.from({ length: 8 }, () => sql.snapshot((view) => view.get('SELECT 1'))));
    await server.stop();
    await server.start();
    await sql.write('devices', (tx) => keepSetting(tx, 'address', 'after'));
    expect(await Promise.all(Array.from({ length: 8 }, () => settingOf(sql, 'address')))).toEqual(Array.from({ length: 8 }, () => 'after'));
  });

  it('CEN-10 after the server\'s restart processes hear each other again', async () => {
    const [one, two] = [await open(), await open()];
    const heard: string[] = [];
    await two.listen('news', (text) => void heard.push(text));
    await server.kill();
    await server.start();
    // The listener's line comes back by itself; until then words are lost, as its contract says.
    while (heard.length === 0) {
      await one.write('log', (tx) => tx.announce('news', '1'));
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(heard[0]).toBe('1');
  });
});
