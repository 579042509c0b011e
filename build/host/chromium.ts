import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Names under which distributions install Chromium and its relatives. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const MAC_PLACES = ['/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const WINDOWS_PLACES = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];

type Environment = Readonly<Record<string, string | undefined>>;

/** The Chromium named by OUTPOST_CHROMIUM, else the first on the PATH or in its usual place; null where there is none. */
export function findChromium(env: Environment, platform: NodeJS.Platform): string | null {
  const named = env['OUTPOST_CHROMIUM'];
  // Named and absent is an error of whoever named it, not a reason to start another browser.
  if (named !== undefined && named !== '') return isExecutable(named) ? named : null;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, platform === 'win32' ? `${name}.exe` : name)));
  if (platform === 'darwin') places.push(...MAC_PLACES);
  if (platform === 'win32') for (const base of [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']]) if (base !== undefined) places.push(...WINDOWS_PLACES.map((place) => join(base, place)));
  return places.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** Chromium's own sandbox cannot start as root; whoever runs so is told. */
export const ROOT_WARNING = 'Running as root: Chromium starts with --no-sandbox. Fine for tests with made-up patients; never open a real clinic\'s vault this way.';

export const NO_SANDBOX_WARNING = 'This machine lets Chromium have no sandbox, so it starts without one, for tests with made-up patients. On Debian the package chromium-sandbox may help.';

/**
 * What the browser is started with: a window of the application alone, nothing kept on disk, no name resolved, no
 * service of the browser's maker spoken to. `--incognito` keeps history, sessions and form contents in memory.
 */
export function chromiumArguments(options: { readonly headless: boolean; readonly origin: string }): string[] {
  return [
    '--incognito',
    '--host-resolver-rules=MAP * ~NOTFOUND',
    '--disk-cache-dir=/dev/null',
    '--disk-cache-size=1',
    '--disable-breakpad',
    '--disable-crash-reporter',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
    '--disable-gpu',
    '--disable-extensions',
    '--disable-default-apps',
    '--disable-domain-reliability',
    '--disable-notifications',
    '--deny-permission-prompts',
    '--no-first-run',
    '--no-pings',
    '--no-default-browser-check',
    '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
    ...(options.headless ? [] : [`--app=${options.origin}/`, '--window-size=1366,768']),
  ];
}
