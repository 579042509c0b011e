import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from './act.ts';
import type { Mutation } from './mutations.ts';
import { loadParts, SHIPPED, type Parts } from './parts.ts';
import { runPlan } from './run-plan.ts';

const ROOT = join(import.meta.dirname, '../..');

export type Verdict = { readonly mutation: Mutation; /** Worlds until one noticed; null where none did. */ readonly seeds: number | null; readonly rules: readonly string[]; readonly tried: number };

/** Lets worlds run on a changed copy of the sources until one of them notices, or so many have not. */
export async function tryMutation(mutation: Mutation, plans: Iterable<Plan>): Promise<Verdict> {
  const { parts, remove } = await partsOf(mutation);
  try {
    let tried = 0;
    for (const plan of plans) {
      tried += 1;
      const { problems } = await runPlan(plan, parts, mutation.variant);
      if (problems.length > 0) return { mutation, seeds: tried, rules: [...new Set(problems.map(({ rule }) => rule))], tried };
    }
    return { mutation, seeds: null, rules: [], tried };
  } finally {
    remove();
  }
}

/** Each changed file with its new text. */
export function patched({ name, patches = [] }: Pick<Mutation, 'name' | 'patches'>, root = ROOT): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { file, from, to } of patches) {
    const text = files.get(file) ?? readFileSync(join(root, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`mutation "${name}": ${file} does not hold once: ${from}`);
    files.set(file, text.replace(from, () => to));
  }
  return files;
}

async function partsOf({ name, patches = [] }: Mutation): Promise<{ readonly parts: Parts; readonly remove: () => void }> {
  if (patches.length === 0) return { parts: SHIPPED, remove: () => undefined };
  const root = mkdtempSync(join(tmpdir(), 'outpost-mutant-'));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    cpSync(join(ROOT, 'shared'), join(root, 'shared'), { recursive: true, filter: (path) => !/\.test\.tsx?$|\.md$/.test(path) });
    cpSync(join(ROOT, 'package.json'), join(root, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'junction');
    for (const [file, text] of patched({ name, patches }, root)) writeFileSync(join(root, file), text);
    return { parts: await loadParts(root), remove };
  } catch (cause) {
    remove();
    throw cause;
  }
}
