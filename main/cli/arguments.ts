import { parseArgs } from 'node:util';
import { ok, refuse, type Result } from '../../shared/base/result.ts';

/** What was typed, before anything is done with it. Credentials come from files or a prompt, never as an argument. */
export type Arguments = {
  readonly command: readonly string[];
  readonly operands: readonly string[];
  readonly home: string | null;
  readonly json: boolean;
  readonly options: Readonly<Record<string, string>>;
};

const TEXT_OPTIONS = [
  'home', 'user', 'password-file', 'totp-secret-file', 'clinic', 'site', 'address', 'latitude', 'longitude', 'device-name', 'name', 'role', 'recovery-file',
  'new-user', 'new-password-file', 'new-totp-secret-file', 'code-file', 'patient', 'format', 'out', 'from', 'to', 'limit',
] as const;

/** Commands of one and of two words, each with the options it takes besides --home, --json and the credentials. */
export const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  setup: ['clinic', 'site', 'address', 'latitude', 'longitude', 'device-name', 'name', 'recovery-file'],
  'staff add': ['new-user', 'new-password-file', 'new-totp-secret-file', 'name', 'role'],
  'staff list': [],
  enrol: ['code-file'],
  import: [],
  export: ['patient', 'format', 'out'],
  search: ['limit'],
  status: [],
  sync: [],
  'audit verify': [],
  'audit export': ['out', 'from', 'to'],
};
const ALWAYS = ['home', 'user', 'password-file', 'totp-secret-file'];

export function parseArguments(argv: readonly string[]): Result<Arguments | 'help', 'USAGE'> {
  let parsed;
  try {
    parsed = parseArgs({
      args: withNegativeNumbers(argv),
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, ...Object.fromEntries(TEXT_OPTIONS.map((name) => [name, { type: 'string' as const }])) },
    });
  } catch (error) {
    return refuse('USAGE', { problem: error instanceof Error ? error.message : '' });
  }
  const { values, positionals } = parsed;
  if (values['help'] === true || positionals.length === 0 || positionals[0] === 'help') return ok('help');
  const two = positionals.slice(0, 2).join(' ');
  const command = Object.hasOwn(COMMANDS, two) ? two : (positionals[0] ?? '');
  const takes = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (takes === undefined) return refuse('USAGE', { problem: `unknown command "${positionals.join(' ')}"` });
  const options: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') continue;
    if (!ALWAYS.includes(name) && !takes.includes(name)) return refuse('USAGE', { problem: `"${command}" takes no --${name}` });
    options[name] = value;
  }
  const words = command.split(' ');
  return ok({ command: words, operands: positionals.slice(words.length), home: options['home'] ?? null, json: values['json'] === true, options });
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

export const HELP = `outpost - an offline clinic's record on one PC, from the command line

  outpost setup        --clinic NAME --site NAME [--address TEXT] [--latitude N --longitude N] --device-name NAME
                       --user LOGIN --name NAME --password-file FILE --totp-secret-file FILE [--recovery-file FILE]
                       makes the vault and its administrator; a missing one-time-code secret is made and written
  outpost staff add    --new-user LOGIN --name NAME --role physician|nurse|registrar|administrator|auditor
                       --new-password-file FILE --new-totp-secret-file FILE
  outpost staff list
  outpost enrol        --code-file FILE|-      enrols this workstation with a central server's one-time code
  outpost import       FILE|FOLDER ...         FHIR R4 bundles and NDJSON; each file whole or not at all
  outpost export       --out FILE [--patient ID] [--format bundle|ndjson]
  outpost search       WORDS [--limit N]
  outpost status
  outpost sync
  outpost audit verify                         names the first entry that does not hold
  outpost audit export --out FILE [--from ISO-TIME] [--to ISO-TIME]

Every command: --home DIR (where the vault lives), --json (one JSON document on standard output),
--user LOGIN --password-file FILE --totp-secret-file FILE; what is missing is asked for at the terminal.
Exit code 0: done. 1: refused or failed, with the fault code. 2: wrong usage.
`;
