import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { Settling } from './settling.ts';
import type { SyncLight } from './sync-light.ts';
import type { SyncFault } from './syncing.ts';

export type AskedSync = {
  readonly ledger: Ledger;
  readonly light: SyncLight;
  readonly settling: Settling;
  /** Of the conversation under way. */
  readonly bytes: () => { readonly sent: number; readonly received: number } | null;
  readonly closed: () => boolean;
};

/** A sync that somebody asked for: until nothing is left to send or read, and told in the trail. Gives the number of entries sent. */
export async function syncAsked({ ledger, light, settling, bytes, closed }: AskedSync, grant: Grant, reached: () => void): Promise<Result<{ readonly sent: number }, SyncFault>> {
  const before = light.totals(bytes());
  const outcome = await settling.settle(grant).finally(reached);
  if (closed()) return refuse('LOCKED');
  const after = light.totals(bytes());
  const difference = { sent: after.sent - before.sent, received: after.received - before.received, bytesSent: after.bytesSent - before.bytesSent, bytesReceived: after.bytesReceived - before.bytesReceived };
  const written = ledger.append(grant, [outcome.ok ? { kind: 'sync.done', body: difference } : { kind: 'sync.refused', body: { code: outcome.fault.code, what: 'sync' } }]);
  if (!outcome.ok) return outcome;
  if (!written.ok) return refuse(written.fault.code === 'DISK_FULL' || written.fault.code === 'READ_ONLY' ? written.fault.code : 'INTERNAL', written.fault.detail);
  // What was just written about this sync goes out with it, so that "all sent" is true when it is said.
  const sentToo = await settling.settle(grant);
  if (closed()) return refuse('LOCKED');
  return sentToo.ok ? ok({ sent: difference.sent }) : sentToo;
}
