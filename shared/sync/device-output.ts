import type { RecordId } from '../base/ids.ts';
import type { Fault } from '../base/result.ts';
import type { Lane } from '../ledger/lanes.ts';
import type { CarriedHeader } from './attestation.ts';
import type { LocalFault, ReceiveFault, Received, SegmentFault } from './device-store.ts';
import type { BatchHeader, SignedReceipt } from './envelope.ts';
import type { Message, RefusalCode, RejectionCode } from './message.ts';

/** What the device's half of a conversation asks of whoever runs it. */

export type DeviceFault = 'OFFLINE' | 'NOT_AUTHENTICATED' | 'SERVER_REFUSED' | 'SERVER_BUSY' | 'PROTOCOL_ERROR' | LocalFault;

export type DeviceOutput =
  | { readonly do: 'send'; readonly message: Message; readonly lane: Lane }
  /** Seal, sign and send. */
  | { readonly do: 'push'; readonly runs: readonly BatchHeader[]; readonly packed: Uint8Array; readonly lane: Lane; /** As a batch by itself, of which the hub need know nothing. */ readonly inFull: boolean }
  /** Entries of another device: seal, sign and send in the last lane. */
  | { readonly do: 'carry'; readonly header: CarriedHeader; readonly packed: Uint8Array }
  /** A patient who left this device's scope has been removed. */
  | { readonly do: 'evicted'; readonly patient: RecordId }
  /** The hub answered, authenticated: only now is the line up. */
  | { readonly do: 'greeted' }
  | { readonly do: 'acknowledged'; readonly receipt: SignedReceipt; readonly entries: number }
  | { readonly do: 'received'; readonly received: Received }
  /**
   * Something of ours was not taken, or something of others could not be; kept, and to be shown. ROLLED_BACK: the hub
   * holds entries of this device that it lacks itself, as after a restored backup.
   */
  | { readonly do: 'refused'; readonly what: string; readonly code: RejectionCode | ReceiveFault | SegmentFault | 'ROLLED_BACK'; /** It is being read back already: told, and in nobody's way. */ readonly healing?: true }
  | { readonly do: 'renewed'; readonly certificate: string }
  /** The hub will talk of nothing but a new certificate. */
  | { readonly do: 'renew' }
  | { readonly do: 'close'; readonly fault: Fault<DeviceFault> };

/** One moment by both clocks of the machine: the wall for samples, the steady one for waiting. Milliseconds. */
export type Instant = { readonly wall: number; readonly steady: number };

/** What a refusal of the hub means to the people at the workstation. */
export const REFUSAL_FAULTS: Record<RefusalCode, DeviceFault> = {
  NOT_AUTHENTICATED: 'NOT_AUTHENTICATED', CERTIFICATE_EXPIRED: 'NOT_AUTHENTICATED', DEVICE_REVOKED: 'SERVER_REFUSED', DEVICE_UNKNOWN: 'NOT_AUTHENTICATED',
  OTHER_ORGANIZATION: 'SERVER_REFUSED', VERSION: 'SERVER_REFUSED', PROTOCOL_ERROR: 'PROTOCOL_ERROR', BUSY: 'SERVER_BUSY', ENROLMENT_REFUSED: 'SERVER_REFUSED', RESTORED: 'OFFLINE',
};
