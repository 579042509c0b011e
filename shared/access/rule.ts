import type { Attribute } from './attributes.ts';

/**
 * A rule after loading: the strict typed profile of JSON logic, with attributes resolved and types checked.
 * `rule-reader.ts` makes it from JSON, `evaluate.ts` runs it. Every node is frozen.
 */
export const COMPARISONS = ['===', '!==', '>=', '>', '<=', '<'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type Literal = string | number | boolean;
export type Operand = { readonly kind: 'attribute'; readonly attribute: Attribute } | { readonly kind: 'literal'; readonly value: Literal };
export type TextSet = { readonly kind: 'attribute'; readonly attribute: Attribute } | { readonly kind: 'set'; readonly values: readonly Literal[] };

export type Rule =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Rule[] }
  | { readonly kind: 'not'; readonly part: Rule }
  | { readonly kind: 'flag' | 'has'; readonly attribute: Attribute }
  | { readonly kind: 'compare'; readonly comparison: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'within'; readonly item: Operand; readonly set: TextSet };

export type RuleProblem =
  | 'not-a-rule'
  | 'unknown-operator'
  | 'wrong-arity'
  | 'empty'
  | 'too-deep'
  | 'unknown-attribute'
  | 'unguarded-optional'
  | 'has-of-required'
  | 'has-opens'
  | 'literal-only'
  | 'type-mismatch'
  | 'value-outside-set';
