import { closeSync, cpSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, statSync, truncateSync, watch, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCentral, type Central } from '../demo/central.ts';
import { readInput, type Input } from '../demo/input.ts';
import { writePopulation } from '../fixtures/generate.ts';
import { PASSWORD } from '../fixtures/test-workstation.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';
import { changeOneBody, makeClinicHome, withDatabase, type ClinicHome } from './cli-home.ts';
import { documentIn, keepSecret, outpost, outpostJson } from './cli-process.ts';

/**
 * `outpost` in real processes. Each one-time code counts once, and only the codes of three half minutes count at any
 * time: so each test has people of its own, and nobody waits.
 */
const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
const file = (name: string, text: string): string => {
  writeFileSync(at(name), text, { mode: 0o600 });
  return at(name);
};
const refusedWith = (code: string, detail?: object) => ({ code: 1, said: { ok: false, fault: { code, ...(detail === undefined ? {} : { detail }) } } });
const modeOf = (path: string): number => statSync(path).mode & 0o777;

const STAFF = { administrator: 16, physician: 6, nurse: 2, registrar: 1, auditor: 2 };
/** Whoever made the vault is on the staff as well. */
const STAFF_COUNT = 1 + Object.values(STAFF).reduce((sum, count) => sum + count, 0);

let clinic: ClinicHome;
let input: Input;

beforeAll(async () => {
  clinic = await makeClinicHome(folder.path, 'clinic', STAFF);
  writePopulation({ seed: 11, patients: 8, resources: 25 }, at('bundles'), 'bundles');
  input = readInput(at('bundles'));
});
afterAll(() => folder.remove());

