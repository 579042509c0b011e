import { fits, readAttribute, type AccessRequest, type Attribute } from './attributes.ts';
import { assertNever } from '../base/result.ts';
import type { Comparison, Literal, Operand, Rule } from './rule.ts';

/** What a rule says of a request. `error`: something it asks for is missing or of the wrong type; the caller denies. */
export type Verdict = 'true' | 'false' | 'error';

type Value = Literal | readonly string[];

/**
 * Runs a loaded rule. `and` and `or` stop at the first part that settles them, which is what makes `has` a guard.
 * An error is never turned into an answer: not by `!`, not by a comparison, not by null standing in for a value.
 */
export function evaluate(rule: Rule, request: AccessRequest): Verdict {
  switch (rule.kind) {
    case 'all':
      return settle(rule.parts, request, 'false', 'true');
    case 'any':
      return settle(rule.parts, request, 'true', 'false');
    case 'not':
      return negate(evaluate(rule.part, request));
    case 'has':
      return verdict(readAttribute(request, rule.attribute) !== undefined);
    case 'flag': {
      const value = valueOf(rule.attribute, request);
      return typeof value === 'boolean' ? verdict(value) : 'error';
    }
    case 'compare':
      return compare(rule.comparison, operandOf(rule.left, request), operandOf(rule.right, request));
    case 'within': {
      const set = rule.set.kind === 'set' ? rule.set.values : valueOf(rule.set.attribute, request);
      return within(operandOf(rule.item, request), set);
    }
    default:
      return assertNever(rule);
  }
}

function settle(parts: readonly Rule[], request: AccessRequest, decisive: Verdict, otherwise: Verdict): Verdict {
  if (parts.length === 0) return 'error';
  for (const part of parts) {
    const found = evaluate(part, request);
    if (found === 'error' || found === decisive) return found;
  }
  return otherwise;
}

function compare(comparison: Comparison, left: Value | undefined, right: Value | undefined): Verdict {
  if (left === undefined || right === undefined || typeof left !== typeof right || typeof left === 'object') return 'error';
  if (comparison === '===') return verdict(left === right);
  if (comparison === '!==') return verdict(left !== right);
  if (typeof left !== 'number' || typeof right !== 'number') return 'error';
  switch (comparison) {
    case '>=':
      return verdict(left >= right);
    case '>':
      return verdict(left > right);
    case '<=':
      return verdict(left <= right);
    case '<':
      return verdict(left < right);
    default:
      return assertNever(comparison);
  }
}

function within(item: Value | undefined, set: Value | readonly Literal[] | undefined): Verdict {
  if (item === undefined || typeof item === 'object' || !Array.isArray(set)) return 'error';
  return verdict((set as readonly Literal[]).includes(item));
}

function operandOf(operand: Operand, request: AccessRequest): Value | undefined {
  return operand.kind === 'literal' ? operand.value : valueOf(operand.attribute, request);
}

function valueOf(attribute: Attribute, request: AccessRequest): Value | undefined {
  const value = readAttribute(request, attribute);
  return fits(attribute.declaration, value) ? (value as Value) : undefined;
}

function verdict(holds: boolean): Verdict {
  return holds ? 'true' : 'false';
}

function negate(found: Verdict): Verdict {
  if (found === 'error') return found;
  return found === 'true' ? 'false' : 'true';
}
