import { concatBytes } from '../base/bytes.ts';
import { LANE } from '../ledger/lanes.ts';
import { FRAME_PAYLOAD_MAX_BYTES, TRUNK_WINDOW_MAX_BYTES, TRUNK_WINDOW_MIN_BYTES } from './limits.ts';
import { ackRecord, dataRecord } from './trunk-wire.ts';

/** A connection as a trunk uses it. */
export type TrunkPort = {
  /** Resolves when the line has taken them, or is gone. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Lets go of it at once. */
  drop(): void;
};

export type TrunkItem = { readonly lane: number; readonly number: number; readonly frame: Uint8Array };

/**
 * One line of a trunk: what is under way on it, and how much may be. Its window follows the delay (as LEDBAT does,
 * RFC 6817): while acknowledgements come about as fast as they ever did, more is under way next time; once they come
 * late, what waits in front of the line only makes the next urgent frame late, and the window shrinks.
 */
export type TrunkLine = {
  readonly port: TrunkPort;
  confirmed(): boolean;
  confirm(): void;
  send(item: TrunkItem, at: number): void;
  /** Bytes. */
  underWay(): number;
  hasRoom(item: TrunkItem): boolean;
  hasRoomFor(bytes: number): boolean;
  /** So many data records of this line have arrived there: those that are news, or null where so many were not sent. */
  acknowledged(count: number, at: number): readonly TrunkItem[] | null;
  /** A data record came. */
  heard(at: number): void;
  /** Data records that came and are not acknowledged yet. */
  counted(): number;
  acknowledge(): void;
  /** When something last came, or was first waited for. */
  quietSince(): number;
  /** For so long nobody here could have heard anything. */
  excuse(ms: number): void;
  /** Typical milliseconds until an acknowledgement; null before the first. */
  roundTripMs(): number | null;
  /** Nothing more is written; gives what is not acknowledged. */
  close(): readonly TrunkItem[];
};

const FASTER = { factor: 1.5, plusMs: 100 } as const;
const SLOWER = { factor: 2, plusMs: 300 } as const;
const SMOOTHING = 0.25;

export function createTrunkLine(port: TrunkPort, isConfirmed: boolean, openedAt: number): TrunkLine {
  let confirmed = isConfirmed;
  let closed = false;
  let sent: (TrunkItem & { readonly at: number })[] = [];
  let bytes = 0;
  let acknowledgedCount = 0;
  let window = TRUNK_WINDOW_MIN_BYTES;
  let limited = false;
  let leastMs: number | null = null;
  let smoothedMs: number | null = null;
  let counted = 0;
  let told = 0;
  let telling = false;
  let quietSince = openedAt;

  const pace = (tookMs: number): void => {
    leastMs = Math.min(leastMs ?? tookMs, tookMs);
    smoothedMs = smoothedMs === null ? tookMs : smoothedMs + SMOOTHING * (tookMs - smoothedMs);
    if (limited && tookMs <= leastMs * FASTER.factor + FASTER.plusMs) window = Math.min(TRUNK_WINDOW_MAX_BYTES, window + FRAME_PAYLOAD_MAX_BYTES);
    if (tookMs > leastMs * SLOWER.factor + SLOWER.plusMs) window = Math.max(TRUNK_WINDOW_MIN_BYTES, window - FRAME_PAYLOAD_MAX_BYTES / 2);
  };
  const acknowledgement = (): Uint8Array => {
    told = counted;
    return ackRecord(counted);
  };
  const hasRoomFor = (more: number): boolean => {
    const room = bytes === 0 || bytes + more <= window;
    if (!room) limited = true;
    return room;
  };

  const line: TrunkLine = {
    port,
    confirmed: () => confirmed,
    confirm() {
      confirmed = true;
    },
    send(item, at) {
      if (sent.length === 0) quietSince = Math.max(quietSince, at);
      sent.push({ ...item, at });
      bytes += item.frame.length;
      const record = dataRecord(item.number, item.frame);
      void port.write(told < counted ? concatBytes(acknowledgement(), record) : record);
    },
    underWay: () => bytes,
    hasRoom: ({ lane, frame }) => lane === LANE.urgent || hasRoomFor(frame.length),
    hasRoomFor,
    acknowledged(count, at) {
      const arrived = sent.slice(0, Math.max(0, count - acknowledgedCount));
      if (count > acknowledgedCount + sent.length) return null;
      quietSince = at;
      sent = sent.slice(arrived.length);
      acknowledgedCount += arrived.length;
      for (const item of arrived) {
        bytes -= item.frame.length;
        pace(at - item.at);
      }
      if (arrived.length > 0 && bytes + FRAME_PAYLOAD_MAX_BYTES <= window) limited = false;
      return arrived;
    },
    heard(at) {
      quietSince = at;
      counted += 1;
    },
    counted: () => counted - told,
    acknowledge() {
      // One at a time: whoever sends and reads nothing must not fill our side of the line with acknowledgements.
      if (closed || telling || told >= counted) return;
      const taken = port.write(acknowledgement());
      telling = taken !== undefined;
      void taken?.then(() => {
        telling = false;
        line.acknowledge();
      });
    },
    quietSince: () => quietSince,
    excuse(ms) {
      quietSince += ms;
    },
    roundTripMs: () => smoothedMs,
    close() {
      closed = true;
      const left = sent;
      sent = [];
      bytes = 0;
      port.drop();
      return left;
    },
  };
  return line;
}
