import { ok } from '../../shared/base/result.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import type { Conversation } from './conversation.ts';
import type { SyncLight } from './sync-light.ts';
import { readState, writeState } from './sync-state.ts';
import type { SyncWorld } from './syncing.ts';

/** What the vault and its trail keep of what happens in a conversation. */
export function createEventNotes({ ledger, clock, log, systemGrant }: SyncWorld, light: SyncLight): (event: DeviceEvent, conversation: Conversation | null) => void {
  const keepCertificate = (certificate: string): void => {
    const current = readState(ledger.read, 'sync.membership');
    if (current === null) return;
    const kept = ledger.keep<null, never>((write) => {
      writeState(write, 'sync.membership', { ...current, certificate });
      return ok(null);
    });
    if (!kept.ok) log.warn('sync.refused', { fault: kept.fault.code });
  };

  const compareClocks = (conversation: Conversation | null): void => {
    const offset = conversation?.view()?.clockOffsetMs ?? null;
    if (offset === null) return;
    light.clock(offset, conversation?.view()?.clockBoundMs ?? null);
    ledger.raiseFloor(clock.now() + offset);
  };

  return (event, conversation) => {
    light.event(event);
    if (event.do === 'renewed') keepCertificate(event.certificate);
    if (event.do === 'received' && event.received.parked > 0) log.warn('sync.parked', { count: event.received.parked });
    if (event.do === 'refused') {
      log.warn('sync.refused', { fault: 'QUARANTINED' });
      if (light.refused(event.what, event.code)) ledger.append(systemGrant(), [{ kind: 'sync.refused', body: { code: event.code, what: event.what } }]);
    }
    if (event.do === 'greeted') compareClocks(conversation);
  };
}
