import { z } from 'zod';

/** What a permit asks for besides, XACML's obligations. Whoever enforces a decision fulfils all of them or refuses. */

const FIELDS_MAX = 64;
const Name = z.string().regex(/^[a-zA-Z][a-zA-Z0-9.-]{0,63}$/);

/** A sign-in level, and a one-time code no older than `maxAgeS` seconds. The decision point checks it itself. */
export const StepUp = z.strictObject({ type: z.literal('stepUp'), level: z.int().min(1).max(3), maxAgeS: z.int().min(1).max(86_400) });
export type StepUp = z.infer<typeof StepUp>;
/** The user states a reason of at least so many characters, kept in the ledger with the act. */
const Reason = z.strictObject({ type: z.literal('reason'), minCharacters: z.int().min(1).max(1000) });
/** These fields are absent from the answer, not hidden by the window. */
const Mask = z.strictObject({ type: z.literal('mask'), fields: z.array(Name).min(1).max(FIELDS_MAX).readonly() });
/** The act is queued for review by the holder of this office. */
const Notify = z.strictObject({ type: z.literal('notify'), office: z.enum(['privacy-officer', 'administrator']) });

const Known = z.discriminatedUnion('type', [StepUp, Reason, Mask, Notify]);
type Known = z.infer<typeof Known>;
const KNOWN_TYPES: ReadonlySet<string> = new Set(['stepUp', 'reason', 'mask', 'notify']);

/** What remains for the enforcing side after a permit; step-up is already settled then. */
export type Obligation = Exclude<Known, StepUp>;
/** An obligation of a newer version. It cannot be fulfilled, so what carries it is denied. */
export type UnknownObligation = { readonly type: string; readonly unknown: true };
export type LoadedObligation = Known | UnknownObligation;

const Unknown = z.looseObject({ type: Name }).transform(({ type }): UnknownObligation => ({ type, unknown: true }));
const Typed = z.looseObject({ type: Name });

/** An obligation as written: of a known type and then well formed, or of a type that this version does not know. */
export const WrittenObligation = Typed.transform((written, context): LoadedObligation => {
  const read = (KNOWN_TYPES.has(written.type) ? Known : Unknown).safeParse(written);
  if (read.success) return Object.freeze(read.data);
  for (const { path, message } of read.error.issues) context.issues.push({ code: 'custom', path, message, input: written });
  return z.NEVER;
});

export function isUnknown(obligation: LoadedObligation): obligation is UnknownObligation {
  return !KNOWN_TYPES.has(obligation.type);
}

/** Joins the obligations of all permits that apply: the longest reason, every masked field, every office told, once each. */
export function joinObligations(obligations: readonly LoadedObligation[]): readonly Obligation[] {
  const fields = new Set<string>();
  const offices = new Map<string, Obligation>();
  let reason: Obligation | undefined;
  for (const each of obligations) {
    if (isUnknown(each) || each.type === 'stepUp') continue;
    if (each.type === 'mask') for (const field of each.fields) fields.add(field);
    else if (each.type === 'notify') offices.set(each.office, each);
    else if (reason === undefined || (reason.type === 'reason' && each.minCharacters > reason.minCharacters)) reason = each;
  }
  return [...(reason === undefined ? [] : [reason]), ...(fields.size === 0 ? [] : [{ type: 'mask' as const, fields: [...fields].sort() }]), ...offices.values()];
}

/** The strictest of all step-ups asked for: the highest level and the freshest code. */
export function joinStepUps(obligations: readonly LoadedObligation[]): StepUp | undefined {
  let joined: StepUp | undefined;
  for (const each of obligations) {
    if (isUnknown(each) || each.type !== 'stepUp') continue;
    joined = joined === undefined ? each : { type: 'stepUp', level: Math.max(joined.level, each.level), maxAgeS: Math.min(joined.maxAgeS, each.maxAgeS) };
  }
  return joined;
}
