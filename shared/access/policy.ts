import { z } from 'zod';
import { ok, refuse, type Result } from '../base/result.ts';
import { WrittenObligation, type LoadedObligation } from './obligations.ts';
import type { Rule } from './rule.ts';
import { readRule } from './rule-reader.ts';
import { ACTIONS, RESOURCE_TYPES, type Action, type ResourceType } from './vocabulary.ts';

/**
 * A policy bundle: the whole of a clinic's access rules under one version. `loadBundle` is the only way to a `Bundle`,
 * and it refuses whole what it does not understand in any part; a bundle half taken would be a bundle with holes.
 */
export const BUNDLE_MAX_NODES = 50_000;
/** Objects within objects. A rule of 32 levels has two of them to a level. */
export const BUNDLE_MAX_DEPTH = 80;
export const BUNDLE_MAX_TEXT_CHARACTERS = 1_000_000;
const POLICIES_MAX = 500;
const NOTE_MAX_CHARACTERS = 500;

/** Rule names of decisions that no policy made. */
export const DEFAULT_RULE = 'default';
export const REQUEST_RULE = 'request';

const PolicyId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,99}$/)
  .refine((id) => id !== DEFAULT_RULE && id !== REQUEST_RULE);

const WrittenPolicy = z.strictObject({
  id: PolicyId,
  effect: z.enum(['permit', 'deny']),
  target: z.strictObject({ actions: z.array(z.enum(ACTIONS)).min(1), resourceTypes: z.array(z.enum(RESOURCE_TYPES)).min(1) }),
  when: z.unknown(),
  obligations: z.array(WrittenObligation).min(1).optional(),
  note: z.string().min(1).max(NOTE_MAX_CHARACTERS),
});

/** The shape of a bundle as it is written and shipped; rules are read one by one afterwards. */
export const WrittenBundle = z.strictObject({
  /** Grows with every bundle of an organisation; an older one is refused by whoever keeps the current one. */
  version: z.int().min(1),
  /** Epoch milliseconds. */
  issuedAt: z.int().min(0),
  policies: z.array(WrittenPolicy).min(1).max(POLICIES_MAX),
});
export type WrittenBundle = z.input<typeof WrittenBundle>;

export type Policy = {
  readonly id: string;
  readonly effect: 'permit' | 'deny';
  readonly actions: readonly Action[];
  readonly resourceTypes: readonly ResourceType[];
  readonly when: Rule;
  readonly obligations: readonly LoadedObligation[];
  readonly note: string;
};

declare const loaded: unique symbol;
export type Bundle = {
  readonly [loaded]: true;
  readonly version: number;
  readonly issuedAt: number;
  readonly policies: readonly Policy[];
  /** The policies that have this action and resource type in their target, in the bundle's order. */
  applicable(action: Action, type: ResourceType): readonly Policy[];
};

export type BundleFault = 'BUNDLE_TOO_LARGE' | 'BUNDLE_MALFORMED' | 'RULE_REFUSED';

/**
 * @returns the bundle frozen and independent of `input`, or the first fault with `path` (such as
 * `policies[3].when.and[1]`) and `problem`.
 */
export function loadBundle(input: unknown): Result<Bundle, BundleFault> {
  const excess = boundsFault(input);
  if (excess !== null) return refuse(excess === 'not-plain' ? 'BUNDLE_MALFORMED' : 'BUNDLE_TOO_LARGE', { path: '', problem: excess });
  const written = WrittenBundle.safeParse(input);
  if (!written.success) return malformed(written.error.issues[0]);
  const { version, issuedAt } = written.data;
  const policies: Policy[] = [];
  const ids = new Set<string>();
  for (const [index, each] of written.data.policies.entries()) {
    const path = `policies[${index}]`;
    if (ids.has(each.id)) return refuse('BUNDLE_MALFORMED', { path: `${path}.id`, problem: 'repeated-id' });
    ids.add(each.id);
    if (each.effect === 'deny' && each.obligations !== undefined) return refuse('BUNDLE_MALFORMED', { path: `${path}.obligations`, problem: 'obligation-on-deny' });
    const rule = readRule(each.when, each.effect, `${path}.when`);
    if (!rule.ok) return rule;
    policies.push(policyOf(each, rule.value));
  }
  return ok(bundleOf(version, issuedAt, Object.freeze(policies)));
}

function policyOf(written: z.output<typeof WrittenPolicy>, when: Rule): Policy {
  return Object.freeze({
    id: written.id,
    effect: written.effect,
    actions: Object.freeze([...written.target.actions]),
    resourceTypes: Object.freeze([...written.target.resourceTypes]),
    when,
    obligations: Object.freeze(written.obligations ?? []),
    note: written.note,
  });
}

function bundleOf(version: number, issuedAt: number, policies: readonly Policy[]): Bundle {
  const byTarget = new Map<string, readonly Policy[]>();
  for (const action of ACTIONS) {
    for (const type of RESOURCE_TYPES) {
      const found = policies.filter((policy) => policy.actions.includes(action) && policy.resourceTypes.includes(type));
      byTarget.set(`${action} ${type}`, Object.freeze(found));
    }
  }
  const applicable = (action: Action, type: ResourceType): readonly Policy[] => byTarget.get(`${action} ${type}`) ?? [];
  return Object.freeze({ version, issuedAt, policies, applicable }) as Bundle;
}

function malformed(issue: z.core.$ZodIssue | undefined): Result<never, BundleFault> {
  const path = (issue?.path ?? []).map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 40)}`)).join('');
  return refuse('BUNDLE_MALFORMED', { path: path.replace(/^\./, ''), problem: issue?.code ?? 'invalid' });
}

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Measures before anything walks it, and stops at the first limit passed; a cycle ends at the depth limit. */
function boundsFault(input: unknown): 'too-many-nodes' | 'too-deep' | 'too-much-text' | 'not-plain' | null {
  let nodes = 0;
  let text = 0;
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value: input, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { value, depth } = top;
    nodes += 1;
    if (typeof value === 'string') text += value.length;
    else if (typeof value === 'object' && value !== null) {
      if (depth >= BUNDLE_MAX_DEPTH) return 'too-deep';
      if (!isPlain(value)) return 'not-plain';
      // Asked before the keys are listed: a list of a hundred million holes must cost nothing.
      if (Array.isArray(value) && value.length > BUNDLE_MAX_NODES) return 'too-many-nodes';
      for (const key of Object.keys(value)) {
        if (FORBIDDEN_KEYS.has(key)) return 'not-plain';
        text += key.length;
        stack.push({ value: (value as Record<string, unknown>)[key], depth: depth + 1 });
      }
    } else if (value !== null && typeof value !== 'number' && typeof value !== 'boolean') return 'not-plain';
    if (nodes + stack.length > BUNDLE_MAX_NODES) return 'too-many-nodes';
    if (text > BUNDLE_MAX_TEXT_CHARACTERS) return 'too-much-text';
  }
  return null;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
