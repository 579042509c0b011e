import { ok, refuse } from '../../shared/base/result.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import { outboxSize, type Grant } from '../ledger/ledger.ts';
import { ordersView, type Consequence } from '../orders/orders.ts';
import { syncAsked } from './asked-sync.ts';
import { startConversation, type Conversation, type Ending } from './conversation.ts';
import { createDeviceStore } from './device-store.ts';
import { createEventNotes } from './event-notes.ts';
import { join } from './join.ts';
import { createLightSource } from './light-source.ts';
import { createFilling } from './filling.ts';
import { createSnapshotReader } from './snapshot-reader.ts';
import { grown } from './neighbour-state.ts';
import { createNeighbours } from './neighbours.ts';
import { createPace } from './pace.ts';
import { createSettling } from './settling.ts';
import { createSyncLight } from './sync-light.ts';
import { createSyncTruth } from './sync-truth.ts';
import { readState, type Membership } from './sync-state.ts';
import type { Syncing, SyncView, SyncWorld } from './syncing.ts';

/**
 * This workstation's half of sync, while the vault is open. Promises: an entry leaves the outbox only when central has
 * acknowledged it by its id; "online" and "all sent" are said only on central's own, authenticated word; whatever goes
 * wrong on the line, the outbox stays as it is. The outbox is the device's: whoever is signed in, it goes out.
 */
export { nodeNetwork } from './node-network.ts';
export { authorityOf, lastClockOffset, lastContactAt } from './sync-state.ts';
export type { Network } from './network.ts';

export type { Syncing, SyncFault, SyncView, SyncWorld } from './syncing.ts';

const APPLICATION = 'outpost';
/** Central signs what it holds at every contact, and while the line stays up so often. */
const COSIGN_EVERY_MS = 15 * 60_000;
/** So long a workstation that a neighbour serves trusts it for what is new at central. */
const CENTRAL_READ_EVERY_MS = 15 * 60_000;
/** How long a sync that somebody stopped rests before it begins by itself again. */
export const STOPPED_REST_MS = 5 * 60_000;
/** Refusals that asking again soon does not cure. */
const REFUSALS: ReadonlySet<string> = new Set(['NOT_AUTHENTICATED', 'SERVER_UNTRUSTED', 'SERVER_REFUSED', 'PROTOCOL_ERROR']);

