import type { SegmentId } from '../../shared/base/ids.ts';
import type { Places } from '../../shared/sync/device-store.ts';
import type { LogSlice } from '../../shared/sync/hub-store.ts';
import { PowerCut } from './power.ts';
import { parseEntry } from './parsed-entry.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimHub } from './sim-hub.ts';

/**
 * Disks that do not keep the promises of their contract, as other systems' did not: each changes the disk it is given.
 * Whoever writes a store of DeviceStore or HubStore should fail the simulator when making one of these mistakes.
 */
export type Variant = {
  readonly disk?: (disk: SimDisk) => void;
  readonly hub?: (hub: SimHub) => void;
  /** A process goes on with the segments of the one before it. */
  readonly resumes?: boolean;
};

/** The same page, but for where it leads. */
const nowhere = ({ gaps }: Places): Places => ({ cursor: null, seen: null, gaps });

/** The place in the log is kept in a transaction of its own, before the entries. */
export const cursorFirst = (disk: SimDisk): void => {
  const { receive } = disk;
  disk.receive = (runs, places) => {
    const moved = receive([], places);
    return moved.ok ? receive(runs, nowhere(places)) : moved;
  };
};

/** Harmless: the entries first, the place behind them afterwards. What is read again is held already. */
export const cursorLast = (disk: SimDisk): void => {
  const { receive } = disk;
  disk.receive = (runs, places) => {
    const taken = receive(runs, nowhere(places));
    const moved = taken.ok ? receive([], places) : taken;
    return moved.ok ? taken : moved;
  };
};

/** Of a page with several runs only the first is kept. */
export const pageInPart = (disk: SimDisk): void => {
  const { receive } = disk;
  disk.receive = (runs, places) => receive(places.cursor === null ? runs : runs.slice(0, 1), places);
};

/** What this version does not understand is thrown away. */
export const dropsUnknown = (disk: SimDisk): void => {
  const { receive } = disk;
  disk.receive = (runs, places) => receive(runs.map((run) => ({ ...run, entries: run.entries.filter(({ kind }) => kind !== 'from.the.future') })), places);
};

/** A receipt marks everything as sent, whatever was written meanwhile. */
export const allMarkedSent = (disk: SimDisk): void => {
  const { acknowledge } = disk;
  disk.acknowledge = (receipt) => {
    const taken = acknowledge(receipt);
    const segment = disk.segments.get(receipt.segment);
    if (taken.ok && segment !== undefined) segment.acknowledged = segment.entries.length;
    return taken;
  };
};

export const neverBackfills = (disk: SimDisk): void => {
  disk.backfillOwed = () => false;
};

/** What is owed to a restored hub counts as given once the giving has begun. */
export const backfillsOnce = (disk: SimDisk): void => {
  const { holdings } = disk;
  disk.holdings = (after, max) => {
    disk.backfilled();
    return holdings(after, max);
  };
};

/** The last entry of a batch is lost, and the whole batch acknowledged. */
export const truncates = (hub: SimHub): void => {
  const { ingest } = hub.store;
  hub.store.ingest = async (batch, decide, receivedAt) => {
    const { header, entries } = batch;
    const cut = entries.slice(0, -1);
    const head = cut.at(-1)?.hash;
    if (head === undefined) return ingest(batch, decide, receivedAt);
    const outcome = await ingest({ ...batch, header: { ...header, count: cut.length, head }, entries: cut }, decide, receivedAt);
    return outcome.outcome === 'held' && outcome.added > 0 ? { ...outcome, held: { ...outcome.held, length: outcome.held.length + 1, head: header.head } } : outcome;
  };
};

/** Acknowledged is what the next commit makes durable. */
export const acknowledgesEarly = (hub: SimHub): void => {
  const { ingest } = hub.store;
  let durable: (() => void) | null = null;
  hub.store.ingest = async (batch, decide, receivedAt) => {
    const before = hub.image();
    try {
      const outcome = await ingest(batch, decide, receivedAt);
      durable = before;
      return outcome;
    } catch (cause) {
      if (cause instanceof PowerCut) durable?.();
      throw cause;
    }
  };
};

/** The log is read by the authors' clocks: what comes late and is dated early is passed over. */
export const readsByClock = (hub: SimHub): void => {
  const { slice } = hub.store;
  const passed = new Map<string, number>();
  hub.store.slice = async (query) => {
    const found = await slice(query);
    if (found === null || query.stream.kind !== 'log') return found;
    const from = passed.get(query.device) ?? 0;
    const dated = found.rows.map((row) => ({ row, at: parseEntry({ ...row, kind: '', patient: null }).header.clock[0] }));
    passed.set(query.device, Math.max(from, ...dated.map(({ at }) => at)));
    return { ...found, rows: dated.filter(({ at }) => at > from).map(({ row }) => row) } satisfies LogSlice;
  };
};

/** A number is drawn before the commit: a reader passes it while it cannot be seen yet. */
export const numbersBeforeCommit = (hub: SimHub): void => {
  const { slice, ingest } = hub.store;
  let hidden: { readonly segment: SegmentId; readonly from: number } | null = null;
  let turn = 0;
  hub.store.ingest = async (batch, decide, receivedAt) => {
    const outcome = await ingest(batch, decide, receivedAt);
    turn += 1;
    hidden = turn % 3 === 0 ? { segment: batch.header.segment, from: batch.header.from } : null;
    return outcome;
  };
  hub.store.slice = async (query) => {
    const found = await slice(query);
    if (found === null || hidden === null) return found;
    const { segment, from } = hidden;
    return { ...found, rows: found.rows.filter((row) => row.segment !== segment || row.sequence < from) };
  };
};
