import type { Neighbours } from './neighbours.ts';
import { refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import type { Taken } from '../../shared/orders/messages.ts';
import type { Audit } from '../audit/audit.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { Log } from '../log/log.ts';
import type { Consequence, Orders } from '../orders/orders.ts';
import type { Store, StoreFault } from '../store/store.ts';
import type { VaultKeys } from '../vault/vault.ts';
import type { Ending } from './conversation.ts';
import type { EnrolFault } from './enrol.ts';
import type { Network } from './network.ts';
import type { Provisioned, ProvisionFault } from './provision.ts';
import type { SnapshotTaking } from './snapshot-taking.ts';

/** What sync needs of the engine, and what it offers: the types of the door. */
export type SyncView = CallOutput<'sync.status'>;
export type SyncFault = 'NOT_ENROLLED' | 'BUSY' | 'OFFLINE' | 'NOT_AUTHENTICATED' | 'SERVER_UNTRUSTED' | 'SERVER_REFUSED' | 'SERVER_BUSY' | 'PROTOCOL_ERROR' | 'QUARANTINED' | 'CANCELLED' | 'HELD' | 'LOCKED' | 'DISK_FULL' | 'READ_ONLY' | 'INTERNAL';

export type SyncWorld = {
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly store: Store;
  readonly keys: VaultKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Log;
  /** For what sync writes of itself, with nobody asking. */
  readonly systemGrant: () => Grant;
  /** The view may have changed. */
  readonly onChange: () => void;
  /** The organisation's orders; left out where none are followed. */
  readonly orders?: Orders;
  /** What an order asks of the session, once central has been told of it. */
  readonly carryOut?: (consequence: Consequence) => void;
};

export interface Syncing {
  view(): SyncView;
  /** Sends and reads until nothing is left, or says what is in the way. */
  now(grant: Grant): Promise<Result<SyncView, SyncFault>>;
  /** Ends the conversation under way and rests before the next; whoever waits for `now` is told CANCELLED. */
  stop(grant: Grant): Promise<Result<SyncView, StoreFault>>;
  enrol(grant: Grant, code: string): Promise<Result<{ readonly organization: string }, EnrolFault | 'ALREADY_ENROLLED' | StoreFault>>;
  /** Fills this workstation from a folder that central wrote for it; `yieldNow` lets others work between two files. */
  provision(grant: Grant, folder: string, yieldNow: () => Promise<void>): Promise<Result<Provisioned, ProvisionFault | 'NOT_ENROLLED' | 'BUSY' | 'LOCKED' | StoreFault>>;
  /** The same, its files handed in by the window. */
  readonly snapshot: Pick<SnapshotTaking, 'begin' | 'chunk' | 'end'>;
  /** Workstations in the clinic's network. */
  readonly neighbours: Pick<Neighbours, 'view' | 'answer' | 'setNeighbours' | 'settled'>;
  /** To be called about once a second: begins conversations that are due, and keeps the running one alive. */
  tick(): void;
  /** Has central told what became of an order, if there is a line. */
  tell(taken: Taken): Promise<void>;
  /** Ends the conversation; the ledger is not touched when this has resolved. */
  close(): Promise<void>;
}

const DOOR_FAULTS: ReadonlySet<FaultCode> = new Set(['OFFLINE', 'NOT_AUTHENTICATED', 'SERVER_UNTRUSTED', 'SERVER_REFUSED', 'SERVER_BUSY', 'PROTOCOL_ERROR', 'DISK_FULL', 'READ_ONLY', 'INTERNAL']);

/** How an ending reads at the door. */
export function faultOf({ code, detail }: Ending): Result<never, SyncFault> {
  if (code === 'STOPPED') return refuse('CANCELLED');
  if (code === 'RENEWED') return refuse('OFFLINE', { cause: code });
  return DOOR_FAULTS.has(code) ? refuse(code, detail) : refuse('INTERNAL');
}
