import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Longest wait for Electron's own download, which a good line makes in under a minute. */
const FETCH_MAX_MS = 5 * 60_000;

/** The folder of Electron's unpacked distribution, or null where it was never fetched. */
export function electronFolder(root: string): string | null {
  const place = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules/electron/dist');
  const name = electronName(root);
  return name !== null && existsSync(join(place, name)) ? place : null;
}

/** The Electron executable, or null where it was never fetched. */
export function electronBinary(root: string): string | null {
  const folder = electronFolder(root);
  const name = electronName(root);
  return folder === null || name === null ? null : join(folder, name);
}

function electronName(root: string): string | null {
  const pathFile = join(root, 'node_modules/electron/path.txt');
  return existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : null;
}

/**
 * Lets Electron's package fetch its binary, as it would at its first start. Ends by itself where there is no line
 * (a name that does not resolve at once, a connection that is not made within ten seconds), and by us after
 * FETCH_MAX_MS. Returns the executable, or null.
 */
export async function fetchElectron(root: string): Promise<string | null> {
  const child = spawn(process.execPath, [join(root, 'node_modules/electron/install.js')], { stdio: 'ignore' });
  const giveUp = setTimeout(() => child.kill('SIGKILL'), FETCH_MAX_MS);
  await new Promise<void>((settle) => {
    child.once('exit', () => settle());
    child.once('error', () => settle());
  });
  clearTimeout(giveUp);
  return electronBinary(root);
}
