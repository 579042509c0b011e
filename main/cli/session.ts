import { ok, refuse, type Fault, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import type { CallInput, CallName, CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import type { Engine } from '../engine.ts';
import { freshCode, readSecretFile } from './credentials.ts';
import { done, refused, type Outcome, type Value } from './outcome.ts';
import type { Prompt } from './prompt.ts';

/** What a command works with. */
export type Cli = {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly options: Readonly<Record<string, string>>;
  readonly operands: readonly string[];
  readonly prompt: Prompt;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Where progress is drawn. */
  readonly terminal: { readonly isTTY?: boolean; write(text: string): unknown };
  /** Called while work is under way, so that nobody at the keyboard is not taken for nobody there. */
  readonly working: <T>(work: Promise<T>) => Promise<T>;
  /** From here on Ctrl-C means this, and no longer the end of the command. */
  readonly onInterrupt: (handler: () => void) => void;
};

export async function call<Name extends CallName>({ engine, working }: Cli, name: Name, input: CallInput<Name>): Promise<CallResult<Name>> {
  return (await working(engine.dispatch(name, input, 'command-line'))) as CallResult<Name>;
}

/** From the file that the option names, or asked for. */
export async function secret({ options, prompt }: Cli, option: string, question: string): Promise<Result<string, 'FILE_UNREADABLE' | 'CANCELLED'>> {
  const path = options[option];
  if (path === undefined) return prompt.ask(question, 'secret');
  const read = readSecretFile(path);
  return read.ok ? read : refuse('FILE_UNREADABLE', { option: `--${option}`, ...read.fault.detail });
}

async function signInCode(cli: Cli, login: string, question: string): Promise<Result<string, string>> {
  if (cli.options['totp-secret-file'] === undefined) return cli.prompt.ask(question, 'shown');
  const base32 = await secret(cli, 'totp-secret-file', '');
  return base32.ok ? nextCode(cli, base32.value, await cli.engine.auth.lastCodeStep(login)) : base32;
}

/** A code of the secret that has not been used yet; says so where that takes a while. */
export function nextCode({ clock, prompt, wait }: Cli, base32: string, lastStep: number | null): Promise<Result<string, string>> {
  return freshCode(base32, clock, lastStep, async (milliseconds) => {
    prompt.tell(`waiting ${Math.ceil(milliseconds / 1000)} s for a fresh one-time code`);
    await wait(milliseconds);
  });
}

/** The fault, or null once somebody is signed in. */
export async function signIn(cli: Cli): Promise<Fault<string> | null> {
  if (cli.engine.workstation.state() === 'setup') return refuse('WRONG_STATE', { state: 'setup' }).fault;
  const login = cli.options['user'] === undefined ? await cli.prompt.ask('Login: ', 'shown') : ok(cli.options['user']);
  if (!login.ok) return login.fault;
  const password = await secret(cli, 'password-file', 'Password: ');
  if (!password.ok) return password.fault;
  const code = await signInCode(cli, login.value, 'One-time code: ');
  if (!code.ok) return code.fault;
  const signedIn = await call(cli, 'session.signIn', { login: login.value, password: password.value, code: code.value });
  return signedIn.ok ? null : signedIn.fault;
}

/** Exports and the like want a second, fresh code. */
async function withStepUp<Name extends CallName>(cli: Cli, name: Name, input: CallInput<Name>): Promise<CallResult<Name> | Result<never, string>> {
  const first = await call(cli, name, input);
  if (first.ok || first.fault.code !== 'STEP_UP_REQUIRED') return first;
  const code = await signInCode(cli, cli.engine.auth.session()?.login ?? '', 'Another one-time code: ');
  if (!code.ok) return code;
  const raised = await call(cli, 'session.stepUp', { code: code.value });
  return raised.ok ? call(cli, name, input) : raised;
}

/** One call of whoever is signed in. */
export async function one<Name extends CallName>(cli: Cli, name: Name, input: CallInput<Name>, lines: (value: CallOutput<Name>) => readonly string[]): Promise<Outcome> {
  const result = await withStepUp(cli, name, input);
  if (!result.ok) return refused(result.fault);
  const value = result.value as CallOutput<Name> & Value;
  return done(value, lines(value));
}

/** Signs in, then does the work. */
export async function signedIn(cli: Cli, work: () => Promise<Outcome>): Promise<Outcome> {
  const fault = await signIn(cli);
  return fault === null ? work() : refused(fault);
}
