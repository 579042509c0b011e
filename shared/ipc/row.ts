import type { z } from 'zod';
import type { Action, ResourceType } from '../access/vocabulary.ts';
import type { EntryKind } from '../ledger/kinds.ts';
import type { FaultCode } from './faults.ts';

/**
 * `setup`: no vault yet. `locked`: nobody signed in. `unlocked`: someone is. `held`: integrity hold, reads only. `lapsed`:
 * no word from the organisation for too long, reads and emergencies only. `closed`: the organisation closed this
 * workstation, and there is nothing to do but to reach it.
 */
export type SessionState = 'setup' | 'locked' | 'unlocked' | 'held' | 'lapsed' | 'closed';

/** How the decision point learns whose chart a call touches: a field of the input that names a patient or a record. */
export type Subject =
  | { readonly by: 'none' }
  | { readonly by: 'patient'; readonly field: string }
  | { readonly by: 'record'; readonly field: string };

/** The trace a call leaves. Reads leave theirs before the data is returned; a write is its own trace. */
export type AuditRule =
  | { readonly trace: 'before-data'; readonly kind: EntryKind }
  | { readonly trace: 'is-the-write'; readonly kinds: readonly [EntryKind, ...EntryKind[]] }
  | { readonly trace: 'none'; readonly because: string };

/**
 * One capability of the engine. Every property is required, so a row that forgets its schema, faults, states,
 * access or trace does not compile.
 */
export type Row<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType, Faults extends FaultCode = FaultCode> = {
  readonly type: 'query' | 'command';
  readonly input: Input;
  readonly output: Output;
  readonly faults: readonly Faults[];
  readonly states: readonly [SessionState, ...SessionState[]];
  readonly access: {
    readonly action: Action;
    readonly resource: ResourceType;
    readonly subject: Subject;
    /** Another action where the record named is of this FHIR type: changing a prescription is prescribing. */
    readonly byType?: Readonly<Record<string, Action>>;
  };
  readonly audit: AuditRule;
};

export function row<Input extends z.ZodType, Output extends z.ZodType, const Faults extends FaultCode>(
  definition: Row<Input, Output, Faults>,
): Row<Input, Output, Faults> {
  return definition;
}
