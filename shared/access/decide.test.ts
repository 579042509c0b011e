import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { ATTRIBUTE_PATHS, attributeAt, requestFault, SESSION_STATES, SUBJECT_ROLES, PATIENT_SCOPES, type AccessRequest, type AttributeType } from './attributes.ts';
import { decide, type Decision } from './decide.ts';
import { DEFAULT_BUNDLE, DEFAULT_POLICIES } from './default-policies.ts';
import { loadBundle, type Bundle } from './policy.ts';
import { ACTIONS, Purpose, RESOURCE_TYPES } from './vocabulary.ts';

const seed = testSeedOf(process.env['OUTPOST_SEED']);
process.stdout.write(`access properties: OUTPOST_SEED=${seed}\n`);

const nurseReads: AccessRequest = {
  subject: { role: 'nurse', id: 'u1', level: 3, codeAgeS: 10 },
  resource: { type: 'Chart', patient: 'one', restricted: false, careTeam: ['u1'], ownSite: true, isSelf: false },
  env: { purpose: 'TREAT', sessionState: 'unlocked', held: false, breakGlass: false, clockSuspect: false },
  action: { name: 'chart.read' },
};

type Written = { id: string; effect?: 'permit' | 'deny'; when: unknown; obligations?: readonly unknown[] };
const isNurse = { '===': [{ var: 'subject.role' }, 'nurse'] };

