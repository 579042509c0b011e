import { fromHex } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { mayShare, type RosterDevice } from '../../shared/orders/contents.ts';
import { signingKeyOf, type Grant, type Ledger } from '../ledger/ledger.ts';
import type { Log } from '../log/log.ts';
import { rosterDevice } from '../orders/orders.ts';
import type { StoreFault } from '../store/store.ts';
import type { VaultKeys } from '../vault/vault.ts';
import type { Network } from './network.ts';
import { talkToNeighbour, type NeighbourTalk } from './neighbour.ts';
import { createNeighbourCrypto } from './neighbour-crypto.ts';
import { forgetGrown } from './neighbour-state.ts';
import { createNeighbourStore, type NeighbourStore } from './neighbour-store.ts';
import { createNeighboursSeen } from './neighbours-seen.ts';
import { createPace, type Pace } from './pace.ts';
import { startRelay, type Relay } from './relay.ts';
import { createRelayLog } from './relay-log.ts';
import { provenEnd } from './relay-rows.ts';
import { clearState, NEIGHBOURS_MAX, readState, writeState, type Membership, type Neighbour } from './sync-state.ts';

/**
 * The clinic's own network: workstations of one organisation that answer each other. What one of them read from central
 * the others read from it, so that it crosses the outside line once; with that line dead, they go on among themselves.
 * A neighbour's word is "safe on another workstation", never "sent".
 */
export type NeighboursView = CallOutput<'neighbours.status'>;
type NeighbourView = NeighboursView['neighbours'][number];

export type NeighboursWorld = {
  readonly ledger: Ledger;
  readonly keys: VaultKeys;
  readonly membership: () => Membership | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Log;
  readonly application: string;
  readonly onChange: () => void;
};

export interface Neighbours {
  view(): NeighboursView;
  /** Answers there from now on, and after every start; null answers no more. */
  answer(grant: Grant, listen: { readonly host: string; readonly port: number } | null): Promise<Result<NeighboursView, 'NOT_ENROLLED' | 'ADDRESS_TAKEN' | StoreFault>>;
  setNeighbours(grant: Grant, neighbours: readonly Neighbour[]): Result<NeighboursView, 'NOT_ENROLLED' | StoreFault>;
  /** A neighbour is connected and read: central's log need not be read as well. */
  served(): boolean;
  /** Central's log has been read to its end. */
  centralRead(): void;
  tick(): void;
  /** Resolves once every neighbour that can be reached has nothing more to give or to take. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

type Talk = { readonly talk: NeighbourTalk; readonly store: NeighbourStore; /** It showed what it cannot prove, and is not read on. */ refused: boolean };
type Known = { readonly neighbour: Neighbour; readonly pace: Pace; talk: Talk | null; dueAt: number; ended: string | null };

