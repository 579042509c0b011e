import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): { readonly status: number | null; readonly said: string } => {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...rest } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'start.ts'), ...args], { env: { ...rest, ...env }, encoding: 'utf8' });
  return { status, said: stdout + stderr };
};

describe('start', () => {
  it.runIf(process.platform === 'linux')('says where there is no display, points to the demo, and leaves no folder behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-start-'));
    const { status, said } = start(['--home', join(folder, 'vault')]);
    // Fails where anything was made in it.
    rmdirSync(folder);
    expect(status).toBe(1);
    expect(said).toContain('no display');
    expect(said).toContain('npm run demo');
  });

  it.each([['--nonsense'], ['--host', 'netscape'], ['--home'], ['stray']])('shows its usage for %s %s', (...args) => {
    const { status, said } = start(args.filter((argument): argument is string => typeof argument === 'string'));
    expect(status).toBe(2);
    expect(said).toContain('--home DIR');
  });
});