function bundleOf(...policies: readonly Written[]): Bundle {
  const result = load(...policies);
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

function load(...policies: readonly Written[]) {
  const target = { actions: [...ACTIONS], resourceTypes: [...RESOURCE_TYPES] };
  return loadBundle({ version: 9, issuedAt: 0, policies: policies.map((each) => ({ effect: 'permit', target, note: 'made for a test', ...each })) });
}

const WRONG_FOR: Readonly<Record<AttributeType, readonly unknown[]>> = {
  text: [true, 0, ['nurse'], new String('nurse')],
  number: [true, '3', [3], Number.POSITIVE_INFINITY],
  flag: [0, 1, '', 'false', 'true', []],
  texts: ['u1', 'u10,u22', [null], { 0: 'u1', length: 1 }],
};

describe('deciding', () => {
  it('ACC-1 nothing is permitted that no policy permits', () => {
    const other = bundleOf({ id: 'auditors', when: { '===': [{ var: 'subject.role' }, 'auditor'] } });
    expect(decide(other, nurseReads)).toEqual({ effect: 'deny', decisionId: '9/default', rule: 'default', because: 'default' });
  });

  it('ACC-2 a deny overrides every permit, before it and after it', () => {
    const permit = { id: 'nurses', when: isNurse };
    const deny = { id: 'not-nurses', effect: 'deny' as const, when: isNurse };
    for (const policies of [[permit, deny], [deny, permit]]) {
      expect(decide(bundleOf(...policies), nurseReads)).toEqual({ effect: 'deny', decisionId: '9/not-nurses', rule: 'not-nurses', because: 'deny-rule' });
    }
  });

  it('ACC-5 the decision id names the version and the first permitting rule, all of them are listed', () => {
    const bundle = bundleOf({ id: 'no', when: { '!': [isNurse] } }, { id: 'first', when: isNurse }, { id: 'second', when: isNurse });
    expect(decide(bundle, nurseReads)).toEqual({ effect: 'permit', decisionId: '9/first', rules: ['first', 'second'], obligations: [] });
    const longest = bundleOf({ id: `r${'x'.repeat(99)}`, when: isNurse });
    expect(decide(longest, nurseReads).decisionId.length).toBeLessThanOrEqual(200);
  });

  it('ACC-6 obligations of all permits are joined, the strictest of each', () => {
    const bundle = bundleOf(
      { id: 'a', when: isNurse, obligations: [{ type: 'mask', fields: ['ssn', 'phone'] }, { type: 'reason', minCharacters: 5 }, { type: 'notify', office: 'administrator' }] },
      { id: 'b', when: isNurse, obligations: [{ type: 'mask', fields: ['phone', 'address'] }, { type: 'reason', minCharacters: 20 }, { type: 'notify', office: 'administrator' }] },
      { id: 'c', when: isNurse },
    );
    const decision = decide(bundle, nurseReads);
    expect(decision.effect === 'permit' && decision.obligations).toEqual([
      { type: 'reason', minCharacters: 20 },
      { type: 'mask', fields: ['address', 'phone', 'ssn'] },
      { type: 'notify', office: 'administrator' },
    ]);
    const stepped = bundleOf(
      { id: 'a', when: isNurse, obligations: [{ type: 'stepUp', level: 3, maxAgeS: 600 }] },
      { id: 'b', when: isNurse, obligations: [{ type: 'stepUp', level: 2, maxAgeS: 5 }] },
    );
    expect(decide(stepped, nurseReads)).toEqual({ effect: 'deny', decisionId: '9/a', rule: 'a', because: 'step-up', stepUp: { type: 'stepUp', level: 3, maxAgeS: 5 } });
  });

  it('ACC-6 an obligation that is not understood denies, though another rule permits without it', () => {
    const bundle = bundleOf({ id: 'plain', when: isNurse }, { id: 'newer', when: isNurse, obligations: [{ type: 'watermark' }] });
    expect(decide(bundle, nurseReads)).toEqual({ effect: 'deny', decisionId: '9/newer', rule: 'newer', because: 'error' });
  });

  it.each(ATTRIBUTE_PATHS)('ACC-3 %s missing, null, mistyped or inherited denies, unless it is optional and absent', (path) => {
    const permitting = bundleOf({ id: 'all', when: { in: [{ var: 'subject.role' }, [...SUBJECT_ROLES]] } });
    const attribute = attributeAt(path)!;
    expect(decide(permitting, nurseReads).effect).toBe('permit');
    expect(decide(permitting, without(nurseReads, path)).effect).toBe(attribute.declaration.optional === true ? 'permit' : 'deny');
    const wrong = [null, undefined, Number.NaN, {}, [[]], [1], Symbol('x'), () => true, ...WRONG_FOR[attribute.declaration.type]];
    for (const value of wrong) {
      expect(decide(permitting, withValue(nurseReads, path, value))).toMatchObject({ effect: 'deny', because: 'error', rule: 'request' });
    }
    const holder = (nurseReads as unknown as Record<string, Record<string, unknown>>)[attribute.group]!;
    const inherited = { ...nurseReads, [attribute.group]: Object.create(holder) } as AccessRequest;
    expect(decide(permitting, inherited)).toMatchObject({ effect: 'deny', because: 'error' });
  });

  it.each([[null], [undefined], ['nurse'], [[]], [{}], [{ ...nurseReads, extra: {} }], [{ ...nurseReads, env: { ...nurseReads.env, debug: true } }], [{ ...nurseReads, subject: null }]])(
    'ACC-3 what is no request is denied: %j',
    (request) => {
      expect(decide(DEFAULT_BUNDLE, request as unknown as AccessRequest)).toMatchObject({ effect: 'deny', because: 'error', rule: 'request' });
    },
  );
});

/** What JsonLogic permits by mistake (finding F6): null that compares, text that contains, a prototype that answers. */
describe('fail-open probes', () => {
  const level = { var: 'subject.level' };
  const age = { var: 'subject.codeAgeS' };
  const bare = without(without(without(nurseReads, 'subject.codeAgeS'), 'resource.isSelf'), 'resource.ownSite');
  const probes: readonly (readonly [string, unknown, AccessRequest])[] = [
    ['missing <= 2', { '<=': [level, 2] }, without(nurseReads, 'subject.level')],
    ['missing < 3', { '<': [age, 3] }, bare],
    ['missing >= 0', { '>=': [age, 0] }, bare],
    ['! missing', { '!': [{ var: 'resource.isSelf' }] }, bare],
    ['missing !== "R"', { '!==': [{ var: 'env.purpose' }, 'SYSADMIN'] }, without(nurseReads, 'env.purpose')],
    ['missing != "R"', { '!=': [{ var: 'resource.restricted' }, true] }, without(nurseReads, 'resource.restricted')],
    ['missing === missing', { '===': [{ var: 'resource.isSelf' }, { var: 'resource.ownSite' }] }, bare],
    ['null === null', { '===': [null, null] }, nurseReads],
    ['part of a text', { in: [{ var: 'subject.id' }, 'u10,u22'] }, nurseReads],
    ['part of a text in place of a list', { in: [{ var: 'subject.id' }, { var: 'resource.careTeam' }] }, withValue(nurseReads, 'resource.careTeam', 'u10,u22')],
    ['toString', { var: 'subject.toString' }, nurseReads],
    ['constructor.constructor', { has: 'subject.constructor.constructor' }, nurseReads],
    ['__proto__', { has: 'subject.__proto__' }, nurseReads],
    ['an empty and', { and: [] }, nurseReads],
    ['a literal', true, nurseReads],
    ['"3" >= 2', { '>=': [level, 2] }, withValue(nurseReads, 'subject.level', '3')],
    ['a list equal to its text', { '===': [{ var: 'subject.role' }, 'nurse'] }, withValue(nurseReads, 'subject.role', ['nurse'])],
  ];

  it('ACC-15 there are 17', () => expect(probes).toHaveLength(17));

  it.each(probes)('ACC-15 %s', (_name, when, request) => {
    const result = load({ id: 'probe', when });
    expect(result.ok && decide(result.value, request).effect === 'permit').toBe(false);
  });
});

describe('properties', () => {
  const settings = { seed, numRuns: 3000 };

  it('ACC-16 a deny more never turns a deny into a permit', () => {
    fc.assert(
      fc.property(bundles(), rules('deny'), requests(), (policies, when, request) => {
        const before = decide(bundleOf(...policies), request);
        const after = decide(bundleOf(...policies, { id: 'added', effect: 'deny', when }), request);
        return before.effect === 'permit' || after.effect === 'deny';
      }),
      settings,
    );
  });

  it('ACC-17 an attribute less never turns a deny into a permit', () => {
    let permits = 0;
    fc.assert(
      fc.property(bundles(), requests(), fc.subarray([...ATTRIBUTE_PATHS], { minLength: 1 }), (policies, request, paths) => {
        const bundle = bundleOf(...policies);
        const before = decide(bundle, request);
        if (before.effect === 'permit') permits += 1;
        return before.effect === 'permit' || decide(bundle, paths.reduce(without, request)).effect === 'deny';
      }),
      settings,
    );
    expect(permits).toBeGreaterThan(0);
  });

  it('ACC-17 nor for any optional attribute alone, in any bundle and in the default one', () => {
    const optional = ATTRIBUTE_PATHS.filter((path) => attributeAt(path)!.declaration.optional === true);
    expect(optional.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(bundles(), requests(), fc.constantFrom(...optional), (policies, request, path) => {
        for (const bundle of [bundleOf(...policies), DEFAULT_BUNDLE]) {
          if (decide(bundle, request).effect === 'deny' && decide(bundle, without(request, path)).effect === 'permit') return false;
        }
        return true;
      }),
      settings,
    );
  });

  it('ACC-18 well-typed requests never meet an error, and what a rule says of them is what JavaScript says', () => {
    fc.assert(
      fc.property(rules('permit'), requests(), (when, request) => {
        expect(requestFault(request)).toBeNull();
        const decision = decide(bundleOf({ id: 'rule', when }), request);
        expect(decision.effect === 'permit' ? 'permit' : decision.because).toBe(plainly(when, request) ? 'permit' : 'default');
      }),
      settings,
    );
  });

  it('ACC-19 the same question gets the same answer, and asking changes nothing', () => {
    const text = JSON.stringify(DEFAULT_POLICIES);
    fc.assert(
      fc.property(requests(), (request) => {
        const asked = structuredClone(request);
        const answers = new Set<string>([1, 2].map(() => JSON.stringify(decide(DEFAULT_BUNDLE, request) satisfies Decision)));
        expect(answers.size).toBe(1);
        expect(request).toEqual(asked);
      }),
      { ...settings, numRuns: 300 },
    );
    expect(JSON.stringify(DEFAULT_POLICIES)).toBe(text);
  });
});

function without(request: AccessRequest, path: string): AccessRequest {
  const { group, name } = attributeAt(path)!;
  const { [name]: _gone, ...rest } = (request as unknown as Record<string, Record<string, unknown>>)[group]!;
  return { ...request, [group]: rest } as AccessRequest;
}

function withValue(request: AccessRequest, path: string, value: unknown): AccessRequest {
  const { group, name } = attributeAt(path)!;
  const holder = (request as unknown as Record<string, Record<string, unknown>>)[group]!;
  return { ...request, [group]: { ...holder, [name]: value } } as AccessRequest;
}

function requests(): fc.Arbitrary<AccessRequest> {
  const user = fc.constantFrom('u1', 'u2', 'u3');
  return fc.record({
    subject: fc.record({ role: fc.constantFrom(...SUBJECT_ROLES), id: user, level: fc.constantFrom(0, 1, 2, 3), codeAgeS: fc.nat(400) }, { requiredKeys: ['role', 'id', 'level'] }),
    resource: fc.record(
      { type: fc.constantFrom(...RESOURCE_TYPES), patient: fc.constantFrom(...PATIENT_SCOPES), restricted: fc.boolean(), careTeam: fc.array(user, { maxLength: 3 }), ownSite: fc.boolean(), isSelf: fc.boolean() },
      { requiredKeys: ['type', 'patient', 'restricted', 'careTeam'] },
    ),
    env: fc.record({ purpose: fc.constantFrom(...Purpose.options), sessionState: fc.constantFrom(...SESSION_STATES), held: fc.boolean(), breakGlass: fc.boolean(), clockSuspect: fc.boolean() }),
    action: fc.record({ name: fc.constantFrom(...ACTIONS) }),
  }) as fc.Arbitrary<AccessRequest>;
}

/** Rules of every operator, guards included, that load with the given effect. */
function rules(effect: 'permit' | 'deny'): fc.Arbitrary<unknown> {
  const flag = fc.constantFrom('env.held', 'env.breakGlass', 'resource.restricted', 'env.clockSuspect').map((path) => ({ var: path }));
  const role = fc.constantFrom(...SUBJECT_ROLES);
  const ordered = fc.tuple(fc.constantFrom('===', '!==', '>=', '>', '<=', '<'), fc.constantFrom(0, 1, 2, 3)).map(([operator, level]) => ({ [operator]: [{ var: 'subject.level' }, level] }));
  const equal = fc.tuple(fc.constantFrom('===', '!=='), role).map(([operator, value]) => ({ [operator]: [{ var: 'subject.role' }, value] }));
  const among = fc.array(role, { minLength: 1, maxLength: 4 }).map((values) => ({ in: [{ var: 'subject.role' }, values] }));
  const guarded = fc.constantFrom<(readonly [string, unknown])[]>(
    ['resource.isSelf', { var: 'resource.isSelf' }],
    ['resource.ownSite', { '!': [{ var: 'resource.ownSite' }] }],
    ['subject.codeAgeS', { '<': [{ var: 'subject.codeAgeS' }, 200] }],
  );
  const closes = guarded.map(([path, test]) => ({ and: [{ has: path }, test] }));
  const opens = guarded.map(([path, test]) => ({ or: [{ '!': [{ has: path }] }, test] }));
  const optional = fc.oneof(closes, opens, closes.map((rule) => ({ '!': [rule] })), opens.map((rule) => ({ '!': [rule] })));
  const leaf = fc.oneof(flag, ordered, equal, among, fc.constant({ in: [{ var: 'subject.id' }, { var: 'resource.careTeam' }] }), optional);
  const { rule } = fc.letrec((tie) => ({
    rule: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })), fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })), tie('rule').map((part) => ({ '!': [part] }))),
  }));
  return rule.filter((when) => load({ id: 'tried', effect, when }).ok);
}

