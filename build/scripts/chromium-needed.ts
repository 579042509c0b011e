import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from '../host/chromium.ts';

/** What to tell somebody whose machine has no Chromium and where we may not install it. */
export const INSTALL_CHROMIUM = 'Chromium is missing. Debian or Ubuntu: apt-get install chromium. Elsewhere: install Chromium or Chrome, or set OUTPOST_CHROMIUM to its executable.';

/** Finds Chromium; on Debian, as root, installs it first where it is missing. Says what it does. Null where there is none. */
export function chromiumNeeded(say: (sentence: string) => void): string | null {
  const found = findChromium(process.env, process.platform);
  if (found !== null) return found;
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    say('Chromium is missing: installing Debian\'s package (apt-get update, apt-get install chromium).');
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    spawnSync('apt-get', ['update', '-q'], options);
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium', 'chromium-sandbox', 'fonts-liberation'], options);
    const installed = findChromium(process.env, process.platform);
    if (installed !== null) return installed;
  }
  say(INSTALL_CHROMIUM);
  return null;
}
