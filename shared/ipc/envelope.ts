import { z } from 'zod';
import { FAULT_CODES } from './faults.ts';

export type { Port } from './port.ts';

/**
 * The wire between a window and the engine: a request and its one reply, and events that answer nothing. Every host
 * (Electron, Chromium, a test) carries these same plain values; what a call means is the contract's affair.
 */

/** Longest name of a call or event, UTF-16 code units. */
export const CALL_NAME_MAX_LENGTH = 64;
/** Size of one input: UTF-16 code units of its keys and strings, bytes of its byte arrays, 8 for every other leaf. */
export const CALL_INPUT_MAX_SIZE = 4 * 1024 * 1024;
/** Objects within objects. The deepest FHIR resource of the import corpus has 14 levels. */
export const CALL_INPUT_MAX_DEPTH = 48;
/** Keys and items in one input together. */
export const CALL_INPUT_MAX_NODES = 100_000;
/** Where a call came from, as the host saw it, never as the page says. `origin` is that of the calling document. */
export const SenderFacts = z.strictObject({ frame: z.enum(['main', 'sub']), origin: z.string().max(256) });
export type SenderFacts = z.infer<typeof SenderFacts>;

const Name = z.string().max(CALL_NAME_MAX_LENGTH);
const CallId = z.int().min(0);

export const Request = z.strictObject({ id: CallId, name: Name, input: z.unknown() });
export type Request = z.infer<typeof Request>;

const FaultDetail = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export const WireFault = z.strictObject({ code: z.enum(FAULT_CODES), detail: FaultDetail.optional() });

export const Reply = z.discriminatedUnion('ok', [
  z.strictObject({ id: CallId, ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ id: CallId, ok: z.literal(false), fault: WireFault }),
]);
export type Reply = z.infer<typeof Reply>;

export const EventMessage = z.strictObject({ event: Name, data: z.unknown() });
export type EventMessage = z.infer<typeof EventMessage>;

/** Told to a window when its engine is gone: everything unanswered stays so. */
export const EngineStopped = z.strictObject({ stopped: z.literal(true) });

export type SizeFault = 'TOO_LARGE' | 'TOO_DEEP' | 'TOO_MANY_NODES' | 'NOT_PLAIN';

/**
 * Measures a received value before any schema walks it, and stops at the first limit passed. Structured cloning lets
 * through cycles (they end at the depth limit), maps, dates and more; plain is what JSON can say, and Uint8Array.
 * @returns the first limit passed, or null where the value fits.
 */
export function sizeFault(value: unknown): SizeFault | null {
  let size = 0;
  let nodes = 0;
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const leaf = top.value;
    if (typeof leaf === 'string') size += leaf.length;
    else if (typeof leaf !== 'object' || leaf === null) {
      if (typeof leaf === 'bigint' || typeof leaf === 'symbol' || typeof leaf === 'function') return 'NOT_PLAIN';
      size += 8;
    } else if (leaf instanceof Uint8Array) size += leaf.byteLength;
    else {
      if (top.depth >= CALL_INPUT_MAX_DEPTH) return 'TOO_DEEP';
      if (!isPlain(leaf)) return 'NOT_PLAIN';
      // Counted before the entries are listed: an array of a hundred million holes must cost nothing.
      if (Array.isArray(leaf) && leaf.length > CALL_INPUT_MAX_NODES) return 'TOO_MANY_NODES';
      const keys = Object.keys(leaf);
      nodes += keys.length;
      if (nodes > CALL_INPUT_MAX_NODES) return 'TOO_MANY_NODES';
      for (const key of keys) {
        size += key.length;
        stack.push({ value: (leaf as Record<string, unknown>)[key], depth: top.depth + 1 });
      }
    }
    if (size > CALL_INPUT_MAX_SIZE) return 'TOO_LARGE';
  }
  return null;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