describe('wrong usage', () => {
  it.each([
    { args: [], because: 'no command given' },
    { args: ['fly'], because: 'no command "fly"' },
    { args: ['status', '--password', 'gravel-lantern-orchid-72'], because: 'Unknown option \'--password\'' },
    { args: ['import'], because: 'import needs a file or a folder' },
    { args: ['setup', '--clinic', 'C'], because: 'setup needs --site, --device-name, --user, --name, --totp-secret-file' },
    { args: ['audit', 'export', '--out', 'x', '--from', 'yesterday'], because: '--from and --to as ISO times' },
  ])('$args ends with 2, says why, and answers nothing', async ({ args, because }) => {
    const { code, stdout, stderr } = await outpost([...args, ...(args.length > 0 ? ['--home', at('nowhere')] : [])]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(because);
  });

  it('is one document with --json, and the sentence still stands on standard error', async () => {
    const ended = await outpost(['fly', '--json']);
    expect(ended).toMatchObject({ code: 2, stderr: 'outpost: no command "fly"\nSee: outpost --help\n' });
    expect(documentIn(ended)).toEqual({ ok: false, fault: { code: 'USAGE', detail: { problem: 'no command "fly"' } } });
  });

  it.each([
    ['outpost', ['setup', 'staff add', 'staff list', 'enrol', 'import', 'export', 'search', 'status', 'sync', 'audit verify', 'audit export']],
    ['central', ['serve', 'enrol-code', 'devices', 'revoke', 'verify']],
  ])('npm run %s -- --help tells of every command', async (script, commands) => {
    const { code, stdout } = await outpost(['run', '--silent', script, '--', '--help'], { program: ['npm'] });
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toContain(`\n  ${script} ${command}`);
  });
});

describe('from nothing to a vault', () => {
  const home = at('new');
  const recovery = at('recovery.txt');
  const totp = at('admin.totp');
  const setup = ['setup', '--home', home, '--clinic', 'Made Up Clinic', '--site', 'Main', '--latitude', '36.2', '--longitude', '-109.6', '--device-name', 'Desk', '--user', 'sam', '--name', 'Sam Made Up', '--totp-secret-file', totp, '--recovery-file', recovery];

  it('says what it finds before there is a vault, and refuses what needs one without asking for anything', async () => {
    expect(await outpostJson(['status', '--home', home])).toMatchObject({ code: 0, said: { ok: true, status: { state: 'setup' } } });
    expect(await outpost(['status', '--home', home])).toEqual({ code: 0, stdout: 'Outpost 0.1.0: setup\n', stderr: '' });
    expect(await outpost(['search', 'ann', '--home', home], { input: 'open' })).toEqual({ code: 1, stdout: '', stderr: 'outpost: WRONG_STATE state=setup\n' });
  });

  it('leaves nothing behind when it is refused', async () => {
    expect(await outpostJson([...setup, '--password-file', at('no-such-file')])).toEqual(refusedWith('FILE_UNREADABLE', { option: '--password-file', system: 'ENOENT' }));
    expect(await outpostJson([...setup, '--password-file', file('weak.txt', 'password12345678\n')])).toMatchObject({ code: 1, said: { ok: false, fault: { code: 'PASSWORD_TOO_WEAK' } } });
    expect(existsSync(recovery)).toBe(false);
    const taken = file('taken.txt', 'mine\n');
    expect(await outpostJson([...setup, '--password-file', file('strong.txt', `${PASSWORD}\n`), '--recovery-file', taken])).toEqual(refusedWith('FILE_UNREADABLE', { option: '--recovery-file', system: 'EEXIST' }));
    expect(readFileSync(taken, 'utf8')).toBe('mine\n');
    expect(await outpostJson(['status', '--home', home])).toMatchObject({ said: { status: { state: 'setup' } } });
  });

  it('makes the vault, and puts its secrets into files of their owner alone', async () => {
    keepSecret(readFileSync(totp, 'utf8').trim());
    const made = await outpostJson([...setup, '--password-file', at('strong.txt')]);
    expect(made).toEqual({ code: 0, said: { ok: true, login: 'sam', recoveryFile: recovery } });
    expect(keepSecret(readFileSync(recovery, 'utf8').trim())).toMatch(/^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){13}$/);
    expect([modeOf(totp), modeOf(recovery)]).toEqual([0o600, 0o600]);
    expect(await outpost(['status', '--home', home])).toEqual({ code: 0, stdout: 'Outpost 0.1.0: locked\n', stderr: '' });
  });

  it('does so once', async () => {
    const before = readFileSync(join(home, 'keybag.json'));
    expect(await outpostJson([...setup, '--password-file', at('strong.txt'), '--totp-secret-file', at('other.totp'), '--recovery-file', at('other-recovery.txt')])).toEqual(refusedWith('ALREADY_SET_UP'));
    expect(readFileSync(join(home, 'keybag.json'))).toEqual(before);
    expect([existsSync(at('other.totp')), existsSync(at('other-recovery.txt'))]).toEqual([false, false]);
  });

  it('says more of itself to whoever signs in, whose answers may come through a pipe', async () => {
    const who = ['--home', home, '--totp-secret-file', totp];
    const status = await outpost(['status', '--user', 'sam', ...who], { input: `${PASSWORD}\n` });
    expect(status).toEqual({ code: 0, stdout: expect.stringMatching(/^Made Up Clinic - Desk: unlocked\nNot enrolled; \d+ entries kept here\nPolicies: version \d+, \d+ days old\n$/), stderr: 'Password: ' });
    const search = await outpost(['search', 'nobody', ...who, '--json'], { input: `sam\n${PASSWORD}\n` });
    expect(search.stderr).toBe('Login: Password: ');
    expect(documentIn(search)).toMatchObject({ ok: false, fault: { code: 'DENIED' } });
  });

  it('without a file the recovery code is shown, once', async () => {
    const args = setup.slice(0, setup.indexOf('--recovery-file')).map((word) => (word === home ? at('shown') : word));
    const { code, stdout } = await outpost(args, { input: `${PASSWORD}\n` });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Vault made\. Administrator: sam\nRecovery code, shown once; print it and lock it away: [0-9A-Z]{4}(?:-[0-9A-Z]{4}){13}\n$/);
  });
});

