import type { TLSSocket } from 'node:tls';
import type { DeviceId } from '../../shared/base/ids.ts';
import type { HubSession } from '../../shared/sync/hub-session.ts';
import { TRUNK_KEPT_MS } from '../../shared/sync/limits.ts';
import { createTrunk, type Trunk } from '../../shared/sync/trunk.ts';
import type { TrunkLine } from '../../shared/sync/trunk-line.ts';
import { createTrunkReader, NOTHING_HELD, openedRecord, type TrunkOpening, type TrunkRecord } from '../../shared/sync/trunk-wire.ts';
import { WRITE_MAX_MS, type Line } from '../wire/line.ts';
import type { Heard } from '../wire/line-watch.ts';
import type { Peer } from './peer.ts';

/**
 * Conversations over several lines (shared/sync/trunk.ts). A trunk belongs to the device that began it: its name alone
 * opens nothing. One whose last line ended is kept for a minute, with little that is not whole yet, and one for each
 * device: whoever begins another has given up the one before.
 */
export type Trunks = {
  /** Reads a line of a device until it ends. */
  serve(caller: Caller): Promise<void>;
  close(): void;
};

export type Caller = {
  readonly device: DeviceId;
  readonly access: Peer['access'];
  readonly socket: TLSSocket;
  readonly line: Line;
  readonly heard: Heard;
};

/** A conversation as whoever carries its frames sees it. `failed`: what it threw; the frames that say so, if any. */
export type Carried = { readonly session: HubSession; over(): void; failed(error: unknown): readonly Uint8Array[] };
export type TrunksOptions = {
  readonly begin: (peer: Peer, write: (frame: Uint8Array) => Promise<void>, end: () => void) => Carried;
  /** Steady clock, ms. */
  readonly now: () => number;
  readonly after: (ms: number, action: () => void) => () => void;
};

/** More lines than any device opens. */
const LINES_MAX = 8;
/** Of frames that are read on beside those being taken: more than a device has under way without a receipt. */
const UNTAKEN_MAX_BYTES = 128 * 1024;
/** Of what is not whole, that a trunk without a line may hold. */
const KEPT_MAX_BYTES = 256 * 1024;

type Standing = {
  readonly id: string;
  readonly device: DeviceId;
  readonly trunk: Trunk;
  readonly carried: Carried;
  readonly lines: Map<TrunkLine, Line>;
  /** Frames are taken one after another, whichever line brought them. */
  taking: Promise<void>;
  /** Bytes of frames that are not taken yet. */
  untaken: number;
  /** Calls off the look at whether it still takes what is sent. */
  unwatch: () => void;
  /** Calls off its end; null while it has a line. */
  forget: (() => void) | null;
};

