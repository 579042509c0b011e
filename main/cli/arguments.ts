import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ok, refuse, type Result } from '../../shared/base/result.ts';

/** What was typed, before anything is done with it. Credentials come from files or a prompt, never as an argument. */
export type Arguments = {
  readonly command: CommandName;
  readonly operands: readonly string[];
  readonly home: string | null;
  readonly json: boolean;
  readonly options: Readonly<Record<string, string>>;
};

/** Commands of one and of two words: the options each takes besides those of every command, and its words, if any. */
export const COMMANDS = {
  setup: { options: ['clinic', 'site', 'address', 'latitude', 'longitude', 'device-name', 'name', 'recovery-file'], operands: false },
  'staff add': { options: ['new-user', 'new-password-file', 'new-totp-secret-file', 'name', 'role'], operands: false },
  'staff list': { options: [], operands: false },
  enrol: { options: ['code-file'], operands: false },
  provision: { options: ['from'], operands: false },
  neighbours: { options: ['answer', 'to'], operands: false },
  import: { options: [], operands: true },
  export: { options: ['patient', 'format', 'out'], operands: false },
  search: { options: ['limit'], operands: true },
  status: { options: [], operands: false },
  sync: { options: [], operands: false },
  'audit verify': { options: [], operands: false },
  'audit export': { options: ['out', 'from', 'to'], operands: false },
} as const satisfies Readonly<Record<string, { readonly options: readonly string[]; readonly operands: boolean }>>;
export type CommandName = keyof typeof COMMANDS;

/** Options of every command, besides --json and --help. */
export const ALWAYS: readonly string[] = ['home', 'user', 'password-file', 'totp-secret-file'];
const TEXT_OPTIONS: readonly string[] = [...new Set([...ALWAYS, ...Object.values(COMMANDS).flatMap(({ options }) => options)])];

/**
 * USAGE: `detail.problem` says what is wrong. It names options and at most one word of what was typed, for anything
 * further may be a password in the wrong place.
 */
export function parseArguments(argv: readonly string[], workingFolder: string): Result<Arguments | 'help', 'USAGE'> {
  let parsed;
  try {
    parsed = parseArgs({
      args: withNegativeNumbers(argv),
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, ...Object.fromEntries(TEXT_OPTIONS.map((name) => [name, { type: 'string' as const }])) },
    });
  } catch (error) {
    return wrong(error instanceof Error ? firstSentence(error.message) : 'wrong usage');
  }
  const { values, positionals } = parsed;
  const [first] = positionals;
  if (values['help'] === true || first === 'help') return ok('help');
  if (first === undefined) return wrong('no command given');
  const command = [positionals.slice(0, 2).join(' '), first].find(isCommand);
  if (command === undefined) return wrong(`no command "${first}"${Object.hasOwn(SECOND_WORDS, first) ? ` without ${SECOND_WORDS[first] ?? ''}` : ''}`);
  const takes: { readonly options: readonly string[]; readonly operands: boolean } = COMMANDS[command];
  const operands = positionals.slice(command.split(' ').length);
  if (operands.length > 0 && !takes.operands) return wrong(`"${command}" takes options only`);
  const options: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') continue;
    if (!ALWAYS.includes(name) && !takes.options.includes(name)) return wrong(`"${command}" takes no --${name}`);
    // A variable of a script that was never set; as a folder it would mean the one the script happens to be in.
    if (value === '') return wrong(`--${name} is empty`);
    options[name] = value;
  }
  const home = options['home'];
  return ok({ command, operands, home: home === undefined ? null : resolve(workingFolder, home), json: values['json'] === true, options });
}

/** Whether one JSON document is asked for, also where the rest of what was typed makes no sense. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}

const wrong = (problem: string) => refuse('USAGE', { problem });

function isCommand(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}

/** `staff` and `audit`, with what may follow. */
const SECOND_WORDS: Readonly<Record<string, string>> = { staff: 'add or list', audit: 'verify or export' };

/** Node explains at length how to pass a word that begins with a hyphen. */
function firstSentence(message: string): string {
  return message.split(/\.\s|\n/)[0] ?? '';
}

/** `--longitude -109.6` means a number, not an option of that name. */
function withNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const argument of argv) {
    const before = joined.at(-1);
    if (/^-\d/.test(argument) && before?.startsWith('--') === true && !before.includes('=')) joined[joined.length - 1] = `${before}=${argument}`;
    else joined.push(argument);
  }
  return joined;
}
