import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALL_NAMES } from '../../shared/ipc/contract.ts';
import { findChromium } from '../host/chromium.ts';
import { type Host, openHost } from '../host/host.ts';
import { pageScriptRecipe } from '../scripts/bundle-recipes.ts';

/**
 * What a page, however hostile, can and cannot do in the window. Runs on a page of its own and an engine that echoes.
 * What runs inside the page is text here, as a hostile script would be.
 */
const root = join(import.meta.dirname, '../..');
const PAGE = `<!doctype html><html><head><meta charset="utf-8"><title>Outpost</title>
<script>globalThis.inlineRan = true;</script><style>body { color: rgb(1, 2, 3); }</style>
<script type="module" src="./main.js"></script></head><body onload="globalThis.handlerRan = true"><p id="p">page</p></body></html>`;
const SCRIPT = `globalThis.violations = [];
document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective + ' ' + event.blockedURI));
globalThis.ownScriptRan = true;`;
const ADDRESS = 'https://outpost.invalid/';
const CANARY = 'xiomaraquetzalcoatl';

let folder = '';
let host: Host;
let page: Page;

const open = (home: string): Promise<Host> =>
  openHost({
    home,
    chromium: findChromium(process.env, process.platform) ?? 'chromium is missing',
    app: join(folder, 'app'),
    pageScript: join(folder, 'host/page-script.js'),
    headless: true,
    engine: { path: join(import.meta.dirname, 'echo-engine.ts') },
    onNotice: (sentence) => console.log(sentence),
  });

/** Runs the body of an asynchronous function in a page. */
const run = (code: string, where = page): Promise<unknown> => where.evaluate(`(async () => { ${code} })()`);

