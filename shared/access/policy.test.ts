import { describe, expect, it } from 'vitest';
import { BUNDLE_MAX_NODES, loadBundle } from './policy.ts';
import { RULE_MAX_DEPTH } from './rule-reader.ts';

const role = { var: 'subject.role' };
const isNurse = { '===': [role, 'nurse'] };

const policyWith = (when: unknown, more: object = {}) => ({ id: 'rule', effect: 'permit', target: { actions: ['chart.read'], resourceTypes: ['Chart'] }, when, note: 'made for a test', ...more });
const bundleOf = (...policies: readonly unknown[]) => ({ version: 1, issuedAt: 0, policies });
const loadRule = (when: unknown, effect: 'permit' | 'deny' = 'permit') => loadBundle(bundleOf(policyWith(when, { effect })));

function nested(levels: number): unknown {
  let rule: unknown = isNurse;
  for (let level = 0; level < levels; level += 1) rule = { '!': [rule] };
  return rule;
}

describe('loading a rule', () => {
  it.each([
    ['flag', { var: 'env.held' }],
    ['equality', isNurse],
    ['order', { '>=': [{ var: 'subject.level' }, 2] }],
    ['order, turned round', { '<': [2, { var: 'subject.level' }] }],
    ['membership in an attribute', { in: [{ var: 'subject.id' }, { var: 'resource.careTeam' }] }],
    ['membership in a list', { in: [role, ['nurse', 'physician']] }],
    ['one attribute against another', { '===': [{ var: 'resource.restricted' }, { var: 'env.breakGlass' }] }],
    ['guard in `and`', { and: [{ has: 'resource.isSelf' }, { var: 'resource.isSelf' }] }],
    ['guard and below', { and: [{ has: 'subject.codeAgeS' }, { or: [isNurse, { '<': [{ var: 'subject.codeAgeS' }, 60] }] }] }],
    ['the example of the profile', { and: [{ '===': [role, 'physician'] }, { in: [{ var: 'subject.id' }, { var: 'resource.careTeam' }] }, { '>=': [{ var: 'subject.level' }, 2] }] }],
  ])('ACC-8 takes %s', (_name, when) => {
    expect(loadRule(when).ok).toBe(true);
  });

  it.each<readonly [string, unknown, string, string]>([
    ['an operator of JsonLogic that is not in the profile', { '==': [role, 'nurse'] }, '.==', 'unknown-operator'],
    ['an operator that calls', { method: [role, 'constructor'] }, '.method', 'unknown-operator'],
    ['an operator named by the prototype', { toString: [] }, '.toString', 'unknown-operator'],
    ['if', { if: [isNurse, isNurse, isNurse] }, '.if', 'unknown-operator'],
    ['an operator where a value belongs', { '===': [role, { '+': [1, 2] }] }, '.===[1].+', 'unknown-operator'],
    ['two operators in a node', { '===': [role, 'nurse'], '!==': [role, 'nurse'] }, '', 'not-a-rule'],
    ['none', {}, '', 'not-a-rule'],
    ['null', null, '', 'not-a-rule'],
    ['a list', [isNurse], '', 'not-a-rule'],
    ['an empty and', { and: [] }, '.and', 'empty'],
    ['an empty or', { or: [] }, '.or', 'empty'],
    ['an empty list of values', { in: [role, []] }, '.in[1]', 'empty'],
    ['and without a list', { and: isNurse }, '.and', 'wrong-arity'],
    ['! of two', { '!': [isNurse, isNurse] }, '.!', 'wrong-arity'],
    ['! of none', { '!': [] }, '.!', 'wrong-arity'],
    ['! without a list', { '!': isNurse }, '.!', 'wrong-arity'],
    ['=== of one', { '===': [role] }, '.===', 'wrong-arity'],
    ['=== of three', { '===': [role, 'nurse', 'nurse'] }, '.===', 'wrong-arity'],
    ['between', { '<': [1, { var: 'subject.level' }, 3] }, '.<', 'wrong-arity'],
    ['var with a default', { '===': [{ var: ['subject.role', 'nurse'] }, 'nurse'] }, '.===[0].var', 'wrong-arity'],
    ['has of a list', { has: ['resource.isSelf'] }, '.has', 'wrong-arity'],
    ['true', true, '', 'literal-only'],
    ['true within', { or: [isNurse, true] }, '.or[1]', 'literal-only'],
    ['1 === 1', { '===': [1, 1] }, '.===', 'literal-only'],
    ['a literal in literals', { in: ['nurse', ['nurse']] }, '.in[1][0]', 'literal-only'],
    ['an attribute against itself', { '===': [role, role] }, '.===', 'literal-only'],
    ['text against number', { '===': [{ var: 'subject.level' }, '2'] }, '.===', 'type-mismatch'],
    ['order of text', { '>=': [role, 'nurse'] }, '.>=', 'type-mismatch'],
    ['order of flags', { '>': [{ var: 'env.held' }, false] }, '.>', 'type-mismatch'],
    ['equality with null', { '===': [role, null] }, '.===[1]', 'not-a-rule'],
    ['NaN', { '<': [{ var: 'subject.level' }, Number.NaN] }, '.<[1]', 'not-a-rule'],
    ['text as a rule', { var: 'subject.role' }, '.var', 'type-mismatch'],
    ['membership in text', { in: [{ var: 'subject.id' }, 'u10,u22'] }, '.in[1]', 'type-mismatch'],
    ['membership in a text attribute', { in: ['u1', { var: 'subject.id' }] }, '.in[1].var', 'type-mismatch'],
    ['a number in a list of texts', { in: [{ var: 'subject.level' }, { var: 'resource.careTeam' }] }, '.in', 'type-mismatch'],
    ['a mixed list', { in: [role, ['nurse', 2]] }, '.in[1][1]', 'type-mismatch'],
    ['a misspelt role', { '===': [role, 'physican'] }, '.===', 'value-outside-set'],
    ['a misspelt role in a list', { in: [role, ['nurse', 'Nurse']] }, '.in[1][1]', 'value-outside-set'],
    ['a level that does not exist', { '===': [{ var: 'subject.level' }, 4] }, '.===', 'value-outside-set'],
    ['an attribute nobody declared', { var: 'subject.superuser' }, '.var', 'unknown-attribute'],
    ['a whole group', { has: 'subject' }, '.has', 'unknown-attribute'],
    ['an empty path', { has: '' }, '.has', 'unknown-attribute'],
    ['an optional attribute unasked', { var: 'resource.isSelf' }, '.var', 'unguarded-optional'],
    ['an optional attribute before its guard', { and: [{ var: 'resource.isSelf' }, { has: 'resource.isSelf' }] }, '.and[0].var', 'unguarded-optional'],
    ['an optional attribute behind another\'s guard', { and: [{ has: 'resource.ownSite' }, { var: 'resource.isSelf' }] }, '.and[1].var', 'unguarded-optional'],
    ['an optional attribute guarded by an alternative', { or: [{ has: 'resource.isSelf' }, { var: 'resource.isSelf' }] }, '.or[1].var', 'unguarded-optional'],
    ['has of what is never absent', { has: 'subject.role' }, '.has', 'has-of-required'],
  ])('ACC-9 refuses %s', (_name, when, path, problem) => {
    expect(loadRule(when)).toEqual({ ok: false, fault: { code: 'RULE_REFUSED', detail: { path: `policies[0].when${path}`, problem } } });
  });

  it('ACC-10 an absent attribute cannot open: no `not has` in a permit, no `has` in a deny', () => {
    const absent = { '!': [{ has: 'resource.isSelf' }] };
    const yes = { and: [{ has: 'resource.isSelf' }, { var: 'resource.isSelf' }] };
    const unlessKnownNot = { or: [absent, { var: 'resource.isSelf' }] };
    expect(loadRule(absent, 'permit')).toMatchObject({ ok: false, fault: { detail: { problem: 'has-opens' } } });
    expect(loadRule(unlessKnownNot, 'permit').ok).toBe(false);
    expect(loadRule({ '!': [yes] }, 'permit').ok).toBe(false);
    expect(loadRule(yes, 'permit').ok).toBe(true);
    expect(loadRule({ '!': [{ '!': [yes] }] }, 'permit').ok).toBe(true);
    expect(loadRule({ '!': [unlessKnownNot] }, 'permit').ok).toBe(true);
    expect(loadRule(yes, 'deny').ok).toBe(false);
    expect(loadRule(unlessKnownNot, 'deny').ok).toBe(true);
    expect(loadRule({ '!': [yes] }, 'deny').ok).toBe(true);
  });

  it('ACC-11 takes 32 levels and refuses 33', () => {
    expect(loadRule(nested(RULE_MAX_DEPTH - 1)).ok).toBe(true);
    expect(loadRule(nested(RULE_MAX_DEPTH))).toMatchObject({ ok: false, fault: { detail: { problem: 'too-deep' } } });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__'])('ACC-12 no path reaches %s', (name) => {
    for (const path of [name, `subject.${name}`, `subject.role.${name}`, `${name}.role`, `env.${name}.constructor`]) {
      for (const when of [{ var: path }, { '===': [{ var: path }, 'x'] }, { in: ['x', { var: path }] }, { has: path }]) {
        expect(loadRule(when)).toMatchObject({ ok: false, fault: { detail: { problem: 'unknown-attribute' } } });
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('loading a bundle', () => {
  it.each<readonly [string, unknown, string]>([
    ['no object', 'permit everything', ''],
    ['a number', 7, ''],
    ['no version', { issuedAt: 0, policies: [policyWith(isNurse)] }, 'version'],
    ['version 0', { version: 0, issuedAt: 0, policies: [policyWith(isNurse)] }, 'version'],
    ['a version that is text', { version: '1', issuedAt: 0, policies: [policyWith(isNurse)] }, 'version'],
    ['no policies', bundleOf(), 'policies'],
    ['a key nobody knows', { ...bundleOf(policyWith(isNurse)), permitAll: true }, ''],
    ['a policy key nobody knows', bundleOf(policyWith(isNurse, { priority: 1 })), 'policies[0]'],
    ['an action nobody knows', bundleOf(policyWith(isNurse, { target: { actions: ['chart.*'], resourceTypes: ['Chart'] } })), 'policies[0].target.actions[0]'],
    ['an empty target', bundleOf(policyWith(isNurse, { target: { actions: [], resourceTypes: ['Chart'] } })), 'policies[0].target.actions'],
    ['no rule', bundleOf({ id: 'rule', effect: 'permit', target: { actions: ['chart.read'], resourceTypes: ['Chart'] }, note: 'x' }), 'policies[0].when'],
    ['a third effect', bundleOf(policyWith(isNurse, { effect: 'allow' })), 'policies[0].effect'],
    ['a reserved id', bundleOf(policyWith(isNurse, { id: 'default' })), 'policies[0].id'],
    ['an id with a slash', bundleOf(policyWith(isNurse, { id: '2/x' })), 'policies[0].id'],
    ['an id twice', bundleOf(policyWith(isNurse), policyWith(isNurse)), 'policies[1].id'],
    ['an obligation on a deny', bundleOf(policyWith(isNurse, { effect: 'deny', obligations: [{ type: 'reason', minCharacters: 1 }] })), 'policies[0].obligations'],
    ['a step-up without its age', bundleOf(policyWith(isNurse, { obligations: [{ type: 'stepUp', level: 3 }] })), 'policies[0].obligations[0].maxAgeS'],
    ['a mask of nothing', bundleOf(policyWith(isNurse, { obligations: [{ type: 'mask', fields: [] }] })), 'policies[0].obligations[0].fields'],
    ['no note', bundleOf({ ...policyWith(isNurse), note: '' }), 'policies[0].note'],
  ])('ACC-7 refuses %s', (_name, input, path) => {
    expect(loadBundle(input)).toMatchObject({ ok: false, fault: { code: 'BUNDLE_MALFORMED', detail: { path } } });
  });

  it('ACC-7 keeps an obligation of a newer version, to deny by it', () => {
    const result = loadBundle(bundleOf(policyWith(isNurse, { obligations: [{ type: 'watermark', text: 'x' }] })));
    expect(result.ok && result.value.policies[0]!.obligations).toEqual([{ type: 'watermark', unknown: true }]);
  });

  it('ACC-13 what was loaded no longer depends on what it was loaded from, and is frozen', () => {
    const source = bundleOf(policyWith({ in: [role, ['nurse']] }, { obligations: [{ type: 'mask', fields: ['phone'] }] }));
    const result = loadBundle(source);
    if (!result.ok) throw new Error('the bundle loads');
    const before = JSON.stringify(result.value.policies);
    const [policy] = source.policies as [ReturnType<typeof policyWith>];
    (policy.when as { in: [unknown, string[]] }).in[1].push('auditor');
    policy.target.actions.push('export.run');
    expect(JSON.stringify(result.value.policies)).toBe(before);
    expect(thawed(result.value)).toEqual([]);
  });
});

/** Paths of objects that are not frozen. */
function thawed(value: unknown, path = '$'): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...(Object.isFrozen(value) ? [] : [path]), ...Object.entries(value).flatMap(([key, each]) => thawed(each, `${path}.${key}`))];
}

describe('hostile bundles', () => {
  const refused = (input: unknown) => {
    const result = loadBundle(input);
    return result.ok ? null : [result.fault.code, result.fault.detail?.['problem']];
  };

  it('ACC-14 a nesting of a hundred thousand levels', () => {
    expect(refused(bundleOf(policyWith(nested(100_000))))).toEqual(['BUNDLE_TOO_LARGE', 'too-deep']);
  });

  it('ACC-14 a cycle', () => {
    const cycle: Record<string, unknown> = {};
    cycle['and'] = [cycle];
    expect(refused(bundleOf(policyWith(cycle)))).toEqual(['BUNDLE_TOO_LARGE', 'too-deep']);
  });

  it('ACC-14 a million nodes, wide, shared and as holes', () => {
    const wide = { or: Array.from({ length: 1_000_000 }, () => isNurse) };
    expect(refused(bundleOf(policyWith(wide)))).toEqual(['BUNDLE_TOO_LARGE', 'too-many-nodes']);
    let shared: unknown = isNurse;
    for (let level = 0; level < 20; level += 1) shared = { and: [shared, shared] };
    expect(refused(bundleOf(policyWith(shared)))).toEqual(['BUNDLE_TOO_LARGE', 'too-many-nodes']);
    // oxlint-disable-next-line unicorn/no-new-array -- a list of holes is the attack
    expect(refused(bundleOf(policyWith({ or: new Array(4_000_000_000) })))).toEqual(['BUNDLE_TOO_LARGE', 'too-many-nodes']);
    const keys = Object.fromEntries(Array.from({ length: BUNDLE_MAX_NODES + 1 }, (_, index) => [`k${index}`, 1]));
    expect(refused(bundleOf(policyWith(keys)))).toEqual(['BUNDLE_TOO_LARGE', 'too-many-nodes']);
  });

  it('ACC-14 a text of ten million characters', () => {
    expect(refused(bundleOf(policyWith({ var: 'x'.repeat(10_000_000) })))).toEqual(['BUNDLE_TOO_LARGE', 'too-much-text']);
  });

  it.each([
    ['a function', () => true],
    ['a symbol', Symbol('x')],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a big integer', 1n],
    ['an instance', Object.create({ var: 'env.held' })],
  ])('ACC-14 %s', (_name, when) => {
    expect(refused(bundleOf(policyWith(when)))).toEqual(['BUNDLE_MALFORMED', 'not-plain']);
  });

  it('ACC-14 keys that name the prototype, as JSON gives them', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const text = JSON.stringify(bundleOf(policyWith(isNurse))).replace('"version"', `"${key}":{"held":false},"version"`);
      expect(refused(JSON.parse(text))).toEqual(['BUNDLE_MALFORMED', 'not-plain']);
    }
    expect('held' in {}).toBe(false);
  });
});
