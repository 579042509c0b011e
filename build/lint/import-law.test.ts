import { describe, expect, it } from 'vitest';
import { judge } from './import-law.ts';
import { findCycles } from './cycles.ts';

const packages = { dependencies: new Set(['zod', 'react', 'argon2']), devDependencies: new Set(['vitest', 'fast-check', 'electron']) };

/** Judges a small program; files that only need to exist have no text. Returns `path:line rule`. */
function breaches(files: Readonly<Record<string, string>>): readonly string[] {
  const sources = new Map(Object.entries(files));
  return judge({ sources, files: new Set(sources.keys()), packages }).map(({ path, line, rule }) => `${path}:${line} ${rule}`);
}

const HOUSE = {
  'shared/base/ids.ts': 'import { z } from "zod"; export const id = z.string();',
  'shared/sync/core.ts': 'export const core = 1;',
  'main/log/log.ts': 'export const log = 1;',
  'main/store/store.ts': 'import { log } from "../log/log.ts"; import "./pragmas.ts"; export const store = log;',
  'main/store/pragmas.ts': 'export {};',
  'main/ledger/ledger.ts': 'export { mintGrant } from "./grant.ts";',
  'main/ledger/grant.ts': 'export function mintGrant() {}',
  'main/access/access.ts': 'import { mintGrant } from "../ledger/ledger.ts"; import { id } from "../../shared/base/ids.ts"; mintGrant(id);',
  'main/host/host.ts': 'import { app } from "electron"; import "../log/log.ts"; app.quit();',
  'main/preload.ts': 'import { contextBridge } from "electron"; contextBridge;',
  'main/engine.ts': 'import "./access/access.ts"; import "./store/store.ts";',
  'main/index.ts': 'import "./host/host.ts";',
  'main/cli/outpost.ts': 'import "../engine.ts"; import { readFile } from "node:fs/promises"; readFile;',
  'main/world.ts': 'import { randomBytes } from "node:crypto"; export const world = { now: () => Date.now(), bytes: randomBytes, today: new Date() };',
  'main/store/store.test.ts': 'import "vitest"; import "../access/access.ts"; import "../../build/fixtures/people.ts"; new Date(); mintGrant();',
  'build/fixtures/people.ts': 'import "../../main/store/pragmas.ts"; Math.random();',
  'renderer/ui/button.tsx': 'import "react"; import "./button.css"; export const b = 1;',
  'renderer/ui/button.css': '',
  'renderer/chart/chart.tsx': 'import "../ui/button.tsx"; import type { id } from "../../shared/base/ids.ts"; Date.now();',
  'renderer/frame/frame.tsx': 'import "../chart/chart.tsx";',
  'central/ingest/ingest.ts': 'import "../../shared/sync/core.ts"; import "node:http";',
};

