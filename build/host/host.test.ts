import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBytes, encodeBytes } from './bytes-json.ts';
import { chromiumArguments, findChromium } from './chromium.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outpost-path-'));
  for (const name of ['a', 'b', 'c']) mkdirSync(join(folder, name));
  for (const [name, mode] of [['a/chromium', 0o644], ['b/google-chrome', 0o755], ['c/chromium', 0o755], ['c/mine', 0o755]] as const) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), mode);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (...names: readonly string[]): string => names.map((name) => join(folder, name)).join(delimiter);

describe('finding Chromium', () => {
  it('takes the first that can be run, in the order of the PATH', () => {
    expect(findChromium({ PATH: path('missing', 'b', 'c') }, 'linux')).toBe(join(folder, 'b/google-chrome'));
    expect(findChromium({ PATH: path('c', 'b') }, 'linux')).toBe(join(folder, 'c/chromium'));
    expect(findChromium({}, 'linux')).toBeNull();
  });

  it('takes the one that is named, and no other where that is absent', () => {
    expect(findChromium({ PATH: path('c'), OUTPOST_CHROMIUM: join(folder, 'c/mine') }, 'linux')).toBe(join(folder, 'c/mine'));
    expect(findChromium({ PATH: path('c'), OUTPOST_CHROMIUM: join(folder, 'nowhere') }, 'linux')).toBeNull();
    expect(findChromium({ PATH: path('c'), OUTPOST_CHROMIUM: '' }, 'linux')).toBe(join(folder, 'c/chromium'));
  });
});

describe('starting Chromium', () => {
  const at = (headless: boolean): readonly string[] => chromiumArguments({ headless, origin: 'https://outpost.invalid' });

  it('gives nothing away: its sandbox stays, no port is opened, nothing is kept', () => {
    for (const argument of [...at(false), ...at(true)]) expect(argument).not.toMatch(/no-sandbox|remote-debugging-port|disable-web-security|ignore-certificate|allow-file-access/);
    expect(at(true)).toEqual(expect.arrayContaining(['--incognito', '--host-resolver-rules=MAP * ~NOTFOUND', '--disable-breakpad']));
  });

  it('opens a window of the application alone where there is a display', () => {
    expect(at(false)).toContain('--app=https://outpost.invalid/');
    expect(at(true).some((argument) => argument.startsWith('--app'))).toBe(false);
  });
});

describe('bytes in JSON', () => {
  const carry = (value: unknown): unknown => JSON.parse(JSON.stringify(value, encodeBytes), decodeBytes);

  it('arrive as they left, among anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.jsonValue(), (bytes, rest) => {
        expect(carry({ bytes, list: [bytes], rest })).toEqual({ bytes: Uint8Array.from(bytes), list: [Uint8Array.from(bytes)], rest: JSON.parse(JSON.stringify(rest)) });
      }),
    );
  });

  it('are not made of objects that only look like them', () => {
    expect(carry({ '\u0000bytes': 7 })).toEqual({ '\u0000bytes': 7 });
    expect(carry({ '\u0000bytes': 'AQ==', more: 1 })).toEqual({ '\u0000bytes': 'AQ==', more: 1 });
  });
});
