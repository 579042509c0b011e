import { app, BrowserWindow, ipcMain, Menu, powerMonitor, protocol, safeStorage, session, utilityProcess, type IpcMainEvent, type UtilityProcess, type WebFrameMain } from 'electron';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../shared/base/world.ts';
import { EngineToHost, type HostToEngine } from '../../shared/ipc/link.ts';
import { FROM_ENGINE, TO_ENGINE } from '../../shared/ipc/port.ts';
import { createLog, logFile, type Log } from '../log/log.ts';
import { contentResponse } from './content.ts';
import { EXIT_REFUSED, startRefusals } from './guard.ts';
import { defaultHome, homeArgument } from '../home.ts';
import { senderFacts } from './navigation.ts';
import { APP_ORIGIN, APP_SCHEME, SCHEMES, SESSION_PARTITION, webPreferences } from './preferences.ts';
import { askSafeStorage } from './safe-storage.ts';
import { denyByDefault } from './window-rules.ts';

/**
 * The Electron shell. It promises to open one sandboxed window on our own page, to start the engine in a process of
 * its own, and to carry messages between the two without looking into them. It holds the operating system's keystore
 * and no key; it decides nothing clinical.
 */
export type HostPlaces = { readonly enginePath: string; readonly preloadPath: string; readonly rendererFolder: string };

// The smallest screen the windows are drawn for has 1366 x 768 pixels.
const WINDOW = { width: 1366, height: 768, minWidth: 1024, minHeight: 640, show: false, title: 'Outpost' } as const;

const SCREEN_LOCK_POLL_MS = 5_000;
/** What a started engine may still need to close its database before the host stops waiting. */
const ENGINE_STOP_MS = 5_000;

/** Starts the application, or leaves with EXIT_REFUSED where the way it was started forbids it. The clock serves the shell's log alone. */
export function startHost(places: HostPlaces, clock: Clock): void {
  const argv = process.argv.slice(app.isPackaged ? 1 : 2);
  const home = homeArgument(argv, process.cwd()) ?? defaultHome(process.platform, process.env, homedir());
  const refused = app.isPackaged ? startRefusals(argv, process.env, process.platform) : [];
  if (refused.length > 0) {
    openLog(home, clock).warn('host.start-refused', { switches: refused });
    app.exit(EXIT_REFUSED);
    return;
  }
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged(SCHEMES);
  keepWithin(home);
  // The lock belongs to the profile folder and so to this vault; what a second start brings along is not read.
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  const log = openLog(home, clock);
  app.whenReady().then(() => open(places, home, log)).catch((error: unknown) => {
    log.error('host.start-failed', error);
    app.exit(1);
  });
}

function openLog(home: string, clock: Clock): Log {
  return createLog(clock, logFile(join(home, 'log')));
}

/** Everything Chromium writes stays in the vault's folder, where wiping and backing up know of it. */
function keepWithin(home: string): void {
  const profile = join(home, 'window');
  for (const [name, folder] of [['userData', profile], ['sessionData', profile], ['temp', join(profile, 'temp')], ['crashDumps', join(profile, 'crashes')]] as const) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    app.setPath(name, folder);
  }
}

