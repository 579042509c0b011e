import { parseSync } from 'oxc-parser';

/** What one source file imports and which names of its surroundings it reads. */
export type ImportFact = { readonly line: number; readonly from: string; readonly typeOnly: boolean };
export type NameFact = { readonly line: number; readonly name: string };
export type SourceFacts = {
  readonly imports: readonly ImportFact[];
  /** Free names that are read (`process`), and members of free names two deep (`Date.now`, `crypto.randomUUID`). */
  readonly reads: readonly NameFact[];
  /** `new Date()` without an argument, and `Date()` called. */
  readonly clockReads: readonly NameFact[];
  /** Names imported from other modules, with the module: `node:crypto` `randomBytes`. */
  readonly importedNames: readonly (NameFact & { readonly from: string })[];
  /** Every identifier of the file, whatever its part. */
  readonly identifiers: ReadonlyMap<string, number>;
};

type Node = { readonly type: string; readonly start: number; readonly [key: string]: unknown };

/** Types are not run: nothing under these keys or in these declarations reads anything. */
const TYPE_KEYS: ReadonlySet<string> = new Set(['typeAnnotation', 'typeParameters', 'typeArguments', 'returnType', 'superTypeArguments', 'implements']);
const TYPE_NODES: ReadonlySet<string> = new Set(['TSTypeAliasDeclaration', 'TSInterfaceDeclaration', 'TSDeclareFunction', 'TSModuleDeclaration']);
const KEYED: ReadonlySet<string> = new Set(['Property', 'MethodDefinition', 'PropertyDefinition', 'AccessorProperty']);

/** @throws where the source does not parse. */
export function sourceFacts(path: string, source: string): SourceFacts {
  const { program, module, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message ?? 'does not parse'}`);
  const lineOf = lineFinder(source);
  const imports: ImportFact[] = [];
  const importedNames: (NameFact & { readonly from: string })[] = [];

  for (const { start, moduleRequest, entries } of module.staticImports) {
    const line = lineOf(start);
    imports.push({ line, from: moduleRequest.value, typeOnly: entries.length > 0 ? entries.every((entry) => entry.isType) : /^import\s+type\b/.test(source.slice(start)) });
    for (const { importName } of entries) if (importName.name !== null && importName.name !== undefined) importedNames.push({ line, from: moduleRequest.value, name: importName.name });
  }
  for (const { start, entries } of module.staticExports) {
    for (const { moduleRequest, importName, isType } of entries) {
      if (moduleRequest === null || moduleRequest === undefined) continue;
      imports.push({ line: lineOf(start), from: moduleRequest.value, typeOnly: isType });
      if (importName.name !== null && importName.name !== undefined) importedNames.push({ line: lineOf(start), from: moduleRequest.value, name: importName.name });
    }
  }

  const declared = new Set<string>();
  const identifiers = new Map<string, number>();
  const reads: NameFact[] = [];
  const clockReads: NameFact[] = [];

  const visit = (value: unknown, typed: boolean): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, typed);
      return;
    }
    if (!isNode(value)) return;
    const node = value;
    const line = (): number => lineOf(node.start);
    if (node.type === 'Identifier' && typeof node['name'] === 'string') {
      if (!identifiers.has(node['name'])) identifiers.set(node['name'], line());
      if (!typed) reads.push({ line: line(), name: node['name'] });
    }
    for (const name of declaredBy(node)) declared.add(name);
    if (node.type === 'ImportExpression' || node.type === 'TSImportType') {
      const from = literalText(node['source']) ?? literalText(node['argument']);
      if (from !== null) imports.push({ line: line(), from, typeOnly: node.type === 'TSImportType' });
    }
    if (!typed && node.type === 'MemberExpression') {
      const chain = memberName(node);
      if (chain !== null) reads.push({ line: line(), name: chain });
    }
    if (!typed && (node.type === 'NewExpression' || node.type === 'CallExpression') && nameOf(node['callee']) === 'Date') {
      if (node.type === 'CallExpression' || (node['arguments'] as readonly unknown[]).length === 0) clockReads.push({ line: line(), name: node.type === 'CallExpression' ? 'Date()' : 'new Date()' });
    }
    if (node.type === 'CallExpression' && nameOf(node['callee']) === 'require') {
      const from = literalText((node['arguments'] as readonly unknown[])[0]);
      if (from !== null) imports.push({ line: line(), from, typeOnly: false });
    }
    for (const [key, child] of Object.entries(node)) {
      if (typeof child !== 'object' || child === null) continue;
      const isName = node['computed'] !== true && ((node.type === 'MemberExpression' && key === 'property') || (KEYED.has(node.type) && key === 'key' && node['shorthand'] !== true));
      if (isName || node.type.startsWith('Import') || node.type === 'ExportSpecifier') {
        const name = nameOf(child);
        if (name !== null && !identifiers.has(name)) identifiers.set(name, line());
        if (isName) continue;
      }
      if (node.type === 'MetaProperty') continue;
      visit(child, typed || TYPE_KEYS.has(key) || TYPE_NODES.has(node.type));
    }
  };
  visit(program, false);

  const free = (fact: NameFact): boolean => !declared.has(fact.name.split('.')[0] ?? '');
  return { imports, importedNames, identifiers, clockReads: clockReads.filter(() => !declared.has('Date')), reads: reads.filter(free) };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nameOf(value: unknown): string | null {
  return isNode(value) && value.type === 'Identifier' && typeof value['name'] === 'string' ? value['name'] : null;
}

function literalText(value: unknown): string | null {
  return isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : null;
}

/** `Date.now`, also written `Date['now']` or `globalThis.Date.now`. */
function memberName(node: Node): string | null {
  const property = node['computed'] === true ? literalText(node['property']) : nameOf(node['property']);
  const object = node['object'];
  if (property === null) return null;
  const base = nameOf(object) ?? (isNode(object) && object.type === 'MemberExpression' ? memberName(object)?.replace(/^globalThis\./, '') : null);
  return base === null || base === undefined ? null : `${base}.${property}`;
}

/** Names a node brings into being. A name declared anywhere in a file counts as the file's own. */
function declaredBy(node: Node): readonly string[] {
  switch (node.type) {
    case 'VariableDeclarator':
      return patternNames(node['id']);
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return [...patternNames(node['id']), ...patternNames(node['params'])];
    case 'ClassDeclaration':
      return patternNames(node['id']);
    case 'CatchClause':
      return patternNames(node['param']);
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return patternNames(node['local']);
    default:
      return [];
  }
}

function patternNames(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(patternNames);
  if (!isNode(value)) return [];
  const name = nameOf(value);
  if (name !== null) return [name];
  if (value.type === 'Property') return patternNames(value['value']);
  return ['properties', 'elements', 'left', 'argument', 'parameter', 'items', 'rest'].flatMap((key) => patternNames(value[key]));
}

function lineFinder(source: string): (offset: number) => number {
  const starts = [0];
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
