import { concatBytes, toHex } from '../../shared/base/bytes.ts';
import type { Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { TRUNK_LINES_MAX } from '../../shared/sync/limits.ts';
import { createTrunk } from '../../shared/sync/trunk.ts';
import type { TrunkLine, TrunkPort } from '../../shared/sync/trunk-line.ts';
import { createTrunkReader, openRecord, type TrunkMode, type TrunkRecord } from '../../shared/sync/trunk-wire.ts';
import { createChunkQueue } from './chunk-queue.ts';
import type { Connection, LineFault, Network } from './network.ts';

/**
 * A connection to central made of several: a conversation reads and writes it as if it were one. A thin line that loses
 * something is filled by three TCP connections where one of them cannot; a line that falls silent is replaced while
 * the conversation stands, and nothing goes out again but what was on its way.
 */
export type TrunkLinesOptions = {
  readonly first: Connection;
  /** A further connection to the same server. */
  readonly dial: () => Promise<Result<Connection, LineFault>>;
  readonly after: Network['after'];
  readonly random: Random;
  /** Steady clock, ms. */
  readonly now: () => number;
  /** So many bytes came that are not the conversation's: the hub is there. */
  readonly onHeard: (bytes: number) => void;
};

const TRUNK_ID_BYTES = 16;
const LOOK_EVERY_MS = 250;
/** Nothing came for so long, or for so many round trips, although something is due: another line is tried. */
const SILENT = { leastMs: 2000, roundTrips: 2.5 } as const;
/** A line that brings nothing while others do is given up after twice that. */
const DEAD_FACTOR = 2;
/** A dead line swallows what dials over it; a new attempt begins so often, with so many at a time. */
const REDIAL_EVERY_MS = 1000;
const REDIALS_MAX = 6;
/** Below this round trip one connection is enough. */
const THIN_ROUND_TRIP_MS = 300;
/** Looks in a row at which something waited for room before another line is opened. */
const CROWDED_LOOKS = 3;
/** Frames that may wait to be dealt with while their line is read on. */
const UNTAKEN_MAX_BYTES = 64 * 1024;
/** What was opened for a crowd is closed when nothing has gone out for so long. */
const SPARE_MS = 10_000;

type Live = { readonly connection: Connection; readonly line: TrunkLine };

export function openTrunkLines({ first, dial, after, random, now, onHeard }: TrunkLinesOptions): Connection {
  const trunk = createTrunk({ now, after });
  const id = toHex(random.bytes(TRUNK_ID_BYTES));
  const chunks = createChunkQueue();
  const connections = new Set<Connection>([first]);
  const past = { sent: 0, received: 0 };
  let live: readonly Live[] = [];
  let fault: ReturnType<Connection['fault']> = null;
  let over = false;
  let redials = 0;
  let redialAt = Number.NEGATIVE_INFINITY;
  let crowded = 0;
  /** Bytes of frames that came and are not dealt with. */
  let untaken = 0;
  /** Central, or the one process of several that answered, takes no further line. */
  let alone = false;
  let busyAt = now();
  let isHeard = false;
  let lookedAt = now();
  let cancelLook: () => void = () => undefined;

  const finish = (): void => {
    if (over) return;
    over = true;
    cancelLook();
    trunk.stop();
    chunks.end();
  };
  const forget = (connection: Connection): void => {
    if (!connections.delete(connection)) return;
    past.sent += connection.sent();
    past.received += connection.received();
  };

  const silentMs = ({ line }: Live): number => now() - line.quietSince();
  const patienceMs = ({ line }: Live): number => Math.max(SILENT.leastMs, SILENT.roundTrips * (line.roundTripMs() ?? 0));
  const isSilent = (each: Live): boolean => silentMs(each) > patienceMs(each);

  const opened = (record: Extract<TrunkRecord, { is: 'opened' }>, { line }: Live, mode: TrunkMode): boolean => {
    if (record.outcome === 'unknown') {
      if (mode === 'instead') finish();
      alone = true;
      return false;
    }
    trunk.confirm(line, record.held);
    return true;
  };

  const take = async (each: Live, mode: TrunkMode, records: readonly TrunkRecord[]): Promise<boolean> => {
    const frames: Uint8Array[] = [];
    for (const record of records) {
      if (record.is === 'open') return false;
      if (record.is === 'opened') {
        if (!opened(record, each, mode)) return false;
        continue;
      }
      const arrived = trunk.arrived(each.line, record);
      if (!arrived.ok) return false;
      frames.push(...arrived.value);
    }
    const bytes = frames.reduce((total, { length }) => total + length, 0);
    untaken += bytes;
    const taken = Promise.all(frames.map((frame) => chunks.put(frame))).then(() => {
      untaken -= bytes;
    });
    // Behind these frames stand acknowledgements: whoever deals with a frame may wait for what they make room for.
    if (untaken > UNTAKEN_MAX_BYTES) await taken;
    return true;
  };

  /** What opens the line and the first that is said over it go out as one. */
  const portOf = (connection: Connection, opening: Uint8Array): TrunkPort => {
    let unsaid: Uint8Array | null = opening;
    const write = (bytes: Uint8Array): Promise<void> => {
      const said = unsaid === null ? bytes : concatBytes(unsaid, bytes);
      unsaid = null;
      return connection.write(said);
    };
    after(0, () => {
      if (unsaid !== null && !over) void write(new Uint8Array());
    });
    return { write, drop: () => connection.abandon() };
  };

  /** Reads a line until it ends. */
  const run = async (connection: Connection, mode: TrunkMode): Promise<void> => {
    if (mode === 'instead') for (const { line } of live) trunk.lost(line);
    const line = trunk.add(portOf(connection, openRecord({ mode, trunk: id, held: trunk.held() })), mode === 'begin');
    const each = { connection, line };
    live = [...(mode === 'instead' ? [] : live), each];
    const reader = createTrunkReader();
    for await (const chunk of connection.chunks) {
      if (over) break;
      onHeard(chunk.length);
      isHeard = true;
      const records = reader.push(chunk);
      if (!records.ok || !(await take(each, mode, records.value))) break;
    }
    ended(each);
  };

  const ended = (each: Live): void => {
    const { connection, line } = each;
    if (!live.includes(each)) return;
    const why = connection.fault();
    // It was to be a further one, and central did not say that it is: what refuses one refuses the next.
    if (!line.confirmed()) alone = true;
    live = live.filter((other) => other !== each);
    trunk.lost(line);
    forget(connection);
    if (over || live.length > 0) return;
    fault = why;
    // Ended in order, before central said anything, by its refusal, or while nothing was under way that is worth another line.
    const isCut = isHeard && why?.code === 'OFFLINE' && now() - busyAt <= SPARE_MS;
    if (!isCut) finish();
    else if (redials === 0) void another();
  };

  const another = async (): Promise<void> => {
    redials += 1;
    redialAt = now() + REDIAL_EVERY_MS;
    const dialed = await dial();
    redials -= 1;
    if (!dialed.ok) {
      if (live.length > 0) {
        alone = true;
        return;
      }
      fault = { code: dialed.fault.code, cause: String(dialed.fault.detail?.['cause'] ?? '') };
      if (redials === 0) finish();
      return;
    }
    if (over) return dialed.value.abandon();
    const silent = live.length === 0 || (trunk.outstanding() && live.every(isSilent));
    // The others have found their voice again while this one was being dialled, or one is there already.
    if (!silent && (alone || live.length >= TRUNK_LINES_MAX)) return dialed.value.abandon();
    connections.add(dialed.value);
    await run(dialed.value, silent ? 'instead' : 'beside');
  };

  const tidy = (): void => {
    if (trunk.outstanding()) busyAt = now();
    const spare = now() - busyAt > SPARE_MS ? live.slice(1) : [];
    for (const { connection } of spare) connection.end();
    if (live.some((each) => !isSilent(each))) for (const each of live) if (each.line.underWay() > 0 && silentMs(each) > DEAD_FACTOR * patienceMs(each)) ended(each);
  };

  const look = (): void => {
    if (over) return;
    // While a batch is packed nobody listens: that is not the line's silence.
    const lateMs = now() - lookedAt - LOOK_EVERY_MS;
    if (lateMs > LOOK_EVERY_MS) for (const { line } of live) line.excuse(lateMs);
    lookedAt = now();
    cancelLook = after(LOOK_EVERY_MS, look);
    tidy();
    const isThin = live.every(({ line }) => (line.roundTripMs() ?? 0) > THIN_ROUND_TRIP_MS);
    crowded = trunk.waitsSince() !== null && isThin ? crowded + 1 : Math.max(0, crowded - 1);
    // Before its first word central may not know of this conversation, and there is nothing of it to save.
    if (isHeard && trunk.outstanding() && live.every(isSilent)) {
      if (redials < REDIALS_MAX && now() >= redialAt) void another();
    } else if (isHeard && crowded >= CROWDED_LOOKS && !alone && redials === 0 && live.length < TRUNK_LINES_MAX) {
      crowded = 0;
      void another();
    }
  };

  void run(first, 'begin');
  look();

  const each = (act: (connection: Connection) => void): void => {
    for (const connection of connections) act(connection);
  };
  return {
    protocol: first.protocol,
    chunks: chunks.chunks,
    write: trunk.write,
    end() {
      over = true;
      cancelLook();
      each((connection) => connection.end());
      chunks.end();
    },
    abandon() {
      finish();
      each((connection) => connection.abandon());
    },
    fault: () => fault,
    sent: () => [...connections].reduce((total, connection) => total + connection.sent(), past.sent),
    received: () => [...connections].reduce((total, connection) => total + connection.received(), past.received),
  };
}
