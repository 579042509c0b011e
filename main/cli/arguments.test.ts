import { describe, expect, it } from 'vitest';
import { ALWAYS, COMMANDS, parseArguments, wantsJson } from './arguments.ts';
import { HELP } from './help.ts';

const parse = (...argv: string[]) => parseArguments(argv, '/clinic');
const problemOf = (...argv: string[]): unknown => {
  const parsed = parse(...argv);
  return parsed.ok ? null : parsed.fault.detail?.['problem'];
};

describe('what was typed', () => {
  it('finds commands of one and of two words, and what follows them', () => {
    expect(parse('staff', 'add', '--new-user', 'ada')).toEqual({ ok: true, value: { command: 'staff add', operands: [], home: null, json: false, options: { 'new-user': 'ada' } } });
    expect(parse('import', 'a.json', 'b', '--json')).toMatchObject({ ok: true, value: { command: 'import', operands: ['a.json', 'b'], json: true } });
    expect(parse('search', 'ann', 'smith')).toMatchObject({ ok: true, value: { command: 'search', operands: ['ann', 'smith'] } });
  });

  it('takes the folder of the vault as seen from where the command was typed', () => {
    expect(parse('status', '--home', 'vault')).toMatchObject({ ok: true, value: { home: '/clinic/vault' } });
    expect(parse('status', '--home=/elsewhere')).toMatchObject({ ok: true, value: { home: '/elsewhere' } });
  });

  it('reads a negative number as a value', () => {
    expect(parse('setup', '--longitude', '-109.6', '--latitude=36.2')).toMatchObject({ ok: true, value: { options: { longitude: '-109.6', latitude: '36.2' } } });
  });

  it('gives help wherever it is asked for, and only there', () => {
    for (const argv of [['--help'], ['-h'], ['help'], ['import', '--help'], ['help', 'import']]) expect(parse(...argv)).toEqual({ ok: true, value: 'help' });
    expect(problemOf()).toBe('no command given');
    expect(problemOf('--json')).toBe('no command given');
  });

  it.each([
    [['fly'], 'no command "fly"'],
    [['staff'], 'no command "staff" without add or list'],
    [['audit', 'hunter2-secret'], 'no command "audit" without verify or export'],
    [['constructor'], 'no command "constructor"'],
    [['status', 'hunter2-secret'], '"status" takes options only'],
    [['search', 'ann', '--format', 'ndjson'], '"search" takes no --format'],
    [['status', '--home', ''], '--home is empty'],
    [['status', '--user='], '--user is empty'],
    [['status', '--json=yes'], 'Option \'--json\' does not take an argument'],
    [['export', '--out'], 'Option \'--out <value>\' argument missing'],
  ])('refuses %j', (argv, problem) => {
    expect(problemOf(...argv)).toBe(problem);
  });

  it.each([
    ['status', '--password', 'hunter2-secret'],
    ['status', '--password=hunter2-secret'],
    ['status', '--totp', 'hunter2-secret'],
    ['status', '--totp-secret', 'hunter2-secret'],
    ['status', '--code=hunter2-secret'],
    ['enrol', 'hunter2-secret'],
    ['status', '-p', 'hunter2-secret'],
  ])('takes no credential as an argument and does not repeat it: %s %s', (...argv) => {
    const problem = problemOf(...argv);
    expect(problem).toEqual(expect.any(String));
    expect(problem).not.toContain('hunter2');
  });

  it('knows that a document is asked for even where nothing else makes sense', () => {
    expect(wantsJson(['fly', '--json'])).toBe(true);
    expect(wantsJson(['fly'])).toBe(false);
    expect(wantsJson(['import', '--', '--json'])).toBe(false);
  });
});

describe('the help', () => {
  it.each(Object.entries(COMMANDS))('tells of %s and every option it takes', (command, { options }) => {
    const lines = HELP.split('\n');
    const start = lines.findIndex((line) => line.startsWith(`  outpost ${command} `) || line === `  outpost ${command}`);
    expect(start).toBeGreaterThan(0);
    const rest = lines.slice(start + 1);
    const end = rest.findIndex((line) => line.startsWith('  outpost ') || line === '');
    const text = [lines[start], ...rest.slice(0, end)].join('\n');
    for (const option of options) expect(text).toContain(`--${option}`);
  });

  it('tells of every option that all commands take', () => {
    for (const option of [...ALWAYS, 'json', 'help']) expect(HELP).toContain(`\n  --${option}`);
  });

  it('names no option that does not exist', () => {
    const known = new Set([...ALWAYS, 'json', 'help', ...Object.values(COMMANDS).flatMap(({ options }): readonly string[] => options)]);
    for (const [, name = ''] of HELP.matchAll(/--([a-z-]+)/g)) expect(known).toContain(name);
  });
});