describe('who may', () => {
  it('an administrator adds staff and lists them; a name is given once', async () => {
    const administrator = clinic.as('administrator');
    const somebody = ['--new-user', 'ada.obi', '--name', 'Ada Made Up', '--role', 'nurse', '--new-password-file', file('ada.txt', `${keepSecret('velvet-cactus-harbor-19')}\n`), '--new-totp-secret-file', at('ada.totp')];
    expect(await outpostJson(['staff', 'add', ...somebody, ...administrator])).toMatchObject({ code: 0, said: { ok: true, login: 'ada.obi', role: 'nurse', active: true } });
    keepSecret(readFileSync(at('ada.totp'), 'utf8').trim());
    const listed = await outpost(['staff', 'list', ...clinic.as('auditor')]);
    expect(listed.stdout).toMatch(/^ada\.obi +nurse +active +Ada Made Up$/m);
    expect(listed.stdout.trim().split('\n')).toHaveLength(STAFF_COUNT + 1);
    expect(await outpostJson(['staff', 'add', ...somebody, ...administrator])).toMatchObject(refusedWith('LOGIN_TAKEN'));
    expect(await outpostJson(['status', '--home', clinic.path, '--user', 'ada.obi', '--password-file', at('ada.txt'), '--totp-secret-file', at('ada.totp')])).toMatchObject({ code: 0, said: { status: { session: { role: 'nurse' } } } });
  });

  it('wrong name, wrong password and wrong code are refused alike', async () => {
    const { options } = clinic.person('registrar');
    const [, , , login = '', , password = '', , totp = ''] = options;
    const attempt = (user: string, passwordFile: string, totpFile: string) => outpostJson(['search', 'ann', '--home', clinic.path, '--user', user, '--password-file', passwordFile, '--totp-secret-file', totpFile]);
    const other = file('other.totp', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n');
    expect(await attempt('nobody', password, totp)).toEqual(refusedWith('CREDENTIALS_REFUSED'));
    expect(await attempt(login, file('wrong.txt', 'not the password\n'), totp)).toEqual(refusedWith('CREDENTIALS_REFUSED'));
    expect(await attempt(login, password, other)).toEqual(refusedWith('CREDENTIALS_REFUSED'));
    expect(await attempt(login, password, totp)).toMatchObject({ code: 0, said: { ok: true, patients: [] } });
  });

  it('a file of a secret that cannot be read, or holds none, is named by its option', async () => {
    const { options } = clinic.person('nurse');
    const withFile = (option: string, path: string) => ['search', 'ann', ...options.map((word, index) => (options[index - 1] === option ? path : word))];
    expect(await outpostJson(withFile('--password-file', folder.path))).toEqual(refusedWith('FILE_UNREADABLE', { option: '--password-file', system: 'EISDIR' }));
    expect(await outpostJson(withFile('--totp-secret-file', at('no-such-file')))).toEqual(refusedWith('FILE_UNREADABLE', { option: '--totp-secret-file', system: 'ENOENT' }));
    expect(await outpostJson(withFile('--totp-secret-file', file('empty.txt', '\n')))).toEqual(refusedWith('CODE_REFUSED', { rule: 'secret-not-base32' }));
  });

  it('a nurse neither exports nor imports, and the rule that says so is named', async () => {
    const nurse = clinic.as('nurse');
    expect(await outpostJson(['export', '--out', at('nurse.json'), ...nurse])).toMatchObject({ code: 1, said: { ok: false, fault: { code: 'DENIED', detail: { rule: expect.stringMatching(/\S/) } } } });
    expect(existsSync(at('nurse.json'))).toBe(false);
    const refused = await outpost(['import', at('bundles'), ...nurse]);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^outpost: DENIED .*rule=\S/) });
  });

  it('nobody answers: nothing is tried, and nothing waits', async () => {
    expect(await outpostJson(['search', 'ann', '--home', clinic.path])).toEqual(refusedWith('CANCELLED', { rule: 'nothing-to-read' }));
  });

  it('Ctrl-C at a question ends the command', async () => {
    const ended = await outpost(['search', 'ann', '--home', clinic.path, '--json'], { input: 'open', onStderr: (text, child) => void (text.endsWith('Login: ') && child.kill('SIGINT')) });
    expect(ended.code).toBe(1);
    expect(documentIn(ended)).toEqual({ ok: false, fault: { code: 'CANCELLED' } });
  });
});

