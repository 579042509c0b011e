import { join, resolve } from 'node:path';

/**
 * The folder a vault lives in where none is named: the per-user data folder of the platform (XDG base directory
 * specification; Apple file system guide; Windows known folders).
 */
export function defaultHome(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>, userFolder: string): string {
  if (platform === 'win32') return join(env['APPDATA'] ?? join(userFolder, 'AppData', 'Roaming'), 'Outpost');
  if (platform === 'darwin') return join(userFolder, 'Library', 'Application Support', 'Outpost');
  const data = env['XDG_DATA_HOME'];
  // The specification: a relative path here is to be ignored.
  return join(data !== undefined && data.startsWith('/') ? data : join(userFolder, '.local', 'share'), 'outpost');
}

/** Reads `--home DIR` or `--home=DIR`; null where it is absent. */
export function homeArgument(argv: readonly string[], workingFolder: string): string | null {
  for (const [index, argument] of argv.entries()) {
    const value = argument === '--home' ? argv[index + 1] : argument.startsWith('--home=') ? argument.slice('--home='.length) : undefined;
    if (value !== undefined && value !== '') return resolve(workingFolder, value);
  }
  return null;
}
