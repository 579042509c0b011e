import type { CommandName } from './arguments.ts';
import type { Outcome } from './outcome.ts';
import { addStaff, listStaff, setup } from './people-commands.ts';
import { exportRecords, importFiles, search } from './record-commands.ts';
import type { Cli } from './session.ts';
import { enrol, exportTrail, neighbours, provision, status, sync, verify } from './system-commands.ts';

/** The commands. Each is a few calls of the contract, with the same refusals as in the window. */
const COMMAND_TABLE: Readonly<Record<CommandName, (cli: Cli) => Promise<Outcome>>> = {
  setup,
  'staff add': addStaff,
  'staff list': listStaff,
  enrol,
  provision,
  neighbours,
  import: importFiles,
  export: exportRecords,
  search,
  status,
  sync,
  'audit verify': verify,
  'audit export': exportTrail,
};

export function run(command: CommandName, cli: Cli): Promise<Outcome> {
  return COMMAND_TABLE[command](cli);
}
