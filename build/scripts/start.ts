import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultHome } from '../../main/home.ts';
import { findChromium, ROOT_WARNING } from '../host/chromium.ts';
import { openHost } from '../host/host.ts';
import { bundleIfStale, bundlePlaces } from './bundle.ts';
import { INSTALL_CHROMIUM } from './chromium-needed.ts';
import { electronBinary, fetchElectron } from './electron-binary.ts';

/** `npm start [-- --home DIR] [--host electron|chromium]`: opens the application from a checkout. */
const USAGE = 'npm start -- [--home DIR] [--host electron|chromium]';
const root = join(import.meta.dirname, '../..');

type Wish = { readonly home: string; readonly host: 'electron' | 'chromium' | 'any' };

function readWish(): Wish | null {
  try {
    const { values } = parseArgs({ options: { home: { type: 'string' }, host: { type: 'string' } } });
    const host = values.host ?? 'any';
    if (host !== 'any' && host !== 'electron' && host !== 'chromium') return null;
    return { home: values.home ?? defaultHome(process.platform, process.env, homedir()), host };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** Whether windows can be opened. macOS and Windows have their display whenever somebody is signed in. */
function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}

async function startElectron(binary: string, home: string): Promise<number> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) console.log(ROOT_WARNING);
  const child = spawn(binary, [root, ...(asRoot ? ['--no-sandbox'] : []), '--home', home], { stdio: 'inherit', env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined, NODE_OPTIONS: undefined } });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
  return new Promise((settle) => {
    child.once('exit', (code) => settle(code ?? 1));
    child.once('error', () => settle(1));
  });
}

async function startChromium(chromium: string, home: string): Promise<number> {
  const host = await openHost({ home, chromium, ...bundlePlaces(root), headless: false, onNotice: console.log });
  const stopped = new Promise<void>((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => settle());
  });
  await Promise.race([host.closed, stopped]);
  await host.close();
  return 0;
}

async function start({ home, host }: Wish): Promise<number> {
  if (!hasDisplay()) {
    console.error('There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.');
    console.error('npm run demo does the main job without one; npm run outpost -- --help shows the administrator\'s commands.');
    return 1;
  }
  if (await bundleIfStale(root)) console.log('Bundled the application (out/app).');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  console.log(`The vault is in ${home}`);
  if (host !== 'chromium') {
    let electron = electronBinary(root);
    if (electron === null) {
      console.log('Electron\'s binary is not here yet; fetching it once (about 110 MB).');
      electron = await fetchElectron(root);
    }
    if (electron !== null) return startElectron(electron, home);
    console.log('Electron\'s binary cannot be fetched from here.');
  }
  const chromium = host === 'electron' ? null : findChromium(process.env, process.platform);
  if (chromium !== null) {
    console.log(`Opening in Chromium instead (${chromium}): for trying out and development, not for a clinic.`);
    return startChromium(chromium, home);
  }
  console.error(host === 'electron' ? 'Connect to the network once, so that Electron can be fetched, and start again.' : INSTALL_CHROMIUM);
  return 1;
}

const wish = readWish();
if (wish === null) console.error(USAGE);
process.exitCode = wish === null ? 2 : await start(wish);
