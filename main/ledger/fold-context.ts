import type { Header } from '../../shared/ledger/entry.ts';
import type { JsonObject } from '../../shared/records/json.ts';
import type { WriteHandle } from '../store/store.ts';

/** An entry on its way into the projection. */
export type Folding = {
  readonly write: WriteHandle;
  readonly position: number;
  readonly header: Header;
  /** Null where the kind has none or where it was erased. */
  readonly body: Uint8Array | null;
  /** The body as JSON, where somebody has parsed it already. */
  readonly parsed?: JsonObject;
  /** `ref` of the segment and whether it is this device's. */
  readonly segment: { readonly ref: number; readonly own: boolean };
};

/** `parked`: kept whole, not understood here; the reason is a code. */
export type FoldOutcome = { readonly folded: true } | { readonly folded: false; readonly reason: 'newer-version' | 'unknown-kind' | 'unreadable-body' };
export const FOLDED: FoldOutcome = { folded: true };
