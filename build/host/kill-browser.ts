import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Kills every process of the browser that runs on a profile folder, as a power cut would: for tests of what survives.
 * They are found by the folder in their command line, which no other process has.
 */
export function killBrowser(profile: string): void {
  for (const { pid, command } of process.platform === 'linux' ? fromProc() : fromPs()) {
    if (!command.includes(`--user-data-dir=${profile}`)) continue;
    unlessGone(() => process.kill(pid, 'SIGKILL'));
  }
}

type Running = { readonly pid: number; readonly command: string };

/** Not by `ps`, which a small Debian does not have. */
function fromProc(): readonly Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: unlessGone(() => readFileSync(`/proc/${name}/cmdline`, 'utf8')) ?? '' }));
}

function fromPs(): readonly Running[] {
  return execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line }))
    .filter(({ pid }) => Number.isInteger(pid));
}

/** Children go with their parent, and some between the look and the act. */
function unlessGone<Value>(act: () => Value): Value | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'ENOENT')) return null;
    throw error;
  }
}
