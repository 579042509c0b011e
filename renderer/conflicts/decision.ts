import type { CallInput } from '../../shared/ipc/contract.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import type { Conflict } from './conflicts.data.ts';
import { canBeTyped, otherValue, unitedValue } from './other-value.ts';

/** One way to decide, with the key that chooses it. */
export type Option =
  | { readonly kind: 'value'; readonly id: string; readonly key: string; readonly index: number; readonly json: string | null }
  | { readonly kind: 'together' | 'none'; readonly id: string; readonly key: string; readonly label: string; readonly json: string | null }
  | { readonly kind: 'other'; readonly id: string; readonly key: string; readonly label: string }
  | { readonly kind: 'settle'; readonly id: string; readonly key: string; readonly label: string; readonly index: number | null; readonly choice: Choice };
type Choice = CallInput<'conflicts.settle'>['choice'];

/** Everything that can be said about this conflict: its values by their numbers, then what is none of them. */
export function optionsOf(conflict: Conflict): readonly Option[] {
  const { kind, values, field } = conflict;
  if (kind === 'none-known') return values.map(({ used, text }, index): Option => ({ kind: 'settle', id: `value-${index}`, key: String(index + 1), label: text, index, choice: used ? 'allergy-stands' : 'none-known' }));
  if (kind === 'amended') return [settling('seen', '1')];
  if (kind === 'double-booked') return [settling('cancel-one', '1'), settling('cancel-other', '2'), settling('meant-so', '3')];
  if (kind === 'same-person') return [settling('same-person', '1'), settling('other-person', '2')];
  const jsons = values.map(({ json }) => json);
  const united = unitedValue(field, jsons);
  return [
    ...jsons.map((json, index): Option => ({ kind: 'value', id: `value-${index}`, key: String(index + 1), index, json })),
    ...(united === null ? [] : [{ kind: 'together', id: 'together', key: 'B', label: words.together, json: united } as const]),
    ...(canBeTyped(field, sampleOf(conflict)) ? [{ kind: 'other', id: 'other', key: 'O', label: words.other } as const] : []),
    // Where somebody took it out already, that is one of the values.
    ...(jsons.includes(null) ? [] : [{ kind: 'none', id: 'none', key: 'X', label: words.remove, json: null } as const]),
  ];
}

function settling(choice: Exclude<Choice, 'allergy-stands' | 'none-known'>, key: string): Option {
  return { kind: 'settle', id: choice, key, label: words.settle[choice], index: null, choice };
}

/** The shape that a typed value takes. */
export function sampleOf({ values }: Conflict): string | null {
  return values.find(({ json }) => json !== null)?.json ?? null;
}

/** The call that an option makes; null where what was typed does not fit. `seen`: what was on the screen, or the decision that is taken back. */
export type Decision =
  | { readonly call: 'conflicts.resolve'; readonly input: CallInput<'conflicts.resolve'> }
  | { readonly call: 'conflicts.settle'; readonly input: CallInput<'conflicts.settle'> };

export function decisionOf(conflict: Conflict, option: Option, typed: string, reason: string, seen: readonly string[]): Decision | null {
  const common = { record: conflict.record, field: conflict.field, seen: [...seen], reason: reason.trim() };
  if (option.kind === 'settle') return { call: 'conflicts.settle', input: { ...common, choice: option.choice } };
  if (option.kind !== 'other') return { call: 'conflicts.resolve', input: { ...common, value: option.json } };
  const value = otherValue(conflict.field, sampleOf(conflict), typed);
  return value === null ? null : { call: 'conflicts.resolve', input: { ...common, value } };
}

/** Every entry that was on the screen: nothing is settled unseen. */
export function seenIn({ values }: Conflict): readonly string[] {
  return values.flatMap(({ by }) => by.map(({ entry }) => entry));
}

/** Where a person must decide, the record keeps why. */
export function needsReason({ severity, kind }: Conflict): boolean {
  return severity === 'safety' || kind === 'same-person';
}
