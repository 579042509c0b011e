import { requestFault, type AccessRequest } from './attributes.ts';
import { evaluate } from './evaluate.ts';
import { isUnknown, joinObligations, joinStepUps, type LoadedObligation, type Obligation, type StepUp } from './obligations.ts';
import { DEFAULT_RULE, REQUEST_RULE, type Bundle, type Policy } from './policy.ts';

/** Permitted: by which rules, on which conditions. Whoever enforces it fulfils every obligation or refuses. */
export type Permit = {
  readonly effect: 'permit';
  /** Bundle version and first permitting rule, such as `1/clinicians-read-charts`; goes into the ledger's header. */
  readonly decisionId: string;
  readonly rules: readonly string[];
  readonly obligations: readonly Obligation[];
};

/**
 * Refused: by which rule and why. `default`: no rule permits. `deny-rule`: a rule forbids. `error`: the request or a
 * rule could not be evaluated, or a permit carries an obligation unknown here. `step-up`: `stepUp` would be enough.
 */
export type Denial = { readonly effect: 'deny'; readonly decisionId: string; readonly rule: string } & (
  | { readonly because: 'default' | 'deny-rule' | 'error' }
  | { readonly because: 'step-up'; readonly stepUp: StepUp }
);

export type Decision = Permit | Denial;

/**
 * The decision point (XACML's PDP): a pure function of bundle and request. Deny overrides, nothing is permitted by
 * default, and any error denies, whether in a permit or in a deny.
 */
export function decide(bundle: Bundle, request: AccessRequest): Decision {
  if (requestFault(request) !== null) return deny(bundle, REQUEST_RULE, 'error');
  const permits: Policy[] = [];
  let forbidding: Policy | undefined;
  for (const policy of bundle.applicable(request.action.name, request.resource.type)) {
    const verdict = evaluate(policy.when, request);
    if (verdict === 'error') return deny(bundle, policy.id, 'error');
    if (verdict === 'false') continue;
    if (policy.effect === 'permit') permits.push(policy);
    else forbidding ??= policy;
  }
  if (forbidding !== undefined) return deny(bundle, forbidding.id, 'deny-rule');
  return permit(bundle, request, permits);
}

function permit(bundle: Bundle, request: AccessRequest, permits: readonly Policy[]): Decision {
  const [first] = permits;
  if (first === undefined) return deny(bundle, DEFAULT_RULE, 'default');
  const notUnderstood = permits.find(({ obligations }) => obligations.some(isUnknown));
  if (notUnderstood !== undefined) return deny(bundle, notUnderstood.id, 'error');
  const all: readonly LoadedObligation[] = permits.flatMap(({ obligations }) => obligations);
  const stepUp = joinStepUps(all);
  if (stepUp !== undefined && !steppedUp(stepUp, request.subject)) {
    const asking = permits.find(({ obligations }) => obligations.some(({ type }) => type === 'stepUp')) ?? first;
    return { effect: 'deny', decisionId: decisionId(bundle, asking.id), rule: asking.id, because: 'step-up', stepUp };
  }
  return { effect: 'permit', decisionId: decisionId(bundle, first.id), rules: permits.map(({ id }) => id), obligations: joinObligations(all) };
}

/** A code of unknown age is no fresh code, and one from the future is none either. */
function steppedUp({ level, maxAgeS }: StepUp, { level: has, codeAgeS }: AccessRequest['subject']): boolean {
  return has >= level && codeAgeS !== undefined && codeAgeS >= 0 && codeAgeS <= maxAgeS;
}

function deny(bundle: Bundle, rule: string, because: 'default' | 'deny-rule' | 'error'): Denial {
  return { effect: 'deny', decisionId: decisionId(bundle, rule), rule, because };
}

function decisionId(bundle: Bundle, rule: string): string {
  return `${bundle.version}/${rule}`;
}
