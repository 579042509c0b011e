import { fromUtf8 } from '../../shared/base/bytes.ts';

/**
 * A body as JSON; undefined where it is none. The trail holds entries of other devices as they came, and one that does
 * not read must hide no other.
 */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body));
  } catch {
    return undefined;
  }
}
