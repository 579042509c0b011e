import { ok, refuse, type Result } from '../base/result.ts';
import { attributeAt, fits, type Attribute, type AttributeType } from './attributes.ts';
import { COMPARISONS, type Comparison, type Literal, type Operand, type Rule, type RuleProblem, type TextSet } from './rule.ts';

/**
 * Reads a rule from JSON. What evaluation must never meet is refused here, with the path of the fault: an operator,
 * arity, type or attribute that the profile does not know, an optional attribute read without asking `has` first, and
 * a `has` whose absence would widen access (ACC-9 to ACC-16).
 */
export const RULE_MAX_DEPTH = 32;

/** Groups and names as they may be written; what matches must be declared as well. */
const ATTRIBUTE_PATH = /^(subject|resource|env|action)(\.[a-z]\w*){1,4}$/;
const SHOWN_KEY_MAX_CHARACTERS = 40;

/** Ends the descent at the first fault; never leaves this file. */
class RuleRefused extends Error {
  override readonly name = 'RuleRefused';
  readonly path: string;
  readonly problem: RuleProblem;

  constructor(path: string, problem: RuleProblem) {
    super(`${problem} at ${path}`);
    this.path = path;
    this.problem = problem;
  }
}

/** Where in the rule the reader stands. */
type Place = {
  readonly path: string;
  readonly depth: number;
  /** Optional attributes known to be present here, because a `has` before it says so. */
  readonly present: ReadonlySet<string>;
  /** True where a true value here helps the whole rule to be true; turned round by `!`. */
  readonly positive: boolean;
  /** Whether `has` may stand in a positive place: in a permit yes, in a deny only in a negative one. */
  readonly permits: boolean;
};

/**
 * @param effect decides where `has` may stand, so that taking an attribute away never turns a deny into a permit.
 * @returns the rule, or the first fault: its `path` below the given one and the `problem`.
 */
export function readRule(json: unknown, effect: 'permit' | 'deny', path: string): Result<Rule, 'RULE_REFUSED'> {
  try {
    return ok(readNode(json, { path, depth: 1, present: new Set(), positive: true, permits: effect === 'permit' }));
  } catch (error) {
    if (!(error instanceof RuleRefused)) throw error;
    return refuse('RULE_REFUSED', { path: error.path, problem: error.problem });
  }
}

function readNode(json: unknown, place: Place): Rule {
  if (place.depth > RULE_MAX_DEPTH) throw new RuleRefused(place.path, 'too-deep');
  const { operator, operands, path } = onlyKey(json, place.path);
  const here = { ...place, path };
  if (operator === 'and' || operator === 'or') return readJunction(operator, operands, here);
  if (operator === '!') return Object.freeze({ kind: 'not', part: readNode(listOf(operands, 1, path)[0], { ...inside(here, 0), positive: !place.positive }) });
  if (operator === 'var') return Object.freeze({ kind: 'flag', attribute: typed(readable(operands, here), ['flag'], path) });
  if (operator === 'has') return readHas(operands, here);
  if (operator === 'in') return readWithin(listOf(operands, 2, path), here);
  if (isComparison(operator)) return readComparison(operator, listOf(operands, 2, path), here);
  throw new RuleRefused(path, 'unknown-operator');
}

function readJunction(operator: 'and' | 'or', operands: unknown, place: Place): Rule {
  if (!Array.isArray(operands)) throw new RuleRefused(place.path, 'wrong-arity');
  if (operands.length === 0) throw new RuleRefused(place.path, 'empty');
  const present = new Set(place.present);
  const parts = operands.map((operand, index) => {
    const part = readNode(operand, { ...inside(place, index), present: new Set(present) });
    const guard = operator === 'and' ? part : part.kind === 'not' ? part.part : undefined;
    if (guard?.kind === 'has') present.add(guard.attribute.path);
    return part;
  });
  return Object.freeze({ kind: operator === 'and' ? 'all' : 'any', parts: Object.freeze(parts) });
}

function readHas(operands: unknown, place: Place): Rule {
  const attribute = declared(operands, place.path);
  if (attribute.declaration.optional !== true) throw new RuleRefused(place.path, 'has-of-required');
  if (place.positive !== place.permits) throw new RuleRefused(place.path, 'has-opens');
  return Object.freeze({ kind: 'has', attribute });
}

function readComparison(comparison: Comparison, [left, right]: readonly unknown[], place: Place): Rule {
  const first = readOperand(left, inside(place, 0));
  const second = readOperand(right, inside(place, 1));
  agree(first, second, place.path);
  const ordered = comparison !== '===' && comparison !== '!==';
  if (ordered && typeOf(first) !== 'number') throw new RuleRefused(place.path, 'type-mismatch');
  if (!ordered) {
    member(first, second, place.path);
    member(second, first, place.path);
  }
  return Object.freeze({ kind: 'compare', comparison, left: first, right: second });
}

