#!/usr/bin/env node
import type { Fault, Result } from '../../shared/base/result.ts';
import { systemClock } from '../world.ts';
import { faultLine, runCommand, serve, type CommandFault, type Outcome } from './commands.ts';
import { parseCommand, USAGE, type Command } from './options.ts';

/** The operator's command line. Exit code 0 done, 1 refused or failed, 2 wrong usage. */
const EXIT = { done: 0, refused: 1, usage: 2 } as const;

function print(json: boolean, result: Result<Outcome, CommandFault>): number {
  if (!result.ok) return refuse(json, result.fault);
  console.log(json ? JSON.stringify({ ok: true, ...result.value.data }) : result.value.lines.join('\n'));
  return EXIT.done;
}

function refuse(json: boolean, fault: Fault<string>): number {
  if (json) console.log(JSON.stringify({ ok: false, fault }));
  else console.error(faultLine(fault));
  return EXIT.refused;
}

/** Events go to standard error, one JSON object a line, so that standard output stays one document. */
function logEvent(event: object): void {
  console.error(JSON.stringify({ at: new Date(systemClock.now()).toISOString(), ...event }));
}

async function runServe(command: Extract<Command, { name: 'serve' }>): Promise<number> {
  const started = await serve(command, logEvent);
  if (!started.ok) return refuse(command.json, started.fault);
  const { running, outcome } = started.value;
  print(command.json, { ok: true, value: outcome });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await running.close();
  return EXIT.done;
}

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseCommand(args);
  if (!parsed.ok) {
    console.error(`${String(parsed.fault.detail?.['what'] ?? '')}\n\n${USAGE}`);
    return EXIT.usage;
  }
  const command = parsed.value;
  if (command.name === 'help') {
    console.log(USAGE);
    return EXIT.done;
  }
  return command.name === 'serve' ? runServe(command) : print(command.json, await runCommand(command));
}

process.exitCode = await main(process.argv.slice(2));
