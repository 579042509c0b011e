#!/usr/bin/env node
import { homedir } from 'node:os';
import { join } from 'node:path';
import { refuse } from '../../shared/base/result.ts';
import { createEngine } from '../engine.ts';
import { defaultHome } from '../home.ts';
import { createLog, logFile } from '../log/log.ts';
import { nodeNetwork } from '../sync/sync.ts';
import { createFileKeystore, nodeDisk } from '../vault/vault.ts';
import { localAddresses, systemClock, systemRandom } from '../world.ts';
import { HELP, parseArguments, type Arguments } from './arguments.ts';
import { run, type Outcome } from './commands.ts';

/** `outpost`: the engine without a window, for administrators and scripts. */

const EXIT_DONE = 0;
const EXIT_REFUSED = 1;
const EXIT_USAGE = 2;

const parsed = parseArguments(process.argv.slice(2));
if (!parsed.ok) {
  process.stderr.write(`outpost: ${String(parsed.fault.detail?.['problem'] ?? 'wrong usage')}\nSee: outpost --help\n`);
  process.exitCode = EXIT_USAGE;
} else if (parsed.value === 'help') {
  process.stdout.write(HELP);
} else {
  process.exitCode = await execute(parsed.value);
}

async function execute(arguments_: Arguments): Promise<number> {
  const home = arguments_.home ?? defaultHome(process.platform, process.env, homedir());
  const engine = await createEngine({
    home,
    keystore: createFileKeystore({ folder: home, disk: nodeDisk }),
    clock: systemClock,
    random: systemRandom,
    log: createLog(systemClock, logFile(join(home, 'log'))),
    addresses: localAddresses,
    network: nodeNetwork,
  });
  try {
    const outcome: Outcome = await run(engine, arguments_).catch(() => ({ result: refuse('INTERNAL'), lines: () => [] }));
    print(outcome, arguments_.json);
    if (outcome.usage !== undefined) return EXIT_USAGE;
    return outcome.result.ok ? EXIT_DONE : EXIT_REFUSED;
  } finally {
    await engine.stop();
  }
}

function print({ result, lines, usage }: Outcome, json: boolean): void {
  if (usage !== undefined) process.stderr.write(`outpost: ${usage}\nSee: outpost --help\n`);
  else if (json) process.stdout.write(`${JSON.stringify(result.ok ? { ok: true, ...result.value } : { ok: false, fault: result.fault })}\n`);
  else if (result.ok) process.stdout.write(`${lines(result.value).join('\n')}\n`);
  else process.stderr.write(`outpost: ${result.fault.code}${result.fault.detail === undefined ? '' : ` ${JSON.stringify(result.fault.detail)}`}\n`);
}