function readWithin([needle, haystack]: readonly unknown[], place: Place): Rule {
  const item = readOperand(needle, inside(place, 0));
  const { path } = inside(place, 1);
  if (!Array.isArray(haystack)) {
    if (!isNode(haystack)) throw new RuleRefused(path, 'type-mismatch');
    const { operator, operands, path: inner } = onlyKey(haystack, path);
    if (operator !== 'var') throw new RuleRefused(inner, 'unknown-operator');
    const attribute = typed(readable(operands, { ...place, path: inner }), ['texts'], inner);
    if (typeOf(item) !== 'text') throw new RuleRefused(place.path, 'type-mismatch');
    return Object.freeze({ kind: 'within', item, set: Object.freeze({ kind: 'attribute', attribute }) });
  }
  if (haystack.length === 0) throw new RuleRefused(path, 'empty');
  const values = haystack.map((value, index): Literal => {
    const at = `${path}[${index}]`;
    if (!isLiteral(value)) throw new RuleRefused(at, 'type-mismatch');
    const literal = { kind: 'literal', value } as const;
    agree(item, literal, at);
    member(item, literal, at);
    return value;
  });
  const set: TextSet = Object.freeze({ kind: 'set', values: Object.freeze(values) });
  return Object.freeze({ kind: 'within', item, set });
}

function readOperand(json: unknown, place: Place): Operand {
  if (isLiteral(json)) return Object.freeze({ kind: 'literal', value: json });
  const { operator, operands, path } = onlyKey(json, place.path);
  if (operator !== 'var') throw new RuleRefused(path, 'unknown-operator');
  return Object.freeze({ kind: 'attribute', attribute: typed(readable(operands, { ...place, path }), ['text', 'number', 'flag'], path) });
}

/** A declared attribute that is certain to be present where it is read. */
function readable(name: unknown, place: Place): Attribute {
  const attribute = declared(name, place.path);
  if (attribute.declaration.optional === true && !place.present.has(attribute.path)) throw new RuleRefused(place.path, 'unguarded-optional');
  return attribute;
}

function declared(name: unknown, path: string): Attribute {
  if (typeof name !== 'string') throw new RuleRefused(path, 'wrong-arity');
  const attribute = ATTRIBUTE_PATH.test(name) ? attributeAt(name) : undefined;
  if (attribute === undefined) throw new RuleRefused(path, 'unknown-attribute');
  return attribute;
}

function typed(attribute: Attribute, types: readonly AttributeType[], path: string): Attribute {
  if (!types.includes(attribute.declaration.type)) throw new RuleRefused(path, 'type-mismatch');
  return attribute;
}

/** Both sides have one type, and at least one asks about the request; the same attribute twice asks nothing. */
function agree(left: Operand, right: Operand, path: string): void {
  if (left.kind === 'literal' && right.kind === 'literal') throw new RuleRefused(path, 'literal-only');
  if (left.kind === 'attribute' && right.kind === 'attribute' && left.attribute.path === right.attribute.path) throw new RuleRefused(path, 'literal-only');
  if (typeOf(left) !== typeOf(right)) throw new RuleRefused(path, 'type-mismatch');
}

/** A literal compared for equality with an attribute of a closed set must be in it: a misspelt role matches nobody. */
function member(side: Operand, other: Operand, path: string): void {
  if (side.kind !== 'attribute' || other.kind !== 'literal') return;
  if (!fits(side.attribute.declaration, other.value)) throw new RuleRefused(path, 'value-outside-set');
}

function typeOf(operand: Operand): AttributeType {
  if (operand.kind === 'attribute') return operand.attribute.declaration.type;
  if (typeof operand.value === 'string') return 'text';
  return typeof operand.value === 'number' ? 'number' : 'flag';
}

function onlyKey(json: unknown, path: string): { readonly operator: string; readonly operands: unknown; readonly path: string } {
  if (isLiteral(json)) throw new RuleRefused(path, 'literal-only');
  if (!isNode(json)) throw new RuleRefused(path, 'not-a-rule');
  const [entry, ...others] = Object.entries(json);
  if (entry === undefined || others.length > 0) throw new RuleRefused(path, 'not-a-rule');
  const [operator, operands] = entry;
  return { operator, operands, path: `${path}.${operator.slice(0, SHOWN_KEY_MAX_CHARACTERS)}` };
}

function listOf(operands: unknown, arity: number, path: string): readonly unknown[] {
  if (!Array.isArray(operands) || operands.length !== arity) throw new RuleRefused(path, 'wrong-arity');
  return operands;
}

function inside(place: Place, index: number): Place {
  return { ...place, path: `${place.path}[${index}]`, depth: place.depth + 1 };
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLiteral(value: unknown): value is Literal {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function isComparison(operator: string): operator is Comparison {
  return (COMPARISONS as readonly string[]).includes(operator);
}
