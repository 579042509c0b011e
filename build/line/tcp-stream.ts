import type { Link } from './link.ts';
import type { LineTime } from './line-time.ts';
import { createTcpSender, type Segment } from './tcp-sender.ts';

/** One direction of one connection over a lossy line: bytes in, the same bytes out in order, as late as TCP would have them. */
export type TcpStream = {
  /** Takes what the sender wrote; it goes out as the window and the line allow. */
  write(bytes: Uint8Array, at: number): void;
  /** The sender has no more. */
  finish(at: number): void;
  /** Taken and not acknowledged yet. */
  waitingBytes(): number;
  /** Forgets what has not gone out, and sends nothing again; what is on the line arrives. */
  stop(): void;
};

export type TcpStreamOptions = {
  readonly time: LineTime;
  readonly link: Link;
  /** Carries the acknowledgements. */
  readonly back: Link;
  readonly roundTripMs: number;
  /** In order. */
  readonly deliver: (bytes: Uint8Array, at: number) => void;
  readonly finished: (at: number) => void;
  /** Something was acknowledged, so there is room for more. */
  readonly onRoom: () => void;
  readonly onRetransmission: () => void;
  /** The connection is black-holed: whatever arrives, nobody is there. */
  readonly isForgotten: () => boolean;
};

/** Payload of a full segment of 1,500 bytes. */
export const SEGMENT_PAYLOAD_BYTES = 1448;
/** IPv4 and TCP, 20 bytes each, and TCP's timestamps with their padding. */
export const HEADER_BYTES = 52;
/** Every second segment is acknowledged, or a lone one after this long (Linux). */
const DELAYED_ACK_MS = 40;
const SEGMENTS_PER_ACK = 2;

export function createTcpStream(options: TcpStreamOptions): TcpStream {
  const { time, link, back } = options;
  const sender = createTcpSender(options.roundTripMs);
  let unsent: Uint8Array[] = [];
  let unsentBytes = 0;
  let waitingBytes = 0;
  let nextIndex = 0;
  let ending: 'no' | 'wanted' | 'sent' = 'no';
  let stopped = false;
  let cancelPatience: (() => void) | null = null;

  // The other end.
  let expected = 0;
  const early = new Map<number, Segment>();
  /** Arrived, and the sender does not know it: every acknowledgement says all of it, so that a lost one costs nothing. */
  let unheard: Segment[] = [];
  let sinceAck = 0;
  let cancelAck: (() => void) | null = null;

  const takeSegment = (): Segment | null => {
    if (unsentBytes === 0 && ending !== 'wanted') return null;
    const parts: Uint8Array[] = [];
    let room = SEGMENT_PAYLOAD_BYTES;
    while (room > 0 && unsent[0] !== undefined) {
      const [first] = unsent;
      parts.push(first.subarray(0, room));
      if (first.length > room) unsent[0] = first.subarray(room);
      else unsent.shift();
      room -= Math.min(room, first.length);
    }
    const bytes = Buffer.concat(parts);
    unsentBytes -= bytes.length;
    const last = ending === 'wanted' && unsentBytes === 0;
    if (last) ending = 'sent';
    nextIndex += 1;
    return { index: nextIndex - 1, bytes, last, sentAt: 0, transmissions: 0, order: 0, state: 'under way' };
  };

  const transmit = (segment: Segment, at: number): void => {
    if (segment.transmissions > 0) options.onRetransmission();
    sender.sent(segment, at);
    link.send(segment.bytes.length + HEADER_BYTES, at, (arrivedAt) => arrived(segment, arrivedAt));
  };

  const pump = (at: number): void => {
    if (stopped) return;
    while (sender.room() > 0) {
      const segment = sender.nextLost() ?? takeSegment();
      if (segment === null) break;
      transmit(segment, at);
    }
    cancelPatience?.();
    const patienceEndsAt = sender.patienceEndsAt();
    cancelPatience = patienceEndsAt === null ? null : time.at(patienceEndsAt, () => {
      const probe = sender.outOfPatience();
      if (probe !== null) transmit(probe, patienceEndsAt);
      pump(patienceEndsAt);
    });
  };

  const acknowledge = (at: number): void => {
    cancelAck?.();
    cancelAck = null;
    sinceAck = 0;
    unheard = unheard.filter(({ state }) => state !== 'arrived');
    const what = unheard;
    back.send(HEADER_BYTES, at, (heardAt) => {
      if (stopped || options.isForgotten()) return;
      waitingBytes -= sender.acknowledged(what, heardAt);
      pump(heardAt);
      options.onRoom();
    });
  };

  const arrived = (segment: Segment, at: number): void => {
    if (options.isForgotten()) return;
    const outOfOrder = segment.index !== expected;
    if (segment.index >= expected) early.set(segment.index, segment);
    for (let next = early.get(expected); next !== undefined; next = early.get(expected)) {
      early.delete(expected);
      expected += 1;
      if (next.bytes.length > 0) options.deliver(next.bytes, at);
      if (next.last) options.finished(at);
    }
    unheard = [...unheard, segment];
    sinceAck += 1;
    if (outOfOrder || early.size > 0 || sinceAck >= SEGMENTS_PER_ACK) acknowledge(at);
    else cancelAck ??= time.at(at + DELAYED_ACK_MS, () => acknowledge(at + DELAYED_ACK_MS));
  };

  return {
    write(bytes, at) {
      unsent.push(bytes);
      unsentBytes += bytes.length;
      waitingBytes += bytes.length;
      pump(at);
    },
    finish(at) {
      if (ending === 'no') ending = 'wanted';
      pump(at);
    },
    waitingBytes: () => waitingBytes,
    stop() {
      stopped = true;
      unsent = [];
      unsentBytes = 0;
      cancelPatience?.();
      cancelAck?.();
    },
  };
}
