import { ok, refuse, type Result } from '../../shared/base/result.ts';

type Common = { readonly home: string; readonly json: boolean };

/** How an operator looks after the server, on the command line. */
export type ConsoleCommand = Common &
  (
    | { readonly name: 'status' | 'devices' }
    | { readonly name: 'events'; readonly limit: number; readonly device: string | null; readonly code: string | null }
    | { readonly name: 'quarantine-list'; readonly limit: number }
    | { readonly name: 'quarantine-show'; readonly id: number; readonly out: string | null }
    | { readonly name: 'backup'; readonly file: string }
    | { readonly name: 'restore'; readonly file: string }
  );

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 100_000;

export const CONSOLE_USAGE = `
  central status                     --home DIR [--json]
  central devices                    --home DIR [--json]
  central events                     --home DIR [--limit N] [--device DEVICE] [--code CODE] [--json]
  central quarantine list            --home DIR [--limit N] [--json]
  central quarantine show NUMBER     --home DIR [--out FILE] [--json]
  central backup FILE                --home DIR [--json]
  central restore FILE               --home DIR [--json]

status tells at one glance how database, disk and every workstation are. Quarantined batches contradict what is held;
show --out writes one whole for whoever looks into it. backup writes everything into one encrypted file while central runs;
the organisation's keys are not in it. restore puts such a file in place of the home's database (central stopped, the old one
put aside) or into an empty PostgreSQL database, and begins a new epoch: workstations bring what it lacks.
The database is the home's own file, or the PostgreSQL database of DATABASE_URL, or of the file DATABASE_URL_FILE names.
`;

export const CONSOLE_OPTIONS = { code: { type: 'string' } } as const;
export const CONSOLE_WORDS = ['status', 'devices', 'events', 'quarantine', 'backup', 'restore'] as const;
export type ConsoleWord = (typeof CONSOLE_WORDS)[number];
/** Options of one command only. */
export const CONSOLE_OWN_OPTIONS: Readonly<Record<ConsoleWord, readonly string[]>> = { status: [], devices: [], events: ['limit', 'device', 'code'], quarantine: ['limit', 'out'], backup: [], restore: [] };
export type ConsoleValues = { readonly limit?: string; readonly device?: string; readonly code?: string; readonly out?: string };

export function isConsoleWord(word: string): word is ConsoleWord {
  return CONSOLE_WORDS.some((each) => each === word);
}

const usage = (what: string): Result<never, 'USAGE'> => refuse('USAGE', { what });

function limitOf(text: string | undefined): number | null {
  const limit = Number(text ?? LIMIT_DEFAULT);
  return Number.isInteger(limit) && limit > 0 && limit <= LIMIT_MAX ? limit : null;
}

/** `words` are the positional arguments behind the first. */
export function parseConsoleCommand(word: ConsoleWord, words: readonly string[], values: ConsoleValues, common: Common): Result<ConsoleCommand, 'USAGE'> {
  const [first, second, ...rest] = words;
  const limit = limitOf(values.limit);
  if (limit === null) return usage(`--limit takes a number up to ${LIMIT_MAX}`);
  switch (word) {
    case 'status':
    case 'devices': return first === undefined ? ok({ name: word, ...common }) : usage('too many arguments');
    case 'events': {
      if (first !== undefined) return usage('too many arguments');
      if (values.device !== undefined && !/^[0-9a-f]{16}$/.test(values.device)) return usage('--device takes the id of a device');
      return ok({ name: word, ...common, limit, device: values.device ?? null, code: values.code ?? null });
    }
    case 'quarantine': {
      if (first === 'list' && second === undefined) return values.out === undefined ? ok({ name: 'quarantine-list', ...common, limit }) : usage('quarantine list takes no --out');
      if (first !== 'show' || second === undefined || rest.length > 0) return usage('quarantine takes list, or show NUMBER');
      if (values.limit !== undefined) return usage('quarantine show takes no --limit');
      return /^[1-9]\d{0,14}$/.test(second) ? ok({ name: 'quarantine-show', ...common, id: Number(second), out: values.out ?? null }) : usage('quarantine show takes a number of the list');
    }
    case 'backup':
    case 'restore': return first !== undefined && first !== '' && second === undefined ? ok({ name: word, ...common, file: first }) : usage(`${word} takes one FILE`);
  }
}
