import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { ROOMS } from './rooms.ts';

/**
 * Every rule of a SPEC.md has a test whose title begins with its id, and every such test has its rule. A rule without
 * a test is a wish; a test without a rule proves something nobody promised.
 */
export type RuleFinding = { readonly path: string; readonly line: number; readonly because: string };

/** A rule is stated where its id begins a line, behind whatever marks a list, a heading or a table cell. */
const STATED = /^[\s>|#*-]*`?([A-Z]{3}-\d+)\b/;
const TITLED = /^([A-Z]{3}-\d+)\b/;
const TEST_FUNCTIONS: ReadonlySet<string> = new Set(['it', 'test', 'describe']);

/** `specs` and `tests` by path. */
export function judgeRules(specs: ReadonlyMap<string, string>, tests: ReadonlyMap<string, string>): readonly RuleFinding[] {
  const findings: RuleFinding[] = [];
  const stated = new Map<string, string>();
  for (const [path, text] of specs) {
    for (const [index, line] of text.split('\n').entries()) {
      const id = STATED.exec(line)?.[1];
      if (id === undefined) continue;
      const elsewhere = stated.get(id);
      if (elsewhere !== undefined) findings.push({ path, line: index + 1, because: `${id} is stated in ${elsewhere} already` });
      else stated.set(id, `${path}:${index + 1}`);
    }
  }
  const proven = new Set<string>();
  for (const [path, source] of tests) {
    for (const { title, line } of testTitles(path, source)) {
      const id = TITLED.exec(title)?.[1];
      if (id === undefined) continue;
      proven.add(id);
      if (!stated.has(id)) findings.push({ path, line, because: `${id} is stated in no SPEC.md` });
    }
  }
  for (const [id, where] of stated) {
    if (proven.has(id)) continue;
    const [path = '', line = '1'] = where.split(':');
    findings.push({ path, line: Number(line), because: `no test's title begins with ${id}` });
  }
  return findings;
}

/** Titles given to it, test and describe, also behind `.each(...)`, `.skipIf(...)` and their like. */
export function testTitles(path: string, source: string): readonly { readonly title: string; readonly line: number }[] {
  const titles: { title: string; line: number }[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    if (!isNode(value)) return;
    if (value.type === 'CallExpression' && TEST_FUNCTIONS.has(rootName(value['callee']))) {
      const title = textOf((value['arguments'] as readonly unknown[])[0]);
      if (title !== null) titles.push({ title, line: source.slice(0, value.start).split('\n').length });
    }
    for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) visit(child);
  };
  visit(parseSync(path, source).program);
  return titles;
}

type Node = { readonly type: string; readonly start: number; readonly [key: string]: unknown };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** `it` of `it.each(rows)(title, …)`. */
function rootName(callee: unknown): string {
  if (!isNode(callee)) return '';
  if (callee.type === 'Identifier') return String(callee['name']);
  return rootName(callee['object'] ?? callee['callee'] ?? callee['tag']);
}

function textOf(argument: unknown): string | null {
  if (!isNode(argument)) return null;
  if (argument.type === 'Literal') return typeof argument['value'] === 'string' ? argument['value'] : null;
  if (argument.type !== 'TemplateLiteral') return null;
  const [first] = argument['quasis'] as readonly { readonly value: { readonly cooked: string } }[];
  return first?.value.cooked ?? null;
}

/** Reads the files of a checkout whose name fits. */
function readAll(root: string, fits: RegExp): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const room of [...ROOMS, 'docs']) {
    for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && fits.test(entry.name) && !path.includes('node_modules')) found.set(path.slice(root.length + 1), readFileSync(path, 'utf8'));
    }
  }
  return found;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  const specs = readAll(root, /^SPEC\.md$/);
  const findings = judgeRules(specs, readAll(root, /\.test\.tsx?$/));
  for (const { path, line, because } of findings) console.error(`${path}:${line}  ${because}`);
  console.log(`rules: ${specs.size} specifications, ${findings.length} findings`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
