import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'vite';
import { mainRecipe, pageScriptRecipe, preloadRecipe, rendererRecipe } from './bundle-recipes.ts';

/** `out/app` is what ships; `out/host` is what the Chromium host injects. */
export type Bundle = { readonly app: string; readonly pageScript: string };

const SOURCES = ['main', 'renderer', 'shared', 'build/host', 'build/scripts', 'package-lock.json'];

/** Where the bundle of a checkout is, built or not. */
export function bundlePlaces(root: string): Bundle {
  return { app: join(root, 'out/app'), pageScript: join(root, 'out/host/page-script.js') };
}

/** Builds what is missing or older than its sources. Returns whether it had to. */
export async function bundleIfStale(root: string): Promise<boolean> {
  const stamp = join(root, 'out/bundle.stamp');
  const wanted = sourcesStamp(root);
  const { app, pageScript } = bundlePlaces(root);
  if (existsSync(app) && existsSync(pageScript) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  await bundle(root);
  writeFileSync(stamp, wanted);
  return true;
}

/** Builds everything anew beside the old and puts it in its place at the end, so that nobody starts half a build. */
export async function bundle(root: string): Promise<Bundle> {
  const places = bundlePlaces(root);
  const fresh = join(root, `out/.bundle-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  try {
    await build(mainRecipe(root, join(fresh, 'app')));
    await build(preloadRecipe(root, join(fresh, 'app')));
    await build(rendererRecipe(root, join(fresh, 'app')));
    await build(pageScriptRecipe(root, join(fresh, 'host')));
    mkdirSync(join(root, 'out'), { recursive: true });
    for (const part of ['app', 'host']) {
      rmSync(join(root, 'out', part), { recursive: true, force: true });
      renameSync(join(fresh, part), join(root, 'out', part));
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return places;
}

/** A digest of the names, sizes and times of everything a bundle is made from. */
function sourcesStamp(root: string): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    const facts = statSync(path);
    if (!facts.isDirectory()) {
      if (!/\.test\.tsx?$/.test(path)) hash.update(`${relative(root, path)}\0${facts.size}\0${facts.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(path).toSorted()) visit(join(path, name));
  };
  for (const source of SOURCES) visit(join(root, source));
  return hash.digest('hex');
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  const began = performance.now();
  await bundle(root);
  writeFileSync(join(root, 'out/bundle.stamp'), sourcesStamp(root));
  console.log(`bundled out/app in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