export function createNeighbours({ ledger, keys, membership, clock, random, network, log, application, onChange }: NeighboursWorld): Neighbours {
  const { read } = ledger;
  const crypto = createNeighbourCrypto(keys);
  const waiting = new Set<() => void>();
  const seen = createNeighboursSeen(ledger, clock);
  let known: Known[] = [];
  let relay: Relay | null = null;
  let relayFault: string | null = null;
  let closed = false;
  let changed = false;

  const listed = (device: DeviceId): RosterDevice | null => {
    const organization = membership()?.organization;
    return organization === undefined ? null : rosterDevice(read, organization, device);
  };
  const authorKey = (device: DeviceId): Uint8Array | null => {
    const known = listed(device);
    if (known !== null) return known.state === 'active' ? fromHex(known.signingKey) : null;
    const key = signingKeyOf(read, device);
    return key === null ? null : fromHex(key);
  };
  /** The whole goes to nobody who may hold a part, nor a part to anybody as the whole. */
  const shares = (device: DeviceId): boolean => mayShare(listed(keys.deviceId), listed(device));
  const nameOf = (device: DeviceId): string | null => {
    const own = read.get('SELECT device_name FROM segment WHERE device = ? ORDER BY ref DESC LIMIT 1', device)?.['device_name'];
    return listed(device)?.name ?? (typeof own === 'string' ? own : null);
  };
  const tell = (): void => {
    onChange();
    for (const look of waiting) look();
  };

  const endOf = (): { latest: number; urgent: number } => {
    const latest = provenEnd(read);
    const urgent = Number(read.get('SELECT coalesce(max(position), 0) AS position FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE lane = 0 AND position <= ?', latest)?.['position']);
    return { latest, urgent };
  };

  const begin = async (current: Membership, listen: { readonly host: string; readonly port: number }): Promise<boolean> => {
    const store = createRelayLog({
      ledger, organization: current.organization, device: keys.deviceId, sign: crypto.sign, clock, random,
      record(device) {
        const signingKey = shares(device) ? authorKey(device) : null;
        return signingKey === null ? null : { device, name: device, signingKey, sealingKey: new Uint8Array(32), state: 'active' };
      },
      onNote: (code, device) => log.info('relay.noted', { fault: code, ...(device === null ? {} : { device }) }),
    });
    try {
      relay = await startRelay({ listen, membership: current, keys, crypto, store, clock, end: endOf });
      relayFault = null;
    } catch (error) {
      relayFault = systemCode(error);
    }
    tell();
    return relay !== null;
  };

  const stopListening = ledger.onCommit(() => {
    changed = true;
  });

  const connect = (current: Membership, each: Known): void => {
    const signingKey = authorKey(each.neighbour.device);
    if (signingKey === null || !shares(each.neighbour.device)) {
      each.ended = signingKey === null ? 'UNKNOWN' : 'PART';
      each.dueAt = clock.monotonic() + each.pace.wait('refusal');
      return;
    }
    const store = createNeighbourStore(ledger, each.neighbour.device, authorKey);
    const talk = talkToNeighbour({
      neighbour: each.neighbour, signingKey, membership: current, keys, crypto, store, clock, network, application, sizes: each.pace.sizes(),
      onEvent(event) {
        if (event.do === 'refused') begun.refused = true;
        if (event.do === 'greeted') seen.answered(each.neighbour.device);
        if (event.do === 'received' && event.received.applied > 0) seen.brought(each.neighbour.device, event.received.applied);
        tell();
      },
    });
    const begun: Talk = { talk, store, refused: false };
    each.talk = begun;
    void talk.ended.then((code) => {
      each.talk = null;
      each.ended = code;
      if (!closed) seen.persist();
      each.dueAt = clock.monotonic() + each.pace.wait(code === 'OFFLINE' || code === 'STOPPED' ? 'line' : 'refusal');
      tell();
    });
  };

  const load = (): void => {
    known = (readState(read, 'neighbours.list') ?? []).map((neighbour) => ({ neighbour, pace: createPace(random), talk: null, dueAt: 0, ended: null }));
  };
  load();
  const current = membership();
  const listen = readState(read, 'relay.listen');
  if (current !== null && listen !== null) void begin(current, listen);

  const stateOf = ({ talk, ended }: Known): NeighbourView['state'] => {
    if (talk !== null) return talk.talk.view()?.phase === 'open' ? 'connected' : 'connecting';
    return ended === 'UNKNOWN' ? 'unknown' : ended === null || ended === 'OFFLINE' || ended === 'STOPPED' ? 'away' : 'refused';
  };
  const view = (): NeighboursView => ({
    answering: relay === null ? null : { address: `${relay.host}:${relay.port}`, connections: relay.connections(), callers: relay.callers().map((device) => ({ device, name: nameOf(device) })) },
    answeringFault: relayFault,
    id: keys.deviceId,
    neighbours: known.map((each) => {
      const { device, host, port } = each.neighbour;
      return { device, name: nameOf(device), address: `${host}:${port}`, state: stateOf(each), fault: each.talk === null ? each.ended : null, safe: each.talk?.store.safe() ?? 0, ...seen.of(device) };
    }),
  });

  const served = (): boolean => known.some(({ talk }) => talk !== null && !talk.refused && talk.talk.view()?.phase === 'open');

  return {
    view,
    served,
    async answer(grant, place) {
      const enrolled = membership();
      if (enrolled === null) return refuse('NOT_ENROLLED');
      await relay?.close();
      relay = null;
      relayFault = null;
      if (place !== null && !(await begin(enrolled, place))) return refuse('ADDRESS_TAKEN', { system: relayFault ?? '' });
      const kept = ledger.transact<null, never>(grant, (tx) => {
        if (place === null) clearState(tx.write, 'relay.listen');
        else writeState(tx.write, 'relay.listen', { host: place.host, port: relay?.port ?? place.port });
        tx.append({ kind: 'neighbours.changed', body: { answering: place === null ? null : `${place.host}:${relay?.port ?? place.port}`, neighbours: known.map(({ neighbour }) => neighbour.device) } });
        return ok(null);
      });
      tell();
      return kept.ok ? ok(view()) : kept;
    },
    setNeighbours(grant, neighbours) {
      if (membership() === null) return refuse('NOT_ENROLLED');
      const list = neighbours.slice(0, NEIGHBOURS_MAX);
      const kept = ledger.transact<null, never>(grant, (tx) => {
        writeState(tx.write, 'neighbours.list', [...list]);
        tx.append({ kind: 'neighbours.changed', body: { answering: relay === null ? null : `${relay.host}:${relay.port}`, neighbours: list.map(({ device }) => device) } });
        return ok(null);
      });
      if (!kept.ok) return kept;
      for (const { talk } of known) void talk?.talk.stop();
      load();
      tell();
      return ok(view());
    },
    centralRead() {
      if (readState(read, 'neighbours.grown') === null || readState(read, 'sync.backfill')?.owed === true) return;
      ledger.keep<null, never>((write) => {
        forgetGrown(write);
        return ok(null);
      });
    },
    tick() {
      const enrolled = membership();
      if (closed || enrolled === null) return;
      const grew = changed;
      changed = false;
      if (grew) relay?.news();
      for (const each of known) {
        if (each.talk === null && clock.monotonic() >= each.dueAt) connect(enrolled, each);
        if (grew && !shares(each.neighbour.device)) void each.talk?.talk.stop();
        if (grew) each.talk?.talk.localChange();
        each.talk?.talk.tick();
      }
    },
    settled: () =>
      new Promise((resolve) => {
        const look = (): void => {
          const pending = known.some((each) => (each.talk === null ? each.ended === null : each.talk.talk.view()?.settled !== true));
          if (pending && !closed) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async close() {
      closed = true;
      stopListening();
      await relay?.close();
      await Promise.all(known.map(({ talk }) => talk?.talk.stop()));
      seen.persist();
      for (const look of waiting) look();
    },
  };
}
