import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCycles } from './cycles.ts';
import { type Breach, depthBreach, grantBreach, importBreach, packageBreach, type Packages, readBreaches, targetOf } from './law-rules.ts';
import { placeOf, ROOMS } from './rooms.ts';
import { sourceFacts } from './source-facts.ts';

/** A program as the law sees it: the text of its TypeScript files and the names of all its files, by path from the root. */
export type Program = { readonly sources: ReadonlyMap<string, string>; readonly files: ReadonlySet<string>; readonly packages: Packages };

/** Judges a whole program; the breaches come sorted by path and line. */
export function judge(program: Program): readonly Breach[] {
  const breaches: Breach[] = [];
  const edges = new Map<string, { readonly to: string; readonly line: number }[]>();
  for (const path of program.files) {
    const deep = depthBreach(path);
    if (deep !== null) breaches.push(deep);
  }
  for (const [path, source] of program.sources) {
    const place = placeOf(path);
    if (place === null) continue;
    const facts = sourceFacts(path, source);
    for (const fact of facts.imports) {
      const target = targetOf(path, fact.from);
      const to = target === null ? null : placeOf(target);
      const add = (breach: Omit<Breach, 'path' | 'line'> | null): void => void (breach !== null && breaches.push({ path, line: fact.line, ...breach }));
      if (target === null) add(packageBreach(place, fact.from, program.packages));
      else if (!program.files.has(target)) add(isRootFile(target) ? null : { rule: 'imports-lead-somewhere', because: `${fact.from} is no file; write the extension` });
      else if (to !== null) add(importBreach(place, to, fact));
      if (target !== null && !fact.typeOnly && program.sources.has(target)) edges.set(path, [...(edges.get(path) ?? []), { to: target, line: fact.line }]);
    }
    for (const breach of readBreaches(place, facts)) breaches.push({ path, ...breach });
    const grant = grantBreach(place, facts);
    if (grant !== null) breaches.push({ path, ...grant });
  }
  for (const { path, line, cycle } of findCycles(edges)) breaches.push({ path, line, rule: 'acyclic', because: cycle.join(' -> ') });
  return breaches.toSorted((one, other) => one.path.localeCompare(other.path) || one.line - other.line);
}

/** package.json and its like, imported for their data. */
function isRootFile(target: string): boolean {
  return !target.includes('/') && target.endsWith('.json');
}

/** Reads the program in a checkout. */
export function readProgram(root: string): Program {
  const files = new Set<string>();
  const sources = new Map<string, string>();
  for (const room of ROOMS) {
    if (!existsSync(join(root, room))) continue;
    for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name).slice(root.length + 1).replaceAll('\\', '/');
      if (path.includes('/node_modules/')) continue;
      files.add(path);
      if (/\.tsx?$/.test(path)) sources.set(path, readFileSync(join(root, path), 'utf8'));
    }
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly dependencies: object; readonly devDependencies: object };
  return { sources, files, packages: { dependencies: new Set(Object.keys(manifest.dependencies)), devDependencies: new Set(Object.keys(manifest.devDependencies)) } };
}

if (import.meta.main) {
  const program = readProgram(join(import.meta.dirname, '../..'));
  const breaches = judge(program);
  for (const { path, line, rule, because } of breaches) console.error(`${path}:${line}  ${rule}  ${because}`);
  console.log(`import law: ${program.sources.size} files, ${breaches.length} breaches`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