export function createTrunks({ begin, now, after }: TrunksOptions): Trunks {
  const standing = new Map<string, Standing>();

  const end = (id: string): void => {
    const found = standing.get(id);
    if (found === undefined) return;
    standing.delete(id);
    found.forget?.();
    found.unwatch();
    const lines = [...found.lines.values()];
    found.lines.clear();
    for (const line of lines) line.end();
    found.carried.over();
    found.trunk.stop();
  };

  /** Who acknowledges nothing is let go, as who takes nothing is. */
  const watch = (found: Standing): void => {
    found.unwatch = after(WRITE_MAX_MS, () => (found.trunk.outstanding() && now() - found.trunk.progressAt() >= WRITE_MAX_MS ? end(found.id) : watch(found)));
  };

  const beginTrunk = ({ device, access }: Caller, { trunk: id }: TrunkOpening): Standing | null => {
    if (standing.has(id)) return null;
    for (const [other, { device: theirs, lines }] of standing) if (theirs === device && lines.size === 0) end(other);
    const trunk = createTrunk({ now, after });
    const begun: Standing = { id, device, trunk, carried: begin({ device, access }, trunk.write, () => end(id)), lines: new Map(), taking: Promise.resolve(), untaken: 0, unwatch: () => undefined, forget: null };
    standing.set(id, begun);
    watch(begun);
    return begun;
  };

  const joined = ({ device, access }: Caller, { trunk: id, mode }: TrunkOpening): Standing | null => {
    const found = standing.get(id);
    if (found === undefined || found.device !== device || access !== 'sync' || (mode === 'beside' && found.lines.size >= LINES_MAX)) return null;
    if (mode === 'instead') for (const line of found.lines.keys()) leave(found, line);
    found.forget?.();
    found.forget = null;
    return found;
  };

  const leave = (found: Standing, line: TrunkLine): void => {
    const { id } = found;
    found.lines.get(line)?.cut();
    if (!found.lines.delete(line)) return;
    found.trunk.lost(line);
    if (found.lines.size > 0 || standing.get(id) !== found || found.forget !== null) return;
    const isSmall = found.trunk.unordered() + found.carried.session.gathered() <= KEPT_MAX_BYTES;
    found.forget = after(isSmall ? TRUNK_KEPT_MS : 0, () => end(id));
  };

  const enter = (caller: Caller, opening: TrunkOpening): { readonly found: Standing; readonly line: TrunkLine } | null => {
    const { line: wire } = caller;
    const isNew = opening.mode === 'begin';
    const found = isNew ? beginTrunk(caller, opening) : joined(caller, opening);
    if (found === null) {
      void wire.write(openedRecord('unknown', NOTHING_HELD));
      wire.end();
      return null;
    }
    if (!isNew) void wire.write(openedRecord('joined', found.trunk.held()));
    const line = found.trunk.add({ write: (bytes) => wire.write(bytes), drop: () => undefined }, isNew);
    found.lines.set(line, wire);
    if (!isNew) found.trunk.confirm(line, opening.held);
    return { found, line };
  };

  const fail = (found: Standing, error: unknown): void => {
    if (standing.get(found.id) !== found) return;
    for (const frame of found.carried.failed(error)) void found.trunk.write(frame);
    end(found.id);
  };

  /** False where the line is of no more use. */
  const take = async ({ found, line }: { readonly found: Standing; readonly line: TrunkLine }, records: readonly TrunkRecord[], closed: Promise<void>): Promise<boolean> => {
    const frames: Uint8Array[] = [];
    for (const record of records) {
      const arrived = record.is === 'data' || record.is === 'ack' ? found.trunk.arrived(line, record) : null;
      if (arrived === null || !arrived.ok) return false;
      frames.push(...arrived.value);
    }
    if (frames.length === 0) return true;
    const bytes = frames.reduce((total, { length }) => total + length, 0);
    found.untaken += bytes;
    const taking = found.taking.then(async () => {
      for (const frame of frames) await found.carried.session.push(frame);
      found.untaken -= bytes;
    });
    found.taking = taking;
    taking.catch((error: unknown) => fail(found, error));
    // Behind these frames stand acknowledgements, without which nothing they ask for can be answered: little is read on.
    if (found.untaken > UNTAKEN_MAX_BYTES) await Promise.race([taking, closed]).catch(() => undefined);
    return standing.get(found.id) === found;
  };

  return {
    async serve(caller) {
      const reader = createTrunkReader();
      const closed = new Promise<void>((resolve) => void caller.socket.once('close', () => resolve()));
      let on: ReturnType<typeof enter> = null;
      try {
        for await (const chunk of caller.socket as AsyncIterable<Uint8Array>) {
          const read = reader.push(chunk);
          if (!read.ok) break;
          let records = read.value;
          const [first] = records;
          if (on === null && first !== undefined) {
            if (first.is !== 'open') break;
            on = enter(caller, first.open);
            if (on === null) break;
            records = records.slice(1);
          }
          if (on !== null && !(await take(on, records, closed))) break;
          caller.heard(chunk.length, on?.found.carried.session.heard() ?? 0);
        }
      } catch {
        // A line that breaks is the ordinary end of one: the conversation may go on over another.
        caller.line.cut();
      } finally {
        if (on !== null) leave(on.found, on.line);
        else caller.line.end();
      }
    },
    close() {
      for (const id of standing.keys()) end(id);
    },
  };
}
