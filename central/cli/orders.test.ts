import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { DEFAULT_POLICIES } from '../../shared/access/default-policies.ts';
import { parseCommand } from './options.ts';

const CLI = join(import.meta.dirname, 'central.ts');
const folder = temporaryFolder();
const home = join(folder.path, 'home');
const me = userInfo().username;
let serving: ChildProcess;
let station: TestWorkstation;

async function json(...args: readonly string[]): Promise<{ code: number | null; data: Record<string, unknown> }> {
  const child = spawn(process.execPath, [CLI, ...args, '--home', home, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (chunk) => void (out += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, data: JSON.parse(out) as Record<string, unknown> };
}

const file = (name: string, content: unknown): string => {
  const path = join(folder.path, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

beforeAll(async () => {
  serving = spawn(process.execPath, [CLI, 'serve', '--home', home, '--listen', '127.0.0.1:0', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(serving.stdout!, 'data');
  station = openTestWorkstation();
  const code = await station.enrol(String((await json('enrol-code')).data['code']));
  if (!code.ok) throw new Error(code.fault.code);
}, 60_000);
afterAll(async () => {
  await station?.close();
  serving.kill('SIGTERM');
  await once(serving, 'close');
  folder.remove();
});

describe('orders on the command line', () => {
  it('ORD-32 people are set from a file, suspended, restored and ended, and every order says who gave it', async () => {
    expect(await json('roster', 'set', file('roster.json', { staff: [{ login: 'ada', name: 'Ada Obi', role: 'nurse' }] }))).toMatchObject({ code: 0, data: { kind: 'roster', version: 1, issuedBy: me } });
    expect(await json('staff', 'suspend', 'ada')).toMatchObject({ code: 0, data: { version: 2 } });
    expect(await json('roster', 'show')).toMatchObject({ data: { staff: [{ login: 'ada', state: 'suspended' }], devices: [{ device: station.keys.deviceId, state: 'active' }] } });
    expect(await json('staff', 'end', 'ada')).toMatchObject({ code: 0 });
    expect(await json('staff', 'restore', 'ada')).toMatchObject({ code: 1, data: { fault: { code: 'ENDED' } } });
    expect(await json('roster', 'set', join(folder.path, 'none.json'))).toMatchObject({ code: 1, data: { fault: { code: 'FILE_UNREADABLE' } } });
    expect(await json('roster', 'set', file('bad.json', '{'))).toMatchObject({ code: 1, data: { fault: { code: 'NOT_JSON' } } });
    expect(await json('roster', 'set', file('odd.json', { people: [] }))).toMatchObject({ code: 1, data: { fault: { code: 'MALFORMED' } } });
  }, 60_000);

  it('ORD-32 policies are shown and set, and refused before anybody gets them', async () => {
    const shown = await json('policy', 'show');
    expect(shown.data).toMatchObject({ own: false, bundle: { version: 1 } });
    expect(await json('policy', 'set', file('policies.json', { policies: DEFAULT_POLICIES.policies }))).toMatchObject({ code: 0, data: { version: 2 } });
    expect(await json('policy', 'set', file('lock-out.json', DEFAULT_POLICIES.policies.filter(({ effect }) => effect === 'deny')))).toMatchObject({ code: 1, data: { fault: { code: 'LOCKS_OUT' } } });
    expect((await json('policy', 'show')).data).toMatchObject({ own: true, bundle: { version: 2 } });
  }, 60_000);

  it('ORD-32 leases, revocation and kill orders are given, and listed with what each workstation made of them', async () => {
    expect(await json('lease', 'show')).toMatchObject({ data: { lifeMs: 7 * 86_400_000, graceMs: 72 * 3_600_000 } });
    expect(await json('lease', 'set', '30', '--grace-hours', '24')).toMatchObject({ code: 0, data: { lifeMs: 30 * 86_400_000, graceMs: 24 * 3_600_000 } });
    const device = station.keys.deviceId;
    expect(await json('kill', '00000000000000ff', '--now')).toMatchObject({ code: 1, data: { fault: { code: 'NOT_FOUND' } } });
    expect(await json('kill', device, '--after-drain', '--reason', 'moved')).toMatchObject({ code: 0, data: { kind: 'kill', version: 1 } });
    expect(await json('kill', device, '--cancel')).toMatchObject({ code: 0, data: { kind: 'kill', version: 2 } });
    expect(await json('revoke', device)).toMatchObject({ code: 0, data: { state: 'revoked' } });
    const { data } = await json('orders', '--device', device);
    expect(data['orders']).toEqual(expect.arrayContaining([
      expect.objectContaining({ kind: 'kill', version: 2, audience: device, issuedBy: me, devices: [expect.objectContaining({ device, outcome: 'unheard' })] }),
      expect.objectContaining({ kind: 'revocation', version: 1 }),
      expect.objectContaining({ kind: 'policy', version: 2, audience: 'all' }),
    ]));
    const events = (await json('devices')).data['events'] as { code: string; what: string }[];
    expect(events.filter(({ what }) => what.includes(`by ${me}`)).length).toBeGreaterThanOrEqual(5);
    expect(await json('enrol-code', '--device', device)).toMatchObject({ code: 0 });
  }, 60_000);

  it.each([
    [['roster'], null],
    [['roster', 'set'], null],
    [['staff', 'promote', 'ada'], null],
    [['staff', 'suspend'], null],
    [['lease', 'set', '0'], null],
    [['lease', 'set', '9', '--grace-hours', '-1'], null],
    [['kill', '00000000000000f1'], null],
    [['kill', '00000000000000f1', '--now', '--after-drain'], null],
    [['kill', 'desk', '--now'], null],
    [['revoke', 'desk'], null],
    [['orders', '--now'], null],
    [['revoke', '00000000000000f1', '--reason', 'x'.repeat(201)], null],
    [['enrol-code', '--device', 'desk'], null],
    [['lease', 'set', 'never'], { name: 'lease-set', days: null, graceHours: 72 }],
    [['kill', '00000000000000f1', '--after-drain'], { name: 'kill', device: '00000000000000f1', mode: 'after-drain', reason: '' }],
    [['orders'], { name: 'orders', device: null }],
    [['staff', 'restore', 'ada'], { name: 'staff', who: 'ada', state: 'active' }],
  ])('ORD-32 reads %j', (args, command) => {
    const parsed = parseCommand([...args, '--home', 'x']);
    if (command === null) expect(parsed).toMatchObject({ ok: false, fault: { code: 'USAGE' } });
    else expect(parsed).toEqual({ ok: true, value: { home: 'x', json: false, ...command } });
  });
});