export function createSyncing(world: SyncWorld): Syncing {
  const { ledger, audit, keys, clock, network, log, onChange } = world;
  const pace = createPace(world.random);
  const deviceStore = createDeviceStore(ledger, (device) => world.orders?.authorKey(device) ?? null);
  const light = createSyncLight(createLightSource(ledger), clock);
  const truth = createSyncTruth(ledger.read);
  const note = createEventNotes(world, light);
  let conversation: Conversation | null = null;
  let dueAt = 0;
  let changed = false;
  let closed = false;
  let enrolling = false;
  /** Calls off the look at what was just written. */
  let soon: (() => void) | null = null;
  let checkpointAt: number | null = null;
  let cosignAt = Number.NEGATIVE_INFINITY;
  /** Somebody asked for central's own word: it is read whatever neighbours offer. */
  let asked = 0;
  let centralReadAt = Number.NEGATIVE_INFINITY;
  /** Whether others' entries are read from central, as far as the conversation has been told. */
  let reading = true;

  const tellAll = (): void => {
    onChange();
    settling.look();
  };

  const membership = (): Membership | null => readState(ledger.read, 'sync.membership');
  const neighbours = createNeighbours({ ledger, keys, membership, clock, random: world.random, network, log, application: APPLICATION, onChange: () => tellAll() });
  /** What a neighbour brings need not cross the outside line again; from time to time central is read all the same. */
  const reads = (): boolean => asked > 0 || !neighbours.served() || clock.monotonic() - centralReadAt > CENTRAL_READ_EVERY_MS;

  /** Urgent entries do not wait for the next tick; what is written in one go still goes out as one batch. */
  const sendUrgent = (): void => {
    soon = null;
    if (closed || deviceStore.unacknowledged()[0]?.lane !== LANE.urgent) return;
    if (conversation === null) beginIfDue();
    else conversation.localChange();
  };

  const stopListening = ledger.onCommit(({ own }) => {
    if (!own) return;
    changed = true;
    soon ??= network.after(0, sendUrgent);
  });

  /** Signs where the chain stands before it is shown to central, unless it still stands where it was last signed. */
  const signBeforeSync = (grant: Grant): void => {
    if (ledger.written() === checkpointAt || outboxSize(ledger.read).count === 0) return;
    if (audit.checkpoint(grant).ok) checkpointAt = ledger.written();
  };

  const ordered = world.orders === undefined ? {} : {
    ordered: {
      orders: world.orders, read: ledger.read, carryOut: (consequence: Consequence) => world.carryOut?.(consequence),
      contradicted: (segment: string) => void light.refused(segment, 'CONTRADICTED'),
    },
  };

  /** Nothing is under way: central may sign what both hold, now and again. */
  const atRest = (): void => {
    if (conversation?.view()?.settled !== true) return;
    pace.settled();
    if (reads()) {
      centralReadAt = clock.monotonic();
      neighbours.centralRead();
    }
    if (clock.monotonic() < cosignAt) return;
    cosignAt = clock.monotonic() + COSIGN_EVERY_MS;
    conversation.settled();
  };

  const onEvent = (event: DeviceEvent): void => {
    if (closed) return;
    note(event, conversation);
    if (event.do === 'acknowledged' || event.do === 'received') pace.progressed();
    atRest();
    tellAll();
  };

  const over = (ending: Ending, bytes: { readonly sent: number; readonly received: number }): void => {
    conversation = null;
    light.ended(ending, bytes);
    if (closed) return;
    light.persist();
    const { code, detail } = ending;
    if (detail?.['rule'] === 'no progress') pace.stalled();
    dueAt = clock.monotonic() + (code === 'RENEWED' ? 0 : pace.wait(REFUSALS.has(code) ? 'refusal' : 'line'));
    if (code === 'OFFLINE') log.info('sync.offline');
    else if (code !== 'RENEWED' && code !== 'STOPPED') log.warn('sync.refused', { fault: code });
    tellAll();
  };

  const onStep = (): void => {
    atRest();
    settling.look();
  };

  const begin = (current: Membership, grant: Grant): Conversation => {
    if (conversation !== null) return conversation;
    signBeforeSync(grant);
    light.connecting();
    changed = false;
    cosignAt = Number.NEGATIVE_INFINITY;
    // Its greeting names what neighbours have brought: it need not be greeted anew for that.
    reading = reads();
    const begun = startConversation({ membership: current, keys, store: deviceStore, clock, network, random: world.random, application: APPLICATION, sizes: pace.sizes(), onEvent, onStep, reads, ...ordered });
    conversation = begun;
    log.info('sync.started');
    void finished(begun);
    onChange();
    return begun;
  };

  const finished = async (begun: Conversation): Promise<void> => {
    try {
      over(await begun.ended, begun.bytes());
    } catch (error) {
      log.error('job.failed', error);
      over({ code: 'INTERNAL' }, begun.bytes());
    }
  };

  const beginIfDue = (): void => {
    if (filling.active() || clock.monotonic() < dueAt || audit.integrity !== null) return;
    const current = membership();
    if (current !== null) begin(current, world.systemGrant());
  };

  const settling = createSettling({
    light, closed: () => closed, running: () => conversation,
    begin(grant) {
      const current = membership();
      return current === null ? null : begin(current, grant);
    },
  });

  /** By the wall clock, for people; null while nothing is due. */
  const nextAttemptAt = (): number | null => (conversation !== null || closed || audit.integrity !== null || membership() === null ? null : clock.now() + Math.max(0, dueAt - clock.monotonic()));

  /** Central is told in the greeting what neighbours have brought, so that it does not send it again. */
  const greetAnew = async (running: Conversation): Promise<void> => {
    await running.stop();
    dueAt = 0;
  };
  const knowsLess = (): boolean => grown(ledger.read).length > 0;

  const filling = createFilling({
    ledger, clock, systemGrant: world.systemGrant, closed: () => closed, onChange: () => tellAll(),
    reader() {
      const current = membership();
      return current === null ? null : createSnapshotReader({ membership: current, keys, store: deviceStore });
    },
    stopLine: async () => conversation?.stop(),
    onEnd() {
      dueAt = 0;
      tellAll();
    },
  });

  const view = (): SyncView => {
    const core = conversation?.view() ?? null;
    const shown = light.view(membership(), core, conversation?.bytes() ?? null);
    const line = { contact: light.contact(), clockBoundMs: core?.clockBoundMs ?? null, held: audit.integrity, nextAttemptAt: nextAttemptAt() };
    return { ...truth.view({ ...shown, loading: filling.loading(shown.loading) }, line), orders: world.orders === undefined ? null : ordersView(world.orders) };
  };

  return {
    view,
    neighbours,
    async now(grant) {
      if (membership() === null) return refuse('NOT_ENROLLED');
      if (audit.integrity !== null) return refuse('HELD', { rule: audit.integrity });
      if (filling.active()) return refuse('BUSY');
      asked += 1;
      if (conversation !== null && knowsLess()) await greetAnew(conversation);
      const synced = await syncAsked({ ledger, light, settling, bytes: () => conversation?.bytes() ?? null, closed: () => closed }, grant, () => (asked -= 1));
      if (!synced.ok) return synced;
      light.persist();
      log.info('sync.finished', { count: synced.value.sent });
      return ok(view());
    },
    async stop(grant) {
      const running = conversation;
      if (running !== null) {
        await running.stop();
        if (conversation === null) dueAt = clock.monotonic() + STOPPED_REST_MS;
      }
      const written = ledger.append(grant, [{ kind: 'sync.refused', body: { code: 'CANCELLED', what: 'sync' } }]);
      return written.ok ? ok(view()) : written;
    },
    async enrol(grant, code) {
      if (enrolling) return refuse('ALREADY_ENROLLED');
      enrolling = true;
      try {
        const joined = await join(world, grant, code, () => closed);
        if (!joined.ok) return joined;
        dueAt = 0;
        onChange();
        return joined;
      } finally {
        enrolling = false;
      }
    },
    snapshot: filling.snapshot,
    provision: filling.provision,
    tick() {
      if (closed) return;
      filling.snapshot.tick();
      if (filling.active()) return;
      neighbours.tick();
      if (reads() !== reading) {
        reading = !reading;
        if (reading && conversation !== null && knowsLess()) void greetAnew(conversation);
        conversation?.localChange();
      }
      if (conversation !== null) {
        if (changed) {
          changed = false;
          conversation.localChange();
        }
        conversation.tick();
        return;
      }
      beginIfDue();
    },
    tell: async (taken) => conversation?.tell(taken),
    async close() {
      closed = true;
      await neighbours.close();
      stopListening();
      soon?.();
      await conversation?.stop();
      light.persist();
      settling.look();
    },
  };
}
