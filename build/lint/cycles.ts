/** A ring of files that import one another for their values, reported once, at the import that closes it. */
export type Cycle = { readonly path: string; readonly line: number; readonly cycle: readonly string[] };

export function findCycles(edges: ReadonlyMap<string, readonly { readonly to: string; readonly line: number }[]>): readonly Cycle[] {
  const cycles: Cycle[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    trail.push(path);
    for (const { to, line } of edges.get(path) ?? []) {
      const at = trail.indexOf(to);
      if (at >= 0) cycles.push({ path, line, cycle: [...trail.slice(at), to] });
      else if (!done.has(to)) visit(to);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) if (!done.has(path)) visit(path);
  return cycles;
}