function bundles(): fc.Arbitrary<Written[]> {
  const policy = fc.constantFrom('permit' as const, 'deny' as const).chain((effect) => rules(effect).map((when) => ({ effect, when })));
  return fc.array(policy, { minLength: 1, maxLength: 4 }).map((all) => all.map((each, index) => ({ id: `p${index}`, ...each })));
}

/** The rule told a second time, over plain objects. */
function plainly(when: unknown, request: AccessRequest): boolean {
  const [[operator, operands]] = Object.entries(when as Record<string, unknown>) as [[string, unknown]];
  const at = (path: string): unknown => path.split('.').reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], request);
  const read = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'var' in value ? at(value.var as string) : value);
  const list = operands as unknown[];
  switch (operator) {
    case 'and':
      return list.every((part) => plainly(part, request));
    case 'or':
      return list.some((part) => plainly(part, request));
    case '!':
      return !plainly(list[0], request);
    case 'has':
      return at(operands as string) !== undefined;
    case 'var':
      return at(operands as string) === true;
    case 'in':
      return (read(list[1]) as unknown[]).includes(read(list[0]));
    case '===':
      return read(list[0]) === read(list[1]);
    case '!==':
      return read(list[0]) !== read(list[1]);
    default: {
      const [left, right] = list.map(read) as [number, number];
      if (operator === '>=') return left >= right;
      if (operator === '>') return left > right;
      return operator === '<=' ? left <= right : left < right;
    }
  }
}
