import { CONCERN_ORDER, doorOf, RENDERER_BASE, RENDERER_SHELL, type Place } from './rooms.ts';
import type { ImportFact, SourceFacts } from './source-facts.ts';

/**
 * The import law of docs/conventions.md, one function per sentence of it. Each gives the reasons why an import or a
 * read may not be, as sentences for the person who wrote it.
 */
export type Breach = { readonly path: string; readonly line: number; readonly rule: string; readonly because: string };

export type Packages = { readonly dependencies: ReadonlySet<string>; readonly devDependencies: ReadonlySet<string> };

/** Files that make a world (shared/base/world.ts) out of the machine: they alone read its clock and its randomness. */
const WORLD_FILE = /^(?:main|central)\/(?:[a-z-]+\/)?(?:[a-z]+-)?world\.ts$/;
/** Folders of build that tests beside the code may use: made-up data, and the simulator. */
const LENT_TO_TESTS: readonly string[] = ['fixtures', 'sim'];
const SHARED_PACKAGES: readonly string[] = ['zod', 'canonicalize'];
const CLOCK_NAMES: readonly string[] = ['Date.now', 'performance.now', 'performance.timeOrigin', 'process.hrtime', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues', 'Temporal.Now'];
const RANDOM_IMPORTS: readonly string[] = ['randomBytes', 'randomUUID', 'randomUUIDv7', 'randomInt', 'randomFill', 'randomFillSync', 'getRandomValues'];
const MACHINE_NAMES: readonly string[] = [
  'process', 'Buffer', 'require', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'performance', 'crypto', 'console', 'globalThis',
  'window', 'document', 'navigator', 'localStorage', 'sessionStorage', 'indexedDB', 'XMLHttpRequest', 'WebSocket',
];

export function depthBreach(path: string): Breach | null {
  const segments = path.split('/').length;
  if (segments <= 3) return null;
  return { path, line: 1, rule: 'three-segments', because: `a path is top/concern/file; this one has ${segments} segments` };
}

/** Imports of our own files. `to` is the path the import leads to. */
export function importBreach(from: Place, to: Place, fact: ImportFact): Omit<Breach, 'path' | 'line'> | null {
  if (from.room === 'build') return null;
  if (to.room === 'build') {
    if (from.isTest && to.concern !== null && LENT_TO_TESTS.includes(to.concern)) return null;
    return { rule: 'build-is-imported-by-nobody', because: `${to.path} never ships` };
  }
  if (to.isTest) return { rule: 'tests-are-imported-by-nobody', because: `${to.path} is a test` };
  switch (from.room) {
    case 'shared':
      return to.room === 'shared' ? null : { rule: 'shared-imports-shared', because: `shared may not know ${to.room}` };
    case 'central':
      return to.room === 'shared' || to.room === 'central' ? null : { rule: 'central-imports-shared', because: `central may not know ${to.room}` };
    case 'renderer':
      return rendererBreach(from, to);
    case 'main':
      return mainBreach(from, to, fact);
  }
}

function rendererBreach(from: Place, to: Place): Omit<Breach, 'path' | 'line'> | null {
  if (to.room === 'shared') return to.concern === 'sync' ? { rule: 'renderer-knows-no-sync', because: 'the window asks for the state of sync; it does not speak it' } : null;
  if (to.room !== 'renderer') return { rule: 'renderer-imports-shared', because: `the window may not know ${to.room}` };
  if (from.concern === null || from.concern === RENDERER_SHELL || to.concern === null || from.concern === to.concern) return null;
  if (RENDERER_BASE.includes(to.concern)) return null;
  return { rule: 'features-are-strangers', because: `${from.concern} may lean on ${RENDERER_BASE.join(', ')}, not on ${to.concern}` };
}

function mainBreach(from: Place, to: Place, fact: ImportFact): Omit<Breach, 'path' | 'line'> | null {
  if (to.room === 'shared') return null;
  if (to.room !== 'main') return { rule: 'main-imports-shared', because: `the engine may not know ${to.room}` };
  if (from.concern === to.concern && from.concern !== null) return null;
  if (to.concern !== null && to.path !== doorOf(to.concern)) return { rule: 'doors', because: `${to.concern} is entered through ${doorOf(to.concern)}` };
  if (from.isTest) return null;
  if (from.concern === null) return to.concern === 'cli' || (to.concern === 'host' && from.file !== 'index.ts') ? { rule: 'order', because: `${from.path} may not start ${to.concern}` } : null;
  if (from.concern === 'cli') return to.concern === 'host' ? { rule: 'order', because: 'the command line has no window' } : null;
  if (from.concern === 'host') return to.concern === 'log' || to.path === 'main/home.ts' ? null : { rule: 'order', because: 'the shell holds no key and no data: it knows log, home and shared' };
  if (to.concern === null) return { rule: 'order', because: `${to.path} composes the concerns; none of them may know it` };
  const order: readonly string[] = CONCERN_ORDER;
  const [left, right] = [order.indexOf(to.concern), order.indexOf(from.concern)];
  if (right < 0) return { rule: 'order', because: `${from.concern} has no place in the order of concerns` };
  if (left < 0 || left > right) return { rule: 'order', because: `${to.concern} is not to the left of ${from.concern}${fact.typeOnly ? ', not even for a type' : ''}` };
  return null;
}

/** Imports of packages and of Node. */
export function packageBreach(from: Place, specifier: string, packages: Packages): Omit<Breach, 'path' | 'line'> | null {
  if (from.room === 'build') return null;
  if (/^(?:\/|file:|[A-Za-z]:\\)/.test(specifier)) return { rule: 'imports-lead-somewhere', because: 'a path of this machine leads nowhere on another; write it relative' };
  const isNode = specifier.startsWith('node:');
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  if (name === 'electron') {
    return from.concern === 'host' || from.path === 'main/preload.ts' ? null : { rule: 'electron-stays-in-the-shell', because: 'only main/host and main/preload.ts import electron' };
  }
  if (from.isTest) return isNode || packages.dependencies.has(name) || packages.devDependencies.has(name) ? null : { rule: 'declared-packages', because: `${name} is not in package.json` };
  if (from.room === 'shared') return SHARED_PACKAGES.includes(name) ? null : { rule: 'shared-is-pure', because: `shared imports ${SHARED_PACKAGES.join(' and ')} only, not ${name}` };
  if (isNode) return from.room === 'renderer' || from.path === 'main/preload.ts' ? { rule: 'no-node-in-the-window', because: `${specifier} does not exist in a sandbox` } : null;
  return packages.dependencies.has(name) ? null : { rule: 'declared-packages', because: `${name} is not among the dependencies that ship` };
}

/** Reads of the clock, of randomness and, in shared, of any machine at all. */
export function readBreaches(from: Place, facts: SourceFacts): readonly Omit<Breach, 'path'>[] {
  if (from.isTest || from.room === 'build' || from.room === 'renderer' || WORLD_FILE.test(from.path)) return [];
  const breaches: Omit<Breach, 'path'>[] = [];
  const rule = 'the-world-is-passed-in';
  for (const { line, name } of facts.clockReads) breaches.push({ line, rule, because: `${name} reads the clock; take it from shared/base/world.ts` });
  for (const { line, name } of facts.reads) if (CLOCK_NAMES.includes(name)) breaches.push({ line, rule, because: `${name} reads the machine; take it from shared/base/world.ts` });
  for (const { line, name, from: module } of facts.importedNames) {
    if (/^(?:node:)?crypto$/.test(module) && RANDOM_IMPORTS.includes(name)) breaches.push({ line, rule, because: `${name} is a random source; take it from shared/base/world.ts` });
    if (/^node:(?:timers|perf_hooks)/.test(module)) breaches.push({ line, rule, because: `${module} is a clock` });
  }
  if (from.room === 'shared') for (const { line, name } of facts.reads) if (MACHINE_NAMES.includes(name)) breaches.push({ line, rule: 'shared-is-pure', because: `${name} is a machine's; shared runs on none` });
  return breaches;
}

/** A grant is minted by the decision point alone; the ledger, whose grants they are, may hand the function on. */
export function grantBreach(from: Place, facts: SourceFacts): Omit<Breach, 'path'> | null {
  const line = facts.identifiers.get('mintGrant');
  if (line === undefined || from.isTest || from.room === 'build') return null;
  if (from.room === 'main' && (from.concern === 'access' || from.concern === 'ledger')) return null;
  return { line, rule: 'grants-are-minted-by-access', because: 'ask main/access for a decision' };
}

/** Our own file an import leads to, or null where it leads to a package. */
export function targetOf(fromPath: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const parts = fromPath.split('/').slice(0, -1);
  for (const part of (specifier.split('?')[0] ?? '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

