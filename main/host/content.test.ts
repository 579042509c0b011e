import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_SECURITY_POLICY, contentPath, contentResponse, RESPONSE_HEADERS } from './content.ts';

const ORIGIN = 'app://outpost';
let base = '';
let folder = '';

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'outpost-content-'));
  folder = join(base, 'renderer');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(base, 'secret.html'), 'outside');
  writeFileSync(join(folder, 'index.html'), 'page');
  writeFileSync(join(folder, 'assets', 'main-1a2b.js'), 'script');
  writeFileSync(join(folder, 'assets', 'vault.db'), 'no type of ours');
  symlinkSync(join(base, 'secret.html'), join(folder, 'linked.html'));
  symlinkSync(base, join(folder, 'up'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const get = (url: string): ReturnType<typeof contentResponse> => contentResponse(folder, ORIGIN, { method: 'GET', url });

describe('content', () => {
  it('HST-1 serves the page at the root, and files with their type', async () => {
    for (const [url, body, type] of [
      [`${ORIGIN}/`, 'page', 'text/html; charset=utf-8'],
      [`${ORIGIN}/index.html?x=1#y`, 'page', 'text/html; charset=utf-8'],
      [`${ORIGIN}/assets/main-1a2b.js`, 'script', 'text/javascript; charset=utf-8'],
    ] as const) {
      const response = await get(url);
      expect([response.status, response.body.toString(), response.headers['content-type']]).toEqual([200, body, type]);
    }
  });

  it.each([
    '/../secret.html', '/assets/../../secret.html', '/%2e%2e/secret.html', '/%2E%2E%2Fsecret.html', '/..%5csecret.html', '/..\\secret.html',
    '/assets/..;/secret.html', '//etc/passwd.html', '/./index.html', '/index.html%00.js', '/index.html\0.js', '/index%2ehtml', '/.env.html',
    '/linked.html', '/up/secret.html', '/assets', '/assets/', '/assets/vault.db', '/nothing.html', '/index.html/', '/c:/windows/win.html', '', '/assets//main-1a2b.js',
  ])('HST-1 gives nothing for %j', async (path) => {
    const response = await get(ORIGIN + path);
    expect(response.status).toBe(404);
    expect(response.body).toHaveLength(0);
  });

  it('HST-1 answers for its own origin alone', async () => {
    for (const url of ['app://outpost.evil/index.html', 'app://other/index.html', 'https://outpost/index.html', 'app://outpost@evil/index.html', 'app://outpost:80/index.html'])
      expect((await get(url)).status).toBe(404);
  });

  it('HST-1 refuses every method but GET', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'get', 'TRACE']) {
      const response = await contentResponse(folder, ORIGIN, { method, url: `${ORIGIN}/index.html` });
      expect([response.status, response.headers['allow'], response.body.length]).toEqual([405, 'GET', 0]);
    }
  });

  it('HST-1 never yields a path that climbs, for any URL', () => {
    const pieces = fc.array(fc.constantFrom('..', '.', '/', '\\', '%2e', '%2f', '%5c', '%00', '\0', 'a', 'b.js', 'c.html', '?', '#', ':', ';'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(pieces.map((list) => list.join('')), fc.webPath(), fc.string()), (tail) => {
        const path = contentPath(ORIGIN, `${ORIGIN}/${tail}`);
        if (path === null) return;
        expect(path.split('/').every((segment) => segment !== '' && !segment.startsWith('.'))).toBe(true);
        expect(path).not.toMatch(/[%\\\0:]/);
      }),
      { numRuns: 2000 },
    );
  });

  it('HST-2 sends the whole policy with every answer, found or not', async () => {
    for (const url of [`${ORIGIN}/`, `${ORIGIN}/nothing.html`]) expect((await get(url)).headers).toMatchObject(RESPONSE_HEADERS);
    expect(RESPONSE_HEADERS['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob: mediastream:; worker-src 'self'; manifest-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types outpost",
    );
    expect(RESPONSE_HEADERS['cache-control']).toBe('no-store');
  });

  it('HST-2 has no unsafe source, no wildcard and no remote host in its policy', () => {
    const sources = Object.values(CONTENT_SECURITY_POLICY).flat() as readonly string[];
    for (const source of sources) expect(source).not.toMatch(/unsafe|\*|https?:|data:|ws:/);
  });
});