describe('records', () => {
  it('takes a file, then its folder; what is there already is not taken again', async () => {
    const { options } = clinic.person('physician');
    const [first = ''] = input.files;
    const one = await outpostJson(['import', first, ...options]);
    expect(one).toMatchObject({ code: 0, said: { ok: true, state: 'done', files: [{ outcome: 'taken', alreadyPresent: 0, skippedCount: 0 }] } });
    const rest = await outpostJson(['import', at('bundles'), ...options]);
    const files = rest.said['files'] as { outcome: string; taken: number; alreadyPresent: number }[];
    expect(rest.code).toBe(0);
    expect(files.map(({ outcome }) => outcome)).toEqual(input.files.map(() => 'taken'));
    const sum = (count: (each: (typeof files)[number]) => number): number => files.reduce((before, each) => before + count(each), 0);
    expect(sum(({ alreadyPresent }) => alreadyPresent)).toBe((one.said['files'] as typeof files)[0]?.taken);
    expect(sum(({ taken, alreadyPresent }) => taken + alreadyPresent)).toBe(input.resources);
  });

  it('takes the good files and refuses the broken ones, with exit code 1 and a report of each', async () => {
    mkdirSync(at('mixed'));
    const patient = { resourceType: 'Patient', id: 'mixed', name: [{ family: 'Mixedbag', given: ['Made Up'] }] };
    file('mixed/a-good.json', JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient }] }));
    file('mixed/b-cut.json', '{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceTy');
    file('mixed/c-text.json', 'Dear colleague');
    file('mixed/d-empty.json', '');
    const { options } = clinic.person('physician');
    const { code, said } = await outpostJson(['import', at('mixed'), ...options]);
    expect({ code, fault: said['fault'] }).toEqual({ code: 1, fault: { code: 'FILES_REFUSED', detail: { files: 4, refused: 3 } } });
    expect(said['files']).toMatchObject([
      { file: 'a-good.json', outcome: 'taken', taken: 1 },
      { file: 'b-cut.json', outcome: 'refused', fault: { code: 'TRUNCATED' } },
      { file: 'c-text.json', outcome: 'refused', fault: { code: 'NOT_JSON' } },
      { file: 'd-empty.json', outcome: 'refused', fault: { code: 'EMPTY' } },
    ]);
    const found = await outpost(['search', 'mixedbag', ...options]);
    expect(found.stdout).toMatch(/^\S+ {2}MIXEDBAG, Made Up {2}born not known/);
    const words = await outpost(['import', at('mixed', 'c-text.json'), ...options]);
    expect(words).toMatchObject({ code: 1, stdout: expect.stringMatching(/^c-text\.json: refused NOT_JSON \(.+\)\n$/), stderr: 'outpost: FILES_REFUSED files=1 refused=1\n' });
  });

  it('refuses a path that leads nowhere, and is content with an empty folder', async () => {
    const { options } = clinic.person('physician');
    expect(await outpostJson(['import', at('no-such-file'), ...options])).toMatchObject(refusedWith('FILE_UNREADABLE', { code: 'ENOENT' }));
    mkdirSync(at('nothing'));
    expect(await outpost(['import', at('nothing'), ...options])).toMatchObject({ code: 0, stdout: 'no files there\n' });
  });

  it('finds patients for those who treat, not for those who administer', async () => {
    const { family, given } = input.somebody;
    const found = await outpostJson(['search', family, given, '--limit', '3', ...clinic.as('physician')]);
    expect(found).toMatchObject({ code: 0, said: { ok: true, patients: expect.arrayContaining([expect.objectContaining({ family })]) } });
    expect((found.said['patients'] as unknown[]).length).toBeLessThanOrEqual(3);
    expect(await outpostJson(['search', family, ...clinic.as('administrator')])).toMatchObject(refusedWith('DENIED'));
  });

  it('exports after a second code, to a new file of its owner alone', async () => {
    const out = at('all.json');
    const { options } = clinic.person('administrator');
    const { code, said } = await outpostJson(['export', '--out', out, ...options]);
    const bundle = JSON.parse(readFileSync(out, 'utf8')) as { resourceType: string; entry: unknown[] };
    expect({ code, said }).toEqual({ code: 0, said: { ok: true, resources: bundle.entry.length, bytes: statSync(out).size } });
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
    expect(bundle.entry.length).toBe(input.resources + 1);
    expect(modeOf(out)).toBe(0o600);

    const lines = at('all.ndjson');
    expect(await outpost(['export', '--format', 'ndjson', '--out', lines, ...clinic.as('administrator')])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ resources, \d+ bytes written to /) });
    const rows = readFileSync(lines, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { resourceType: string }).resourceType);
    expect(rows).toHaveLength(input.resources + 1);
    expect(rows.filter((type) => type === 'Patient')).toHaveLength(input.patients + 1);

    expect(await outpostJson(['export', '--out', out, ...clinic.as('administrator')])).toMatchObject(refusedWith('FILE_UNREADABLE'));
    expect(statSync(out).size).toBe(said['bytes']);
  });

  it('Ctrl-C cancels an import: what was taken is whole, and the rest can be taken later', async () => {
    const home = await makeClinicHome(folder.path, 'cancelled', { physician: 2, auditor: 1 });
    writePopulation({ seed: 12, patients: 300, resources: 60 }, at('many'), 'bundles');
    const many = readInput(at('many'));
    const ended = await outpost(['import', at('many'), ...home.as('physician'), '--json'], {
      onStart: (child) => {
        const log = join(home.path, 'vault.db-wal');
        const watcher = watch(home.path, () => {
          // Opening the vault writes little; this much is the first files.
          if (!existsSync(log) || statSync(log).size < 4_000_000) return;
          child.kill('SIGINT');
          watcher.close();
        });
        child.once('close', () => watcher.close());
      },
    });
    const cancelled = documentIn(ended);
    type Report = { readonly file: string; readonly outcome: string; readonly taken: number; readonly alreadyPresent: number };
    const files = cancelled['files'] as readonly Report[];
    expect({ code: ended.code, fault: cancelled['fault'] }).toEqual({ code: 1, fault: { code: 'CANCELLED', detail: { files: many.files.length, refused: 0 } } });
    expect([...new Set(files.map(({ outcome }) => outcome))].toSorted()).toEqual(['cancelled', 'taken']);
    const taken = new Map(files.filter(({ outcome }) => outcome === 'taken').map((each) => [each.file, each.taken]));

    const again = await outpostJson(['import', at('many'), ...home.as('physician')]);
    const reports = again.said['files'] as readonly Report[];
    expect(again.code).toBe(0);
    expect(reports.filter(({ taken: count }) => count === 0).map(({ file: name, alreadyPresent }) => [name, alreadyPresent])).toEqual([...taken]);
    expect(reports.reduce((sum, each) => sum + each.taken + each.alreadyPresent, 0)).toBe(many.resources);
    expect(await outpostJson(['audit', 'verify', ...home.as('auditor')])).toMatchObject({ code: 0, said: { ok: true, projection: 'equal' } });
  });
});

