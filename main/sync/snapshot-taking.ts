import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import type { SnapshotFault, SnapshotProgress, SnapshotReader } from './snapshot-reader.ts';

/**
 * A snapshot whose files the window hands in, for a page names no paths: the engine says which file it wants, the
 * window sends its bytes piece by piece. One at a time, and given up where the window falls silent.
 */
export type SnapshotView = CallOutput<'snapshot.chunk'>;
export type SnapshotTaking = {
  begin(): Promise<Result<SnapshotView, 'NOT_ENROLLED' | 'BUSY'>>;
  chunk(file: string, bytes: Uint8Array, last: boolean): Promise<Result<SnapshotView, SnapshotFault | 'CANCELLED' | 'MALFORMED' | 'LOCKED' | 'BUSY'>>;
  /** What has been taken stays; the trail says how far it came and why it ended. */
  end(grant: Grant): Result<SnapshotView, 'NOT_FOUND' | StoreFault>;
  /** Null while none is under way. */
  progress(): SnapshotProgress | null;
  /** Gives up one that nobody has sent to for long. */
  tick(): void;
};

export type SnapshotTakingWorld = {
  readonly ledger: Pick<Ledger, 'append'>;
  readonly clock: Clock;
  /** Null while this workstation belongs to no organisation. */
  readonly reader: () => SnapshotReader | null;
  /** Central and a snapshot would each fill it in their own order: the conversation rests meanwhile. */
  readonly onBegin: () => Promise<void>;
  readonly onChange: () => void;
  readonly onEnd: () => void;
  /** Something else fills it. */
  readonly busy: () => boolean;
  readonly closed: () => boolean;
  readonly systemGrant: () => Grant;
};

/** A window that was closed or reloaded sends nothing more; a slow stick sends a mebibyte in less. */
export const SILENT_MAX_MS = 60_000;

type UnderWay = { readonly reader: SnapshotReader; pieces: Uint8Array[]; size: number; heardAt: number; refused: string | null; judging: boolean };

export function createSnapshotTaking(world: SnapshotTakingWorld): SnapshotTaking {
  const { ledger, clock } = world;
  let underWay: UnderWay | null = null;

  const viewOf = (reader: SnapshotReader): SnapshotView => {
    const { pages, applied, entries, whole } = reader.progress();
    return { next: reader.wanted()?.file ?? null, pages, applied, entries, whole };
  };

  const finish = (ended: UnderWay, grant: Grant): Result<SnapshotView, StoreFault> => {
    underWay = null;
    const { applied, whole } = ended.reader.progress();
    const written = ledger.append(grant, [
      whole ? { kind: 'sync.done', body: { sent: 0, received: applied, bytesSent: 0, bytesReceived: 0 } } : { kind: 'sync.refused', body: { code: ended.refused ?? 'CANCELLED', what: 'snapshot' } },
    ]);
    world.onEnd();
    return written.ok ? ok(viewOf(ended.reader)) : written;
  };

  return {
    async begin() {
      if (underWay !== null || world.busy()) return refuse('BUSY');
      const reader = world.reader();
      if (reader === null) return refuse('NOT_ENROLLED');
      underWay = { reader, pieces: [], size: 0, heardAt: clock.monotonic(), refused: null, judging: false };
      await world.onBegin();
      return ok(viewOf(reader));
    },
    async chunk(file, bytes, last) {
      const current = underWay;
      if (current === null) return refuse('CANCELLED');
      if (current.judging) return refuse('BUSY');
      const wanted = current.reader.wanted();
      if (wanted?.file !== file) return refuse('MALFORMED', { where: 'file' });
      current.heardAt = clock.monotonic();
      current.pieces.push(bytes);
      current.size += bytes.length;
      const tooLarge = current.size > wanted.maxBytes;
      if (!last && !tooLarge) return ok(viewOf(current.reader));
      const content = tooLarge ? null : joined(current.pieces, current.size);
      current.pieces = [];
      current.size = 0;
      if (content === null) {
        current.refused = 'SNAPSHOT_REFUSED';
        return refuse('SNAPSHOT_REFUSED', { rule: 'TOO_LARGE', file });
      }
      current.judging = true;
      const taken = await current.reader.take(content).finally(() => (current.judging = false));
      if (world.closed()) return refuse('LOCKED');
      if (!taken.ok) current.refused = taken.fault.code;
      world.onChange();
      return taken.ok ? ok(viewOf(current.reader)) : taken;
    },
    end(grant) {
      return underWay === null ? refuse('NOT_FOUND') : finish(underWay, grant);
    },
    progress: () => underWay?.reader.progress() ?? null,
    tick() {
      if (underWay !== null && !underWay.judging && clock.monotonic() - underWay.heardAt > SILENT_MAX_MS) finish(underWay, world.systemGrant());
    },
  };
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
