import type { Purpose } from '../../shared/access/vocabulary.ts';
import type { EntryId, RecordId } from '../../shared/base/ids.ts';

declare const granted: unique symbol;

/**
 * Permission for one call, minted by the decision point alone. Branded for the compiler and checked again at run
 * time, so a cast buys nothing.
 */
export type Grant = {
  readonly [granted]: true;
  /** Version of the policies and the rule, as it goes into every entry's header. */
  readonly decision: string;
  readonly purpose: Purpose;
  /** The `session.open` entry of whoever is at the keyboard; null for the system itself. */
  readonly session: EntryId | null;
  /** The chart the permission is for; null where it is for none in particular. */
  readonly patient: RecordId | null;
};

const minted = new WeakSet<object>();

/** Only main/access calls this; the import law checks it. */
export function mintGrant(terms: { readonly decision: string; readonly purpose: Purpose; readonly session: EntryId | null; readonly patient: RecordId | null }): Grant {
  const grant = Object.freeze({ ...terms }) as Grant;
  minted.add(grant);
  return grant;
}

export function assertMinted(grant: Grant): void {
  if (!minted.has(grant)) throw new Error('broken assumption: this grant was not minted by the decision point');
}
