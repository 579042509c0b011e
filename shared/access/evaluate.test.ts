import { describe, expect, it } from 'vitest';
import { attributeAt, type AccessRequest } from './attributes.ts';
import { evaluate } from './evaluate.ts';
import type { Operand, Rule, TextSet } from './rule.ts';

const attribute = (path: string): Operand & TextSet & { readonly kind: 'attribute' } => ({ kind: 'attribute', attribute: attributeAt(path)! });
const literal = (value: string | number | boolean): Operand => ({ kind: 'literal', value });
const flag = (path: string): Rule => ({ kind: 'flag', attribute: attributeAt(path)! });

const yes: Rule = flag('env.breakGlass');
const no: Rule = flag('env.held');
const missing: Rule = flag('resource.isSelf');
const request = { subject: { role: 'nurse', id: 'u1', level: '3' }, resource: { restricted: 0, careTeam: 'u10,u1' }, env: { held: false, breakGlass: true }, action: {} } as unknown as AccessRequest;

/** Rules that the loader would refuse, and requests that `decide` would: the second line of defence. */
describe('evaluating', () => {
  it.each<readonly [string, Rule]>([
    ['a missing flag', missing],
    ['a flag that is a number', flag('resource.restricted')],
    ['the negation of an error', { kind: 'not', part: missing }],
    ['its double negation', { kind: 'not', part: { kind: 'not', part: missing } }],
    ['an error after what holds', { kind: 'all', parts: [yes, missing] }],
    ['an error after what does not hold', { kind: 'any', parts: [no, missing] }],
    ['an error before what would settle it', { kind: 'any', parts: [missing, yes] }],
    ['an error before what would refute it', { kind: 'all', parts: [missing, no] }],
    ['an empty all', { kind: 'all', parts: [] }],
    ['an empty any', { kind: 'any', parts: [] }],
    ['a missing value that is compared', { kind: 'compare', comparison: '<', left: attribute('subject.codeAgeS'), right: literal(3) }],
    ['two missing values', { kind: 'compare', comparison: '===', left: attribute('resource.isSelf'), right: attribute('resource.ownSite') }],
    ['a number that is text', { kind: 'compare', comparison: '>=', left: attribute('subject.level'), right: literal(2) }],
    ['text that is ordered', { kind: 'compare', comparison: '>', left: attribute('subject.id'), right: literal('a') }],
    ['types that differ', { kind: 'compare', comparison: '!==', left: attribute('subject.role'), right: literal(1) }],
    ['a list that is text', { kind: 'within', item: attribute('subject.id'), set: attribute('resource.careTeam') }],
    ['a missing item', { kind: 'within', item: attribute('env.purpose'), set: { kind: 'set', values: ['TREAT'] } }],
  ])('ACC-4 %s is an error', (_name, rule) => {
    expect(evaluate(rule, request)).toBe('error');
  });

  it('ACC-4 a part that settles the answer is the last one asked', () => {
    expect(evaluate({ kind: 'all', parts: [no, missing] }, request)).toBe('false');
    expect(evaluate({ kind: 'any', parts: [yes, missing] }, request)).toBe('true');
    expect(evaluate({ kind: 'all', parts: [{ kind: 'has', attribute: attributeAt('resource.isSelf')! }, missing] }, request)).toBe('false');
  });
});
