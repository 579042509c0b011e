import { ok, refuse, type Fault, type Result } from '../../shared/base/result.ts';
import type { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import type { DeviceStore, LocalFault, OwnSegment } from '../../shared/sync/device-store.ts';
import { spacedPlaces } from '../../shared/sync/earlier.ts';
import type { Cursor } from '../../shared/sync/envelope.ts';
import { ownSegments, type Ledger } from '../ledger/ledger.ts';
import type { StoreFault, WriteHandle } from '../store/store.ts';
import { keepWord } from './authors-words.ts';
import { createDeviceStore } from './device-store.ts';
import { noteGrown } from './neighbour-state.ts';
import { readState, writeState } from './sync-state.ts';

/**
 * The vault as a neighbour's conversation sees it. A neighbour's receipt takes nothing out of the outbox: it is
 * remembered while the conversation lasts, and means "safe on that workstation", never "sent".
 */
export type NeighbourStore = DeviceStore & { /** Own entries that the neighbour holds, as far as it said. */ safe(): number };

export function createNeighbourStore(ledger: Ledger, neighbour: DeviceId, authorKey: DeviceStore['authorKey']): NeighbourStore {
  const { read } = ledger;
  const vault = createDeviceStore(ledger, authorKey);
  const held = new Map<SegmentId, number>();
  const places = (from: Pick<WriteHandle, 'get'> | typeof read = read): readonly Cursor[] => readState(from as typeof read, 'neighbours.places')?.[neighbour] ?? [];
  const move = (write: WriteHandle, next: Cursor): void => {
    const passed = places(write);
    const [newest] = passed;
    const kept = newest === undefined ? [next] : [next, ...spacedPlaces(passed, next.lsn)];
    writeState(write, 'neighbours.places', { ...readState(write, 'neighbours.places'), [neighbour]: kept });
  };
  const view = ({ id, lane, length, head, closed }: ReturnType<typeof ownSegments>[number]): OwnSegment => ({ segment: id, lane, length, head, acknowledged: Math.min(length, held.get(id) ?? 0), closed: closed !== null });

  return {
    ...vault,
    ownSegments: () => ownSegments(read).map(view),
    unacknowledged: () => ownSegments(read).map(view).filter(({ length, acknowledged }) => acknowledged < length),
    acknowledge({ segment, length }) {
      held.set(segment, Math.max(length, held.get(segment) ?? 0));
      return ok(null);
    },
    cursor: () => places()[0] ?? null,
    earlier: () => places().slice(1),
    authorKey,
    receive(runs, { cursor: next }) {
      // Central vouches for what it passes on; a neighbour has to show each author's own word.
      const unproven = runs.find(({ standing }) => standing !== 'attested');
      if (unproven !== undefined) return refuse('MALFORMED', { segment: unproven.run.segment, rule: unproven.standing });
      const received = ledger.receive(runs.map(({ run, entries, standing, author }) => ({ entries, previous: run.previous, standing, author })), (write) => {
        for (const { run, attestation } of runs) {
          if (attestation !== null) keepWord(write, run.segment, run.from + run.count, attestation);
          noteGrown(write, run.segment, run.from + run.count);
        }
        if (next !== null) move(write, next);
      });
      if (received.ok) return ok({ ...received.value, patients: [] });
      const { code, detail } = received.fault;
      if (code === 'GAP' || code === 'BAD_HASH' || code === 'MALFORMED') return refuse(code, detail);
      return local({ ...received.fault, code });
    },
    rewind(cursor) {
      const kept = ledger.keep<null, never>((write) => {
        move(write, cursor);
        return ok(null);
      });
      return kept.ok ? kept : local(kept.fault);
    },
    // Who is held here is central's to say.
    scope: null,
    seeding: () => null,
    forgetSeed: () => ok(null),
    seen: () => null,
    // What a neighbour refuses may still be central's: on its word alone nothing of ours is given up.
    close: () => ok(null),
    others: () => [],
    keepOther: () => ok(null),
    takeBack(lost) {
      for (const { segment, length } of lost) held.set(segment, length);
      return ok(null);
    },
    missing: () => 0,
    keepMissing: () => ok(null),
    beyond: () => [],
    backfillOwed: () => false,
    backfilled: () => ok(null),
    holdings: () => [],
    safe: () => [...held.values()].reduce((sum, length) => sum + length, 0),
  };
}

function local({ code, detail }: Fault<StoreFault>): Result<never, LocalFault> {
  return refuse(code === 'DISK_FULL' || code === 'READ_ONLY' ? code : 'INTERNAL', { ...detail, store: code });
}
