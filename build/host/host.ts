import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Route } from 'playwright-core';
import { contentResponse } from '../../main/host/content.ts';
import { mayNavigate } from '../../main/host/navigation.ts';
import { chromiumArguments, NO_SANDBOX_WARNING, ROOT_WARNING } from './chromium.ts';
import { type EngineChild, startEngine } from './engine-child.ts';
import { bridgePage } from './page-bridge.ts';

/**
 * Opens the application in Chromium where Electron cannot be had: the same engine, the same `window.outpost`, the same
 * page under the same policy. Chromium is driven over its debugging pipe, so nothing listens on any port; the page's
 * address is one no name server may ever answer (RFC 2606), and only intercepted requests are served. For development,
 * demonstrations and tests: the isolation between page and bridge is weaker than Electron's.
 *
 * Built on playwright-core, because it brings what would otherwise be written here by hand (the pipe, interception of
 * every request) and because the page it opens is the one end-to-end tests drive.
 */
export const CHROMIUM_ORIGIN = 'https://outpost.invalid';

export type HostOptions = {
  /** The vault's folder. */
  readonly home: string;
  /** Absolute path of a Chromium, see `findChromium`. */
  readonly chromium: string;
  /** The bundled application and page script, see build/scripts/bundle.ts. */
  readonly app: string;
  readonly pageScript: string;
  readonly headless: boolean;
  /** Another engine than the bundled one: tests of this host alone bring theirs. */
  readonly engine?: { readonly path: string; readonly env?: Readonly<Record<string, string>> };
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Told what a person should know before trusting this window. */
  readonly onNotice?: (sentence: string) => void;
};

export type Host = {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly engine: EngineChild;
  /** The browser's profile folder, there while the window is: for tests that look what got onto the disk. */
  readonly profile: string;
  /** Settles when the window was closed or the browser died. */
  readonly closed: Promise<void>;
  /** Closes the window, lets the engine close its database, removes the profile. */
  readonly close: () => Promise<void>;
};

export async function openHost(options: HostOptions): Promise<Host> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) options.onNotice?.(ROOT_WARNING);
  const profile = await mkdtemp(join(tmpdir(), 'outpost-window-'));
  let engine: EngineChild | null = null;
  let context: BrowserContext | null = null;
  const close = async (): Promise<void> => {
    await context?.close();
    await engine?.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    context = await launch(options, profile, asRoot);
    const closed = new Promise<void>((settle) => context?.once('close', () => settle()));
    await context.route('**/*', (route) => serve(route, options.app));
    const page = context.pages()[0] ?? (await context.waitForEvent('page'));
    let fromEngine: (channel: string, message: unknown) => void = () => undefined;
    const started = startEngine(
      {
        path: options.engine?.path ?? join(options.app, 'main/engine-process.js'),
        args: ['--home', options.home, '--origin', CHROMIUM_ORIGIN, '--keystore', 'file'],
        env: options.engine?.env ?? {},
      },
      (message) => {
        if (message.kind === 'window') fromEngine(message.channel, message.message);
      },
    );
    engine = started;
    const bridge = await bridgePage(page, await readFile(options.pageScript, 'utf8'), (channel, sender, message) => started.tell({ kind: 'window', channel, sender, message }));
    fromEngine = bridge.deliver;
    void started.ended.then(() => bridge.broadcast({ stopped: true }));
    keepToOneWindow(context, page);
    await page.goto(`${CHROMIUM_ORIGIN}/`);
    return { page, context, engine: started, profile, closed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts the browser in its sandbox. Where the machine allows none (containers without user namespaces), a window
 * without a display starts without it, for it shows tests; a window for people does not start.
 */
async function launch(options: HostOptions, profile: string, asRoot: boolean): Promise<BrowserContext> {
  try {
    return await launchWith(options, profile, !asRoot);
  } catch (error) {
    if (asRoot || !options.headless || !(error instanceof Error) || !/sandbox/i.test(error.message)) throw error;
    options.onNotice?.(NO_SANDBOX_WARNING);
    return launchWith(options, profile, false);
  }
}

function launchWith(options: HostOptions, profile: string, sandbox: boolean): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: options.chromium,
    headless: options.headless,
    args: chromiumArguments({ headless: options.headless, origin: CHROMIUM_ORIGIN }),
    ignoreDefaultArgs: options.headless ? ['--enable-automation'] : ['--enable-automation', 'about:blank'],
    // False adds --no-sandbox.
    chromiumSandbox: sandbox,
    viewport: options.viewport ?? (options.headless ? { width: 1366, height: 768 } : null),
    serviceWorkers: 'block',
    acceptDownloads: false,
    bypassCSP: false,
    // The caller decides what a signal means: here it would leave the engine behind.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** Answers from the renderer's folder; whatever else is asked for does not exist. */
async function serve(route: Route, app: string): Promise<void> {
  const request = route.request();
  const url = request.url();
  if (request.isNavigationRequest() && !mayNavigate(CHROMIUM_ORIGIN, url)) {
    // "No content" makes a browser stay where it is; an aborted navigation would replace the page with an error.
    await route.fulfill({ status: 204 });
    return;
  }
  if (!url.startsWith(`${CHROMIUM_ORIGIN}/`)) {
    await route.abort('blockedbyclient');
    return;
  }
  const { status, headers, body } = await contentResponse(join(app, 'renderer'), CHROMIUM_ORIGIN, { method: request.method(), url });
  await route.fulfill({ status, headers: { ...headers }, body });
}

/** Closes what a page has opened. A page without an opener is a test's own (axe reports from one). */
async function closeOpened(other: Page): Promise<void> {
  if ((await other.opener()) !== null) await other.close().catch(() => undefined);
}

function keepToOneWindow(context: BrowserContext, page: Page): void {
  context.on('page', (other) => void closeOpened(other));
  page.on('close', () => void context.close().catch(() => undefined));
  // A frame can be sent to about:blank without a request that could be refused.
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame() && !mayNavigate(CHROMIUM_ORIGIN, frame.url()) && !page.isClosed()) void page.goto(`${CHROMIUM_ORIGIN}/`).catch(() => undefined);
  });
}
