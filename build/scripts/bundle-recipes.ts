import { join } from 'node:path';
import type { InlineConfig, Plugin } from 'vite';

/** Loaded at run time from node_modules, because they bring machine code of their own (electron: because it is the host). */
export const NATIVE_MODULES: readonly string[] = ['better-sqlite3-multiple-ciphers', 'argon2'];

/** Builds nothing but what is asked for: no source maps, no files copied along, no configuration found on disk. */
const COMMON = {
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: 'warn',
  clearScreen: false,
} as const satisfies InlineConfig;

/** The engine and the Electron host: modules for Node 24, everything but machine code folded in. */
export function mainRecipe(root: string, out: string): InlineConfig {
  return {
    ...COMMON,
    root,
    ssr: { target: 'node', noExternal: true },
    build: {
      ssr: true,
      target: 'node24',
      outDir: join(out, 'main'),
      emptyOutDir: true,
      sourcemap: false,
      // Left readable: the log names files and lines, and whoever audits an installation can read what runs.
      minify: false,
      rolldownOptions: {
        input: { index: join(root, 'main/index.ts'), 'engine-process': join(root, 'main/engine-process.ts') },
        external: ['electron', ...NATIVE_MODULES],
        output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
      },
    },
  };
}

/** A sandboxed preload is one CommonJS file: it may require electron and nothing else. */
export function preloadRecipe(root: string, out: string): InlineConfig {
  return {
    ...COMMON,
    root,
    plugins: [contractNamesOnly()],
    ssr: { target: 'node', noExternal: true },
    build: {
      ssr: true,
      target: 'chrome150',
      outDir: join(out, 'main'),
      emptyOutDir: false,
      sourcemap: false,
      minify: false,
      rolldownOptions: { input: { preload: join(root, 'main/preload.ts') }, external: ['electron'], output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false } },
    },
  };
}

/** The Chromium host's stand-in for the preload: one expression, injected as text. Goes beside the app, not into it. */
export function pageScriptRecipe(root: string, out: string): InlineConfig {
  return {
    ...COMMON,
    root,
    plugins: [contractNamesOnly()],
    build: {
      target: 'chrome110',
      outDir: out,
      emptyOutDir: true,
      sourcemap: false,
      minify: false,
      lib: { entry: join(root, 'build/host/page-script.ts'), formats: ['iife'], name: 'outpostPage', fileName: () => 'page-script.js' },
    },
  };
}

/** The window. Relative addresses, so that it does not know which host serves it; no inline script, style or data URL. */
export function rendererRecipe(root: string, out: string): InlineConfig {
  return {
    ...COMMON,
    root: join(root, 'renderer'),
    base: './',
    plugins: [emptyWithoutMarkup()],
    build: {
      target: 'chrome110',
      outDir: join(out, 'renderer'),
      emptyOutDir: true,
      sourcemap: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // "use client" is addressed to server renderers; there is none.
      rolldownOptions: { onLog: (level, log, warn) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : warn(level, log)) },
      chunkSizeWarningLimit: 4096,
    },
  };
}

/**
 * The preload needs the contract's names, not its schemas: those it would parse at every start of a window and never
 * use. The names are computed here from the contract itself.
 */
function contractNamesOnly(): Plugin {
  return {
    name: 'contract-names-only',
    async load(id) {
      if (!/[/\\]shared[/\\]ipc[/\\]contract\.ts$/.test(id)) return null;
      const { CALL_NAMES, ENGINE_EVENT_NAMES } = await import('../../shared/ipc/contract.ts');
      return `export const CALL_NAMES = ${JSON.stringify(CALL_NAMES)};\nexport const ENGINE_EVENT_NAMES = ${JSON.stringify(ENGINE_EVENT_NAMES)};\n`;
    },
  };
}

/**
 * react-aria's live announcer empties two elements by assigning an empty string to innerHTML, which Trusted Types
 * refuse like any other string. `replaceChildren()` does the same without markup.
 */
function emptyWithoutMarkup(): Plugin {
  const assignment = /\.innerHTML = '';/g;
  return {
    name: 'empty-without-markup',
    transform(code, id) {
      if (!/[/\\]live-announcer[/\\]LiveAnnouncer\.mjs$/.test(id) || id.includes('exports')) return null;
      const replaced = code.replaceAll(assignment, '.replaceChildren();');
      if (replaced === code) this.error('react-aria no longer empties its announcer through innerHTML: remove this plugin');
      return { code: replaced, map: null };
    },
  };
}