function open(places: HostPlaces, home: string, log: Log): void {
  log.info('host.started', { host: 'electron' });
  const ours = session.fromPartition(SESSION_PARTITION, { cache: false });
  ours.protocol.handle(APP_SCHEME, async (request) => {
    const { status, headers, body } = await contentResponse(places.rendererFolder, APP_ORIGIN, request);
    return new Response(body, { status, headers });
  });
  denyByDefault(ours, log);

  const engine = utilityProcess.fork(places.enginePath, ['--home', home, '--origin', APP_ORIGIN, '--keystore', 'host'], {
    serviceName: 'Outpost engine',
    stdio: app.isPackaged ? 'ignore' : 'inherit',
    env: engineEnvironment(),
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin; that is for windows
  const tell = (message: HostToEngine): void => engine.postMessage(message);
  // The default menu reloads, zooms and opens developer tools; macOS needs one for copy and paste to work.
  Menu.setApplicationMenu(process.platform === 'darwin' ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null);
  const window = new BrowserWindow({ ...WINDOW, webPreferences: webPreferences({ packaged: app.isPackaged, preload: places.preloadPath }) });
  // The title shows in task lists and on shared screens: it stays the application's name.
  window.on('page-title-updated', (event) => event.preventDefault());
  window.once('ready-to-show', () => window.show());
  window.setContentProtection(app.isPackaged);

  const frames = relay(engine, tell, log);
  onEngineMessage(engine, log, {
    window: (channel, message) => frames.get(channel)?.send(FROM_ENGINE, message),
    keystore: async (id, request) => tell({ kind: 'keystore', id, reply: await askSafeStorage(safeStorage, process.platform, request, log) }),
    locked: async () => {
      await ours.clearStorageData();
      await ours.clearCache();
    },
  });
  engine.on('exit', (exitCode) => {
    log.warn('engine.stopped', { exitCode });
    if (!window.isDestroyed()) window.webContents.send(FROM_ENGINE, { stopped: true });
  });
  lockWithTheScreen(tell);
  app.on('second-instance', () => {
    log.info('host.second-instance');
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  quitWithTheWindow(engine, tell);
  window.loadURL(`${APP_ORIGIN}/`).catch((error: unknown) => log.error('host.window-gone', error));
}

/** Carries what frames say to the engine, each with what the host itself saw of its sender. Returns the way back. */
function relay(engine: UtilityProcess, tell: (message: HostToEngine) => void, log: Log): { readonly get: (channel: string) => WebFrameMain | undefined } {
  const frames = new Map<string, WebFrameMain>();
  ipcMain.on(TO_ENGINE, (event: IpcMainEvent, message: unknown) => {
    const frame = event.senderFrame;
    const sender = senderFacts(frame);
    const channel = frame === null ? 'gone' : `${event.processId}.${frame.frameToken}`;
    if (frame === null || sender.frame !== 'main' || sender.origin !== APP_ORIGIN) log.warn('call.refused', { frame: sender.frame, fault: 'FOREIGN_SENDER' });
    else frames.set(channel, frame);
    // A refused sender is told to the engine too: the refusal belongs in the trail.
    tell({ kind: 'window', channel, sender, message });
    for (const [known, held] of frames) {
      if (!held.isDestroyed()) continue;
      frames.delete(known);
      tell({ kind: 'window-closed', channel: known });
    }
  });
  engine.once('exit', () => frames.clear());
  return {
    get: (channel) => {
      const frame = frames.get(channel);
      return frame === undefined || frame.isDestroyed() ? undefined : frame;
    },
  };
}

type EngineListener = {
  readonly window: (channel: string, message: unknown) => void;
  readonly keystore: (id: number, request: Extract<EngineToHost, { kind: 'keystore' }>['request']) => Promise<void>;
  readonly locked: () => Promise<void>;
};

function onEngineMessage(engine: UtilityProcess, log: Log, on: EngineListener): void {
  const failed = (error: unknown): void => log.error('host.keystore-failed', error);
  engine.on('message', (raw: unknown) => {
    const parsed = EngineToHost.safeParse(raw);
    if (!parsed.success) return log.warn('engine.message-refused');
    const message = parsed.data;
    if (message.kind === 'window') on.window(message.channel, message.message);
    else if (message.kind === 'keystore') void on.keystore(message.id, message.request).catch(failed);
    else if (message.kind === 'locked') void on.locked().catch(failed);
    else log.info('engine.ready');
  });
}

/** Keys go when the machine sleeps or its screen locks. Linux has no event for the latter, so it is asked. */
function lockWithTheScreen(tell: (message: HostToEngine) => void): void {
  powerMonitor.on('suspend', () => tell({ kind: 'lock', reason: 'suspend' }));
  if (process.platform !== 'linux') {
    powerMonitor.on('lock-screen', () => tell({ kind: 'lock', reason: 'screen-locked' }));
    return;
  }
  let locked = false;
  setInterval(() => {
    const now = powerMonitor.getSystemIdleState(SCREEN_LOCK_POLL_MS / 1000) === 'locked';
    if (now && !locked) tell({ kind: 'lock', reason: 'screen-locked' });
    locked = now;
  }, SCREEN_LOCK_POLL_MS).unref();
}

/** The window gone, the engine is asked to close its database, waited for, and only then killed. */
function quitWithTheWindow(engine: UtilityProcess, tell: (message: HostToEngine) => void): void {
  app.on('window-all-closed', () => {
    const giveUp = setTimeout(() => engine.kill(), ENGINE_STOP_MS);
    engine.once('exit', () => {
      clearTimeout(giveUp);
      app.quit();
    });
    if (engine.pid === undefined) app.quit();
    else tell({ kind: 'stop' });
  });
}

/** What the engine needs of the environment: where home, time zone and language are. Nothing that steers Node or TLS. */
function engineEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['HOME', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'SYSTEMROOT', 'TMPDIR', 'TEMP', 'TZ', 'LANG', 'LC_ALL', 'PATH']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