describe('import law', () => {
  it('lets a well-built house stand', () => {
    expect(breaches(HOUSE)).toEqual([]);
  });

  const bad: readonly (readonly [rule: string, path: string, source: string])[] = [
    ['doors', 'main/access/other.ts', 'import "../store/pragmas.ts";'],
    ['doors', 'main/sync/sync.test.ts', 'import "../store/pragmas.ts";'],
    ['doors', 'main/engine-process.ts', 'import "./store/pragmas.ts";'],
    ['order', 'main/store/rows.ts', 'import "../access/access.ts";'],
    ['order', 'main/store/rows.ts', 'import type { x } from "../access/access.ts";'],
    ['order', 'main/store/rows.ts', 'type X = import("../access/access.ts").X;'],
    ['order', 'main/store/rows.ts', 'await import("../access/access.ts");'],
    ['order', 'main/store/rows.ts', 'export * from "../access/access.ts";'],
    ['order', 'main/store/rows.ts', 'require("../access/access.ts");'],
    ['order', 'main/access/rows.ts', 'import "../engine.ts";'],
    ['order', 'main/host/shell.ts', 'import "../store/store.ts";'],
    ['order', 'main/cli/run.ts', 'import "../host/host.ts";'],
    ['order', 'main/engine-process.ts', 'import "./host/host.ts";'],
    ['order', 'main/novelty/novelty.ts', 'import "../log/log.ts";'],
    ['electron-stays-in-the-shell', 'main/access/shell.ts', 'import type { App } from "electron";'],
    ['electron-stays-in-the-shell', 'renderer/ui/shell.ts', 'import "electron/renderer";'],
    ['electron-stays-in-the-shell', 'main/index.test.ts', 'import "electron";'],
    ['shared-imports-shared', 'shared/base/reach.ts', 'import "../../main/log/log.ts";'],
    ['shared-is-pure', 'shared/base/reach.ts', 'import "node:crypto";'],
    ['shared-is-pure', 'shared/base/reach.ts', 'import "react";'],
    ['shared-is-pure', 'shared/base/reach.ts', 'export const f = (): string => process.platform;'],
    ['shared-is-pure', 'shared/base/reach.ts', 'export const f = () => setTimeout(() => 1, 1);'],
    ['shared-is-pure', 'shared/base/reach.ts', 'export const f = () => Buffer.from("x");'],
    ['the-world-is-passed-in', 'shared/base/reach.ts', 'export const f = () => Date.now();'],
    ['the-world-is-passed-in', 'shared/base/reach.ts', 'export const f = () => new Date();'],
    ['the-world-is-passed-in', 'shared/base/reach.ts', 'export const f = () => Date();'],
    ['the-world-is-passed-in', 'shared/base/reach.ts', 'export const f = () => Math.random();'],
    ['the-world-is-passed-in', 'main/access/reach.ts', 'export const f = () => Date["now"]();'],
    ['the-world-is-passed-in', 'main/access/reach.ts', 'export const f = () => globalThis.Date.now();'],
    ['the-world-is-passed-in', 'main/access/reach.ts', 'export const f = () => crypto.randomUUID();'],
    ['the-world-is-passed-in', 'main/access/reach.ts', 'import { randomBytes as r } from "node:crypto"; r;'],
    ['the-world-is-passed-in', 'central/ingest/reach.ts', 'export const f = () => performance.now();'],
    ['renderer-imports-shared', 'renderer/ui/reach.ts', 'import "../../main/log/log.ts";'],
    ['renderer-knows-no-sync', 'renderer/ui/reach.ts', 'import "../../shared/sync/core.ts";'],
    ['no-node-in-the-window', 'renderer/ui/reach.ts', 'import "node:fs";'],
    ['features-are-strangers', 'renderer/notes/notes.tsx', 'import "../chart/chart.tsx";'],
    ['features-are-strangers', 'renderer/ui/reach.ts', 'import "../chart/chart.tsx";'],
    ['features-are-strangers', 'renderer/chart/reach.ts', 'import "../frame/frame.tsx";'],
    ['central-imports-shared', 'central/ingest/reach.ts', 'import "../../main/log/log.ts";'],
    ['build-is-imported-by-nobody', 'main/access/reach.ts', 'import "../../build/fixtures/people.ts";'],
    ['tests-are-imported-by-nobody', 'main/store/reach.ts', 'import "./store.test.ts";'],
    ['declared-packages', 'main/access/reach.ts', 'import "left-pad";'],
    ['declared-packages', 'main/access/reach.ts', 'import "fast-check";'],
    ['declared-packages', 'main/access/reach.test.ts', 'import "@scope/unheard/of";'],
    ['grants-are-minted-by-access', 'main/records/reach.ts', 'import { mintGrant } from "../ledger/ledger.ts"; mintGrant();'],
    ['grants-are-minted-by-access', 'main/records/reach.ts', 'import * as l from "../ledger/ledger.ts"; l.mintGrant();'],
    ['imports-lead-somewhere', 'main/access/reach.ts', 'import "./nowhere.ts";'],
    ['imports-lead-somewhere', 'main/access/reach.ts', 'import "./access";'],
    ['imports-lead-somewhere', 'main/access/reach.ts', 'import "/opt/outpost/main/log/log.ts";'],
    ['three-segments', 'main/access/deep/reach.ts', 'export {};'],
  ];
  it.each(bad)('refuses what breaks %s: %s with %s', (rule, path, source) => {
    expect(new Set(breaches({ ...HOUSE, [path]: `\n${source}` }))).toEqual(new Set([`${path}:${rule === 'three-segments' ? 1 : 2} ${rule}`]));
  });

  it('leaves names alone that only look like the machine\'s', () => {
    const source = `export type Buffer = { process: string };
      export function f(process: { now: () => number }, x: { Date: { now: () => number }; setTimeout: number }): Buffer { return { process: String(process.now() + x.Date.now() + x.setTimeout) }; }
      export const at = (ms: number): Date => new Date(ms); export const utc = Date.UTC(2026, 1); export class C { fetch(): void {} }`;
    expect(breaches({ ...HOUSE, 'shared/base/names.ts': source })).toEqual([]);
  });

  it('finds rings of files, through values only', () => {
    const ring = { 'main/store/a.ts': 'import "./b.ts";', 'main/store/b.ts': 'import "./c.ts";', 'main/store/c.ts': '\nimport "./a.ts";' };
    expect(breaches({ ...HOUSE, ...ring })).toEqual(['main/store/c.ts:2 acyclic']);
    expect(breaches({ ...HOUSE, ...ring, 'main/store/c.ts': 'import type { a } from "./a.ts";' })).toEqual([]);
    expect(findCycles(new Map([['a', [{ to: 'a', line: 1 }]]]))).toEqual([{ path: 'a', line: 1, cycle: ['a', 'a'] }]);
  });

  it('says what is wrong with a file that does not parse', () => {
    expect(() => breaches({ 'main/log/log.ts': 'const = 1;' })).toThrow('main/log/log.ts');
  });
});