/** Files under a folder that hold the text in UTF-8 or UTF-16. */
function filesHolding(where: string, text: string): readonly string[] {
  const files = readdirSync(where, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(0);
  return files.filter((file) => {
    const bytes = readFileSync(file);
    return bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le'));
  });
}

beforeAll(async () => {
  console.log('boundary under Electron: NOT RUN (needs its binary and a display); its rules are asserted as data in main/host/host-rules.test.ts');
  folder = mkdtempSync(join(tmpdir(), 'outpost-boundary-'));
  mkdirSync(join(folder, 'app/renderer'), { recursive: true });
  writeFileSync(join(folder, 'app/renderer/index.html'), PAGE);
  writeFileSync(join(folder, 'app/renderer/main.js'), SCRIPT);
  await build(pageScriptRecipe(root, join(folder, 'host')));
  host = await open(join(folder, 'home'));
  page = host.page;
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('what the page has', () => {
  it('HST-4 has one global of ours, frozen to the last function, with the contract\'s calls and nothing else', async () => {
    const shape = await run(`
      const names = Object.keys(outpost).flatMap((concern) => (typeof outpost[concern] === 'function' ? [concern] : Object.keys(outpost[concern]).map((verb) => concern + '.' + verb)));
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const plain = new Set(Object.keys(frame.contentWindow));
      frame.remove();
      const own = Object.keys(globalThis).filter((name) => !plain.has(name) && !['ownScriptRan', 'violations'].includes(name));
      const parts = Object.values(outpost).flatMap((part) => [part, ...Object.values(part)]);
      return { names: names.toSorted(), own, frozen: [outpost, ...parts].every(Object.isFrozen) };`);
    expect(shape).toEqual({ names: [...CALL_NAMES, 'on'].toSorted(), own: ['outpost'], frozen: true });
  });

  it.each([
    'outpost.app.status = () => "mine"',
    'outpost.app.mine = 1',
    'outpost.mine = 1',
    'globalThis.outpost = { mine: 1 }',
    'Object.defineProperty(globalThis, "outpost", { value: { mine: 1 } })',
    'delete outpost.app',
    'delete globalThis.outpost',
    'Object.setPrototypeOf(outpost, { mine: 1 })',
    'outpost.on.mine = 1',
    'outpost.app.status.mine = 1',
  ])('HST-4 cannot do %s', async (attempt) => {
    const outcome = await run(`
      'use strict';
      const before = outpost;
      const status = outpost.app.status;
      let thrown = 'nothing';
      try { (() => { 'use strict'; ${attempt}; })(); } catch (error) { thrown = error.name; }
      return { thrown, same: outpost === before && outpost.app.status === status, mine: outpost.mine ?? outpost.app.mine ?? outpost.on.mine ?? status.mine ?? null };`);
    expect(outcome).toEqual({ thrown: 'TypeError', same: true, mine: null });
  });

  it('HST-4 has no Node and no Electron', async () => {
    expect(await run('return [typeof require, typeof process, typeof module, typeof Buffer, typeof electron, typeof ipcRenderer]')).toEqual(Array.from({ length: 6 }, () => 'undefined'));
  });

  it('HST-5 cannot name an event that does not exist, and gets data alone from one that does', async () => {
    const heard = await run(`
      const seen = [];
      const stop = outpost.on('job.changed', (...args) => seen.push(args));
      let unknown = '';
      try { outpost.on('ipc-message', () => undefined); } catch (error) { unknown = error.name; }
      await outpost.sync.now({});
      await outpost.sync.now({});
      stop();
      await outpost.sync.now({});
      return { seen, unknown };`);
    expect(heard).toEqual({ seen: [[{ job: 'a' }], [{ job: 'a' }]], unknown: 'TypeError' });
  });
});

describe('calls', () => {
  it('reach the engine with their input, bytes and text in any script included', async () => {
    const input = { text: 'Ünïcödé \u0000 名前 "\\ \u2028', list: [1, null, true] };
    expect(await run(`return outpost.patients.search(${JSON.stringify(input)})`)).toEqual({ ok: true, value: { name: 'patients.search', input, bytes: false } });
    expect(
      await run(`
        const sent = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
        const { value } = await outpost.import.chunk(sent);
        return { arrived: value.bytes, same: value.input instanceof Uint8Array && value.input.every((byte, index) => byte === sent[index]) };`),
    ).toEqual({ arrived: true, same: true });
  });

  it('HST-10 that cannot be cloned are refused before they leave', async () => {
    for (const input of ['() => 1', '{ element: document.body }', 'Symbol("s")']) expect(await run(`return outpost.app.status(${input})`)).toEqual({ ok: false, fault: { code: 'MALFORMED', detail: { input: 'not cloneable' } } });
  });

  it('HST-10 too many at a time are refused, and those within the limit answered', async () => {
    const counts = await run(`
      const results = await Promise.all(Array.from({ length: 300 }, () => outpost.app.status({})));
      return { answered: results.filter((result) => result.ok).length, busy: results.filter((result) => result.fault?.code === 'BUSY').length };`);
    expect(counts).toEqual({ answered: 256, busy: 44 });
  });

  it('HST-9 from a sub-frame are heard as such and never answered', async () => {
    expect(await run(`return Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith('outpostBinding'))`)).toEqual([]);
    const inside = await run(`
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const inside = frame.contentWindow;
      const name = Object.getOwnPropertyNames(inside).find((property) => property.startsWith('outpostBinding'));
      inside[name](JSON.stringify({ id: 77, name: 'patients.search', input: {} }));
      inside[name]('not json');
      return typeof inside.outpost;`);
    expect(inside).toBe('undefined');
    const heard = await run(`return (await outpost.audit.list({})).value.filter((sender) => sender.frame === 'sub').map((sender) => sender.name)`);
    expect(heard).toEqual(['patients.search', '(malformed)']);
  });
});

describe('the policy', () => {
  it('HST-3 runs our script and neither inline scripts, handlers nor inline styles', async () => {
    expect(await run('return [ownScriptRan, globalThis.inlineRan ?? null, globalThis.handlerRan ?? null, getComputedStyle(document.body).color]')).toEqual([true, null, null, 'rgb(0, 0, 0)']);
  });

  it.each([
    ['eval', 'eval("1")', 'EvalError'],
    ['new Function', 'new Function("return 1")()', 'EvalError'],
    ['a timer with text', 'setTimeout("globalThis.timerRan = 1")', 'TypeError'],
    ['markup as text', 'document.body.innerHTML = "<b>x</b>"', 'TypeError'],
    ['a script element with text', 'document.head.append(Object.assign(document.createElement("script"), { textContent: "globalThis.elementRan = 1" }))', 'TypeError'],
    ['a policy of another name', 'trustedTypes.createPolicy("mine", { createHTML: (text) => text })', 'TypeError'],
    ['a worker from text', 'new Worker("data:text/javascript,1")', 'TypeError'],
  ])('HST-3 stops %s', async (_what, code, error) => {
    // In a file of the page's own folder, because what the debugger evaluates is beyond the policy.
    writeFileSync(join(folder, 'app/renderer/attempt.js'), `export let outcome = 'ran'; try { ${code}; } catch (error) { outcome = error.name; }`);
    expect(await run(`return (await import('./attempt.js?${code.length}')).outcome`)).toBe(error);
    expect(await run('return [globalThis.timerRan ?? null, globalThis.elementRan ?? null]')).toEqual([null, null]);
  });

  it('HST-3 stops remote requests, images, frames, forms, styles and sockets, and reports each', async () => {
    await run(`
      await fetch('https://example.com/x').catch(() => undefined);
      await new Promise((settle) => Object.assign(new Image(), { onerror: settle, onload: settle, src: 'https://example.com/i.png' }));
      globalThis.socket = new WebSocket('wss://example.com/');
      const frame = document.createElement('iframe');
      frame.src = 'https://example.com/';
      const form = Object.assign(document.createElement('form'), { action: 'https://example.com/', method: 'post' });
      document.body.append(frame, form);
      form.submit();
      document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: 'https://example.com/s.css' }));
      navigator.sendBeacon('https://example.com/b', 'x');`);
    await expect
      .poll(async () => ((await run('return violations')) as readonly string[]).filter((violation) => violation.includes('example.com')).map((violation) => violation.split(' ')[0]))
      .toEqual(expect.arrayContaining(['connect-src', 'img-src', 'frame-src', 'style-src-elem', 'form-action']));
    expect(page.url()).toBe(ADDRESS);
  });

  it('HST-8 leaves nothing on disk of what was typed and stored', async () => {
    const registered = await run(`
      const canary = '${CANARY}';
      document.cookie = canary + '=1; max-age=9999';
      localStorage.setItem(canary, canary);
      document.body.append(Object.assign(document.createElement('input'), { name: canary, value: canary }));
      history.pushState({ canary }, '', '?' + canary);
      await new Promise((settle, fail) => Object.assign(indexedDB.open(canary), { onsuccess: settle, onerror: fail }));
      await (await caches.open(canary)).put('./' + canary, new Response(canary));
      await navigator.serviceWorker.register('./main.js').catch(() => undefined);
      return (await navigator.serviceWorker.getRegistrations()).length;`);
    expect(registered).toBe(0);
    await page.goto(ADDRESS);
    expect(await run(`return localStorage.getItem('${CANARY}')`)).toBe(CANARY);
    expect(filesHolding(host.profile, CANARY)).toEqual([]);
  });
});

describe('leaving', () => {
  it.each(['https://example.com/', 'https://outpost.invalid.example.com/', 'https://outpost.invalid/assets/other.html', 'file:///etc/passwd', 'data:text/html,x', 'http://127.0.0.1/'])('HST-6 to %s is refused', async (url) => {
    await run(`location.href = '${url}'`);
    expect(await run('return outpost.app.status({})')).toMatchObject({ ok: true });
    expect(page.url()).toBe(ADDRESS);
  });

  it('HST-6 by a new window is refused', async () => {
    const opened = await run(`
      const link = Object.assign(document.createElement('a'), { href: 'https://example.com/', target: '_blank' });
      document.body.append(link);
      link.click();
      return window.open('https://example.com/');`);
    expect(opened).toBeNull();
    expect(await run('return outpost.app.status({})')).toMatchObject({ ok: true });
    await expect.poll(() => host.context.pages().length).toBe(1);
  });

  it('HST-6 to an empty page is undone', async () => {
    await Promise.all([page.waitForURL('about:blank'), run(`location.href = 'about:blank'`)]);
    await page.waitForURL(ADDRESS);
    expect(await run('return outpost.app.status({})')).toMatchObject({ ok: true });
  });
});

describe('ending', () => {
  it('HST-11 tells the page when its engine is gone, and leaves no profile behind', async () => {
    const other = await open(join(folder, 'other-home'));
    expect(existsSync(other.profile)).toBe(true);
    expect(await run('return Promise.all([outpost.app.status({}), outpost.job.cancel({})])', other.page)).toMatchObject([{ ok: true }, { ok: false, fault: { code: 'INTERNAL', detail: { engine: 'stopped' } } }]);
    expect(await run('return outpost.app.status({})', other.page)).toMatchObject({ ok: false, fault: { code: 'INTERNAL' } });
    await other.close();
    expect(existsSync(other.profile)).toBe(false);
  });
});
