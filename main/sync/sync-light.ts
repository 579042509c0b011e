import type { Clock } from '../../shared/base/world.ts';
import type { LightView } from '../../shared/ipc/rows-system.ts';
import type { DeviceCoreView } from '../../shared/sync/device-core.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import type { Ending } from './conversation.ts';
import { NO_CONTACT, type Contact, type Membership } from './sync-state.ts';

type Bytes = { readonly sent: number; readonly received: number };

/** What this machine durably holds, as far as the light shows it: the vault, or a simulated disk. */
export type LightSource = {
  /** Own entries without a receipt, and when the oldest of them was written (epoch milliseconds). */
  unsent(): { readonly count: number; readonly oldestAt: number | null };
  /** Entries that central acknowledged and no longer has, as long as it is not known which. */
  missing(): number;
  /** Entries kept whole that this version does not understand. */
  parked(): number;
  conflicts(): number;
  contact(): Contact | null;
  /** Entries of a seed that have come, where one has not come whole. */
  seeded(): number | null;
  keepContact(contact: Contact): void;
};

/** What has happened on the line, and what may be said of it. */
export type SyncLight = {
  event(event: DeviceEvent): void;
  clock(offsetMs: number, boundMs: number | null): void;
  connecting(): void;
  ended(ending: Ending, bytes: Bytes): void;
  /** True where this refusal has not been noted since the vault was opened. */
  refused(what: string, code: string): boolean;
  /** Something of ours or of others is refused for good in this conversation. */
  blocked(): boolean;
  endings(): number;
  /** The latest ending after the first `count`; null where there is none. */
  endingSince(count: number): Ending | null;
  totals(running: Bytes | null): { readonly sent: number; readonly received: number; readonly bytesSent: number; readonly bytesReceived: number };
  view(membership: Membership | null, core: DeviceCoreView | null, running: Bytes | null): LightView;
  /** What is remembered of the latest contact. */
  contact(): Contact;
  /** Keeps the last contact in the vault. */
  persist(): void;
};

const REFUSALS_SHOWN = 20;
const REFUSED_LINES: ReadonlySet<string> = new Set(['NOT_AUTHENTICATED', 'SERVER_UNTRUSTED', 'SERVER_REFUSED', 'PROTOCOL_ERROR']);

export function createSyncLight(source: LightSource, clock: Clock): SyncLight {
  let contact = source.contact() ?? NO_CONTACT;
  let line: 'untried' | 'offline' | 'connecting' | 'online' | 'refused' | 'busy' = 'untried';
  let lineFault: string | null = null;
  let blocked = false;
  let acknowledgedNow = 0;
  let entries = { sent: 0, received: 0 };
  let start: { readonly unsent: number; readonly pulled: number } | null = null;
  const endings: Ending[] = [];
  const refusals: { readonly at: number; readonly what: string; readonly code: string }[] = [];

  /** From the conversation, or where none stands from what the last one left behind. */
  const loadingOf = (core: DeviceCoreView | null): LightView['loading'] => {
    if (core?.phase === 'open') return core.seeding === null ? null : { done: core.seeding.passed, total: core.seeding.total };
    const seeded = source.seeded();
    return seeded === null ? null : { done: seeded, total: null };
  };

  const totals = (running: Bytes | null): ReturnType<SyncLight['totals']> => ({ ...entries, bytesSent: contact.bytesSent + (running?.sent ?? 0), bytesReceived: contact.bytesReceived + (running?.received ?? 0) });

  return {
    event(event) {
      const at = clock.now();
      if (event.do === 'greeted') {
        line = 'online';
        lineFault = null;
        contact = { ...contact, lastContactAt: at };
      } else if (event.do === 'acknowledged') {
        entries = { ...entries, sent: entries.sent + event.entries };
        acknowledgedNow += event.entries;
        contact = { ...contact, lastContactAt: at, lastAcknowledgedAt: at, acknowledged: { entries: acknowledgedNow, through: event.receipt.lsn } };
      } else if (event.do === 'received') {
        entries = { ...entries, received: entries.received + event.received.applied };
        contact = { ...contact, lastContactAt: at };
      } else if (event.do === 'refused' && event.healing !== true) {
        blocked = true;
        lineFault = 'QUARANTINED';
      }
    },
    clock(offsetMs, boundMs) {
      contact = { ...contact, clockOffsetMs: offsetMs, clockBoundMs: boundMs };
    },
    connecting() {
      line = 'connecting';
      blocked = false;
      acknowledgedNow = 0;
      start = null;
    },
    ended(ending, bytes) {
      endings.push(ending);
      contact = { ...contact, bytesSent: contact.bytesSent + bytes.sent, bytesReceived: contact.bytesReceived + bytes.received };
      line = REFUSED_LINES.has(ending.code) ? 'refused' : ending.code === 'SERVER_BUSY' ? 'busy' : 'offline';
      lineFault = ending.code === 'STOPPED' || ending.code === 'RENEWED' ? null : ending.code;
      start = null;
    },
    refused(what, code) {
      const known = refusals.some((other) => other.what === what && other.code === code);
      if (known) return false;
      refusals.unshift({ at: clock.now(), what, code });
      refusals.length = Math.min(refusals.length, REFUSALS_SHOWN);
      return true;
    },
    blocked: () => blocked,
    endings: () => endings.length,
    endingSince: (seen) => (endings.length > seen ? (endings.at(-1) ?? null) : null),
    totals,
    view(membership, core, running) {
      const { count: unsent, oldestAt } = source.unsent();
      if (core?.phase === 'open' && start === null) start = { unsent, pulled: core.pulled };
      const busy = core !== null && !core.settled;
      const { bytesSent, bytesReceived } = totals(running);
      return {
        enrolled: membership !== null,
        organization: membership?.organizationName ?? null,
        address: membership === null ? null : `${membership.host}:${membership.port}`,
        line: membership === null ? 'not-enrolled' : line,
        lineFault,
        running: membership !== null && (line === 'connecting' || busy),
        unsent,
        oldestUnsentAt: oldestAt,
        allSent: membership !== null && unsent === 0 && source.missing() === 0,
        lastAcknowledgedAt: contact.lastAcknowledgedAt,
        lastContactAt: contact.lastContactAt,
        clockOffsetMs: core?.clockOffsetMs ?? contact.clockOffsetMs,
        parked: source.parked(),
        refused: [...refusals],
        conflicts: source.conflicts(),
        bytesSent,
        bytesReceived,
        loading: loadingOf(core),
        progress: busy && start !== null ? { done: Math.max(0, start.unsent - unsent) + core.pulled - start.pulled, total: Math.max(start.unsent, unsent) + core.latest - start.pulled } : null,
      };
    },
    contact: () => contact,
    persist() {
      source.keepContact(contact);
    },
  };
}
