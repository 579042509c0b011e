import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from './act.ts';

/**
 * Worlds that once failed, made small, by what they found; and for each mistake that drawn worlds notice late, one that
 * notices it at once. A plan stays what it is when the drawing of worlds changes.
 */
export type KeptPlan = { readonly name: string; readonly plan: Plan };

const FILE = join(import.meta.dirname, 'seeds.json');

export function keptPlans(): readonly KeptPlan[] {
  const kept = JSON.parse(readFileSync(FILE, 'utf8')) as Readonly<Record<string, Plan>>;
  return Object.entries(kept).map(([name, plan]) => ({ name, plan }));
}
