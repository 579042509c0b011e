#!/usr/bin/env node
import { parseArguments, wantsJson, type Arguments } from './arguments.ts';
import { HELP } from './help.ts';
import { exitCodeOf, printed, refused, usage, type Outcome } from './outcome.ts';
import { createPrompt } from './prompt.ts';
import { execute, homeOf, openLog } from './run-engine.ts';

/** `outpost`: the engine without a window, for administrators and scripts. */

const argv = process.argv.slice(2);
const json = wantsJson(argv);
const NO_TERMINAL = { isTTY: false, write: () => true };

let ended = false;

/** Writes the one answer and ends: nothing that is still waiting may hold the process or say more. */
function end(outcome: Outcome): void {
  if (ended) return;
  ended = true;
  const { stdout, stderr } = printed(outcome, json);
  const code = exitCodeOf(outcome);
  // Whoever reads may have gone (`outpost search … | head -1`); the command is done all the same.
  process.stdout.on('error', () => process.exit(code));
  process.stderr.write(stderr, () => process.stdout.write(stdout, () => process.exit(code)));
}

async function work(arguments_: Arguments): Promise<Outcome> {
  const home = homeOf(arguments_);
  const log = openLog(home);
  const crash = (error: unknown): void => {
    log.error('engine.crashed', error);
    end(refused({ code: 'INTERNAL' }));
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  return execute(arguments_, home, log, {
    prompt: createPrompt(process.stdin, process.stderr),
    terminal: json ? NO_TERMINAL : process.stderr,
    interrupts: (listener) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, listener);
    },
  });
}

const parsed = parseArguments(argv, process.cwd());
if (!parsed.ok) end(usage(String(parsed.fault.detail?.['problem'] ?? 'wrong usage')));
else if (parsed.value === 'help') process.stdout.write(HELP);
else end(await work(parsed.value));