describe('the trail', () => {
  it('holds, and is handed out after a second code', async () => {
    const verified = await outpostJson(['audit', 'verify', ...clinic.as('administrator')]);
    expect(verified).toMatchObject({ code: 0, said: { ok: true, firstBad: null, problems: [], projection: 'equal' } });
    const out = at('trail.ndjson');
    const exported = await outpostJson(['audit', 'export', '--out', out, ...clinic.as('auditor')]);
    const lines = readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { kind?: string });
    expect(exported).toMatchObject({ code: 0, said: { ok: true, lines: lines.length, bytes: statSync(out).size, head: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(lines.length).toBeGreaterThanOrEqual(Number(verified.said['entries']));
    expect(modeOf(out)).toBe(0o600);
    const none = await outpostJson(['audit', 'export', '--out', at('future.ndjson'), '--from', '2999-01-01T00:00:00Z', ...clinic.as('administrator')]);
    expect(none).toMatchObject({ code: 0, said: { lines: 0 } });
  });

  /** A copy of the clinic's folder, with whoever tampers with it and whoever looks at it afterwards. */
  function copied(name: string) {
    const path = at(name);
    cpSync(clinic.path, path, { recursive: true });
    const auditor = clinic.person('administrator');
    return { path, auditor, options: auditor.options.map((word) => (word === clinic.path ? path : word)) };
  }

  it('one changed word in one entry is found, and the entry named', async () => {
    const { path, auditor, options } = copied('changed');
    const entry = await withDatabase(path, auditor.login, (store) => changeOneBody(store, 'settings.changed'));
    const ended = await outpost(['audit', 'verify', ...options, '--json']);
    const said = documentIn(ended);
    expect(ended.code).toBe(1);
    expect(said).toMatchObject({ ok: false, fault: { code: 'LEDGER_BROKEN', detail: { entry, problem: 'the content was changed' } }, firstBad: { entry }, projection: 'differs' });
  });

  it('flipped bytes and a cut file are named for what they are', async () => {
    const { path, options } = copied('flipped');
    const database = openSync(join(path, 'vault.db'), 'r+');
    // Into the second page, which the cipher's own check then refuses.
    writeSync(database, Buffer.alloc(64, 0xff), 0, 64, 4096 + 1000);
    const { size } = fstatSync(database);
    closeSync(database);
    expect(await outpostJson(['audit', 'verify', ...options])).toMatchObject(refusedWith('VAULT_DAMAGED'));
    truncateSync(join(path, 'vault.db'), Math.floor(size / 8192) * 4096);
    expect(await outpostJson(['audit', 'verify', ...options])).toMatchObject(refusedWith('VAULT_DAMAGED'));
    truncateSync(join(path, 'keybag.json'), 100);
    expect(await outpostJson(['audit', 'verify', ...options])).toMatchObject(refusedWith('VAULT_DAMAGED'));
  });

  it('a missing anchor holds all writing, and verification says so', async () => {
    const { path, options } = copied('held');
    truncateSync(join(path, 'anchor.json'), 0);
    expect(await outpostJson(['status', ...options])).toMatchObject({ code: 0, said: { status: { state: 'held', held: 'ANCHOR_FORGED' } } });
    expect(await outpostJson(['import', at('bundles'), ...options])).toMatchObject(refusedWith('HELD'));
    expect(await outpostJson(['audit', 'verify', ...options])).toMatchObject(refusedWith('LEDGER_BROKEN', { entry: '' }));
  });
});

describe('a machine that is not as it should be', () => {
  it('one vault is open once', async () => {
    const { login, options } = clinic.person('administrator');
    const second = await withDatabase(clinic.path, login, () => outpostJson(['staff', 'list', ...options]));
    expect(second).toMatchObject(refusedWith('VAULT_IN_USE'));
  });

  it('a folder that cannot be one is named', async () => {
    expect(await outpostJson(['status', '--home', at('password.txt')])).toEqual(refusedWith('FILE_UNREADABLE', { option: '--home', system: 'EEXIST' }));
    expect(await outpostJson(['status', '--home', at('password.txt', 'inner')])).toEqual(refusedWith('FILE_UNREADABLE', { option: '--home', system: 'ENOTDIR' }));
  });

  /** Runs with a defect built in where a code is made, whose error text is the secret itself. */
  const withDefect = (defect: string): readonly string[] => {
    const patch = `const upper = String.prototype.toUpperCase; String.prototype.toUpperCase = function () { if (/^[A-Z2-7]{32}$/.test(this)) { ${defect} } return upper.call(this); };`;
    return ['--import', `data:text/javascript,${encodeURIComponent(patch)}`];
  };

  it.each([
    ['thrown', 'throw new TypeError("defect " + this);', 'job.failed'],
    ['in a promise that nobody awaits', 'Promise.reject(new TypeError("defect " + this));', 'engine.crashed'],
  ])('a defect %s is INTERNAL, in the log without its text, and nothing else is said', async (_where, defect, event) => {
    const { options } = clinic.person('administrator');
    const ended = await outpost(['staff', 'list', ...options, '--json'], { nodeOptions: withDefect(defect) });
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(documentIn(ended)).toEqual({ ok: false, fault: { code: 'INTERNAL' } });
    const last = readFileSync(join(clinic.path, 'log/outpost.log'), 'utf8').trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ level: 'error', event, errorClass: 'TypeError' });
    expect(last).not.toContain('defect');
  });
});

