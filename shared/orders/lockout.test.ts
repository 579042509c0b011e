import { describe, expect, it } from 'vitest';
import { ISSUED_AT, orderContext, testAuthority } from '../../build/fixtures/test-orders.ts';
import { DEFAULT_BUNDLE, DEFAULT_POLICIES } from '../access/default-policies.ts';
import type { WrittenBundle } from '../access/policy.ts';
import { judgeOrder } from './judge.ts';
import { lockedOut, policyOf } from './lockout.ts';

const authority = testAuthority();

/** What becomes of a bundle that arrives as order number 2. */
function taken(bundle: unknown, version = 2) {
  const judged = judgeOrder(orderContext(authority), authority.order({ kind: 'policy', version, content: { bundle } }));
  if (!judged.ok || judged.value.standing !== 'new' || judged.value.order.kind !== 'policy') throw new Error('not a policy order');
  return policyOf(judged.value.order);
}
const written = (change: (policies: WrittenBundle['policies']) => WrittenBundle['policies']): unknown => ({ version: 2, issuedAt: ISSUED_AT, policies: change(DEFAULT_POLICIES.policies) });
const everything = { and: [{ in: [{ var: 'env.sessionState' }, ['setup', 'locked', 'unlocked', 'held']] }] };
const deny = (actions: readonly string[]) => ({ id: 'no-more', effect: 'deny' as const, target: { actions: [...actions] as never, resourceTypes: ['System', 'Session', 'Staff', 'Patient', 'Chart', 'Ledger', 'Sync'] as never }, when: everything, note: 'a slip' });

describe('a policy order', () => {
  it('ORD-12 loads whole, under its own version', () => {
    expect(taken(written((policies) => policies))).toMatchObject({ ok: true, value: { version: 2, issuedAt: ISSUED_AT } });
    expect(taken(written((policies) => policies), 3)).toMatchObject({ ok: false, fault: { code: 'VERSION_DIFFERS' } });
    expect(taken({ ...(written((policies) => policies) as object), issuedAt: ISSUED_AT + 1 })).toMatchObject({ ok: false, fault: { code: 'VERSION_DIFFERS' } });
  });

  it('ORD-13 that does not load in any part is refused', () => {
    for (const bundle of [null, 'x', [], {}, { version: 2, issuedAt: ISSUED_AT, policies: [] }, written((policies) => [...policies, policies[0]!])]) expect(taken(bundle).ok).toBe(false);
    expect(taken(written((policies) => policies.map((policy, index) => (index === 3 ? { ...policy, when: { '===': [{ var: 'subject.shoe' }, 4] } } : policy))))).toMatchObject({ ok: false, fault: { code: 'RULE_REFUSED' } });
  });

  it.each(['app.observe', 'session.begin', 'vault.recover', 'session.use', 'sync.read', 'sync.run', 'sync.enrol', 'staff.manage', 'chart.read', 'chart.write', 'patient.search'])('ORD-13 that leaves nobody to %s is refused', (action) => {
    expect(taken(written((policies) => [...policies, deny([action])]))).toMatchObject({ ok: false, fault: { code: 'LOCKS_OUT', detail: { missing: expect.stringContaining(action) } } });
    // Without the policies that permit it, the same.
    expect(taken(written((policies) => policies.filter((policy) => policy.effect === 'deny' || !(policy.target.actions as readonly string[]).includes(action)))).ok).toBe(false);
  });

  it('ORD-13 that closes something else is taken', () => {
    expect(taken(written((policies) => [...policies, deny(['import.run', 'export.run', 'audit.export', 'breakglass.open'])]))).toMatchObject({ ok: true });
  });

  it('ORD-13 the default policies lock nobody out', () => {
    expect(lockedOut(DEFAULT_BUNDLE)).toBeNull();
  });
});