describe('with a central server', () => {
  let central: Central | null = null;
  let second: ClinicHome;
  beforeAll(async () => {
    central = await startCentral(at('central'));
    second = await makeClinicHome(folder.path, 'second', { administrator: 4, physician: 1 });
  });
  const stopCentral = async (): Promise<void> => {
    const running = central;
    central = null;
    await running?.stop();
  };
  afterAll(stopCentral);

  it('joins by a code, sends, and another workstation finds what was sent', async () => {
    if (central === null) throw new Error('central does not run');
    const address = `${central.host}:${central.port}`;
    const { options } = clinic.person('administrator');
    expect(await outpostJson(['sync', ...options])).toMatchObject(refusedWith('NOT_ENROLLED'));
    expect(await outpostJson(['enrol', '--code-file', at('no-such-file'), ...options])).toEqual(refusedWith('FILE_UNREADABLE', { option: '--code-file', system: 'ENOENT' }));
    const code = file('enrolment.txt', `${keepSecret(await central.enrolCode(address))}\n`);
    expect(await outpostJson(['enrol', '--code-file', code, ...options])).toMatchObject({ code: 0, said: { ok: true, organization: expect.stringMatching(/\S/) } });
    const physician = clinic.as('physician');
    // Whatever of it is there already is not taken again.
    expect(await outpostJson(['import', at('bundles'), ...physician])).toMatchObject({ code: 0 });
    const sent = await outpostJson(['sync', ...physician]);
    expect(sent).toMatchObject({ code: 0, said: { ok: true, enrolled: true, line: 'online', lineFault: null } });
    expect(Number(sent.said['bytesSent'])).toBeGreaterThan(0);
    const held = [...(await central.entries()).values()];
    expect(held).toHaveLength(1);
    expect(held[0]).toBeGreaterThan(input.resources);

    const other = second.person('administrator').options;
    expect(await outpostJson(['enrol', '--code-file', code, ...other])).toMatchObject(refusedWith('ENROLMENT_REFUSED'));
    const fresh = keepSecret(await central.enrolCode(address));
    expect(await outpost(['enrol', '--code-file', '-', ...other], { input: `${fresh}\n` })).toEqual({ code: 0, stdout: 'Enrolled with Four Corners Health\n', stderr: '' });
    expect(await outpostJson(['sync', ...second.as('administrator')])).toMatchObject({ code: 0, said: { ok: true, line: 'online' } });
    const { family } = input.somebody;
    expect(await outpostJson(['search', family, ...second.as('physician')])).toMatchObject({ code: 0, said: { patients: expect.arrayContaining([expect.objectContaining({ family })]) } });
    expect(await central.verify()).toMatchObject({ ok: true });
  });

  it('without a line says so, and keeps everything', async () => {
    const { options } = second.person('administrator');
    await stopCentral();
    expect(await outpostJson(['sync', ...options])).toMatchObject(refusedWith('OFFLINE'));
    const status = await outpostJson(['status', ...options]);
    expect(status).toMatchObject({ code: 0, said: { sync: { enrolled: true, allSent: false } } });
    expect((status.said['sync'] as { unsent: number }).unsent).toBeGreaterThan(0);
  });
});
