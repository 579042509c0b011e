import { ok, refuse, type Result } from '../base/result.ts';
import { LANE } from '../ledger/lanes.ts';
import { FRAME_LANES, FRAME_PAYLOAD_MAX_BYTES, TRUNK_ACK_MS, TRUNK_AHEAD_FRAMES_MAX, URGENT_EXTRA_MAX_BYTES } from './limits.ts';
import { createTrunkLine, type TrunkItem, type TrunkLine, type TrunkPort } from './trunk-line.ts';
import { createTrunkReceiver } from './trunk-receiver.ts';
import type { LaneHoldings, TrunkRecord } from './trunk-wire.ts';

/**
 * Several lines that carry one conversation. Frames are numbered by lane and go out on whichever line has room; the
 * other side puts each lane in order again. What was under way on a line that ended goes out on another, unless the
 * other side says that it has it: a conversation outlives its lines. So little is in the hands of the lines at any
 * moment that an urgent frame waits for little. No clock of its own, no network: both are passed in.
 */
export type Trunk = {
  /** Takes a frame at once; resolves when there is room for another of its lane, or nothing is sent any more. */
  write(frame: Uint8Array): Promise<void>;
  /** One more line. `confirmed`: the other side has said what it holds, so that what went lost can be sent again on it. */
  add(port: TrunkPort, confirmed: boolean): TrunkLine;
  /** Data and acknowledgements as they came on a line; gives the frames that are next in their lanes. */
  arrived(line: TrunkLine, record: Extract<TrunkRecord, { is: 'data' | 'ack' }>): Result<readonly Uint8Array[], 'MALFORMED'>;
  /** The line is no more: what was under way on it waits for another. */
  lost(line: TrunkLine): void;
  /** What the other side has received, by its own word, and that this line is good for what went lost. */
  confirm(line: TrunkLine, held: LaneHoldings): void;
  /** What has been received here. */
  held(): LaneHoldings;
  lines(): readonly TrunkLine[];
  /** Sent and not acknowledged, or waiting for a line. */
  outstanding(): boolean;
  /** Since when a frame that is not urgent has waited for room; null while none does. */
  waitsSince(): number | null;
  /** When something was last acknowledged, or began to wait for it. */
  progressAt(): number;
  /** Bytes that wait here to be put in order. */
  unordered(): number;
  stop(): void;
};

export type TrunkOptions = {
  /** Steady clock, ms. */
  readonly now: () => number;
  /** Does it after so many milliseconds, unless called off by what it returns. */
  readonly after: (ms: number, action: () => void) => () => void;
};

/** Whoever waits for room, by lane. */
type Waiting = { readonly lane: number; readonly resolve: () => void };

const byPlace = (left: TrunkItem, right: TrunkItem): number => left.lane - right.lane || left.number - right.number;

export function createTrunk({ now, after }: TrunkOptions): Trunk {
  const receiver = createTrunkReceiver();
  /** By lane and number, in the order of their numbers: neither acknowledged nor said to be held. */
  const unacknowledged = Array.from({ length: FRAME_LANES }, () => new Map<number, TrunkItem>());
  const numbers = Array.from({ length: FRAME_LANES }, () => 0);
  let lines: readonly TrunkLine[] = [];
  /** Never sent, and sent on a line that is no more. */
  let fresh: TrunkItem[] = [];
  let again: TrunkItem[] = [];
  let waiting: readonly Waiting[] = [];
  let waitsSince: number | null = null;
  let stopped = false;
  let progressAt = now();

  const nextItem = (): { readonly item: TrunkItem; readonly line: TrunkLine; readonly from: TrunkItem[] } | null => {
    for (const item of [...again, ...fresh].toSorted(byPlace)) {
      const from = fresh.includes(item) ? fresh : again;
      // What asks to be in its place waits until it is known what goes before it.
      const passes = from === fresh && (item.lane === LANE.urgent || again.length === 0);
      const usable = lines.filter((line) => (passes || line.confirmed()) && line.hasRoom(item));
      const [line] = usable.toSorted((left, right) => left.underWay() - right.underWay());
      if (line !== undefined) return { item, line, from };
    }
    return null;
  };

  const hasRoom = (lane: number): boolean => {
    const [first] = unacknowledged[lane]?.keys() ?? [];
    if (first !== undefined && (numbers[lane] ?? 0) - first >= TRUNK_AHEAD_FRAMES_MAX) return false;
    if (lane === LANE.urgent) return [...(unacknowledged[lane]?.values() ?? [])].reduce((total, { frame }) => total + frame.length, 0) < URGENT_EXTRA_MAX_BYTES;
    return fresh.length === 0 && again.length === 0 && lines.some((line) => line.hasRoomFor(FRAME_PAYLOAD_MAX_BYTES));
  };

  const pump = (): void => {
    if (stopped) return;
    for (let next = nextItem(); next !== null; next = nextItem()) {
      next.from.splice(next.from.indexOf(next.item), 1);
      next.line.send(next.item, now());
    }
    const ready = waiting.filter(({ lane }) => hasRoom(lane));
    waiting = waiting.filter((each) => !ready.includes(each));
    if (!waiting.some(({ lane }) => lane !== LANE.urgent)) waitsSince = null;
    for (const { resolve } of ready) resolve();
  };

  const lost = (line: TrunkLine): void => {
    if (!lines.includes(line)) return;
    lines = lines.filter((each) => each !== line);
    again.push(...line.close().filter(({ lane, number }) => unacknowledged[lane]?.has(number)));
    pump();
  };

  return {
    write(frame) {
      if (stopped) return Promise.resolve();
      const lane = frame[2] ?? LANE.urgent;
      const item = { lane, number: numbers[lane] ?? 0, frame };
      numbers[lane] = item.number + 1;
      if (unacknowledged.every(({ size }) => size === 0)) progressAt = now();
      unacknowledged[lane]?.set(item.number, item);
      fresh.push(item);
      return new Promise((resolve) => {
        waiting = [...waiting, { lane, resolve }];
        if (lane !== LANE.urgent) waitsSince ??= now();
        pump();
      });
    },
    add(port, confirmed) {
      const line = createTrunkLine(port, confirmed, now());
      lines = [...lines, line];
      pump();
      return line;
    },
    arrived(line, record) {
      if (record.is === 'ack') {
        const acknowledged = line.acknowledged(record.count, now());
        if (acknowledged === null) return refuse('MALFORMED');
        for (const { lane, number } of acknowledged) unacknowledged[lane]?.delete(number);
        if (acknowledged.length > 0) {
          progressAt = now();
          pump();
        }
        return ok([]);
      }
      line.heard(now());
      const frames = receiver.take(record.lane, record.number, record.frame);
      if (frames === null) return refuse('MALFORMED');
      // A lone frame is answered soon, and the answer carries the acknowledgement; where more come, each is a round trip of the sender's.
      if (line.counted() > 1) line.acknowledge();
      else after(TRUNK_ACK_MS, () => line.acknowledge());
      return ok(frames);
    },
    lost,
    confirm(line, held) {
      for (const [lane, { next, beyond }] of held.entries()) {
        const there = new Set(beyond);
        for (const number of unacknowledged[lane]?.keys() ?? []) if (number < next || there.has(number)) unacknowledged[lane]?.delete(number);
      }
      again = again.filter(({ lane, number }) => unacknowledged[lane]?.has(number));
      line.confirm();
      pump();
    },
    held: receiver.held,
    lines: () => lines,
    outstanding: () => unacknowledged.some((lane) => lane.size > 0),
    waitsSince: () => waitsSince,
    unordered: receiver.bytes,
    progressAt: () => progressAt,
    stop() {
      stopped = true;
      for (const line of lines) line.close();
      lines = [];
      for (const { resolve } of waiting) resolve();
      waiting = [];
    },
  };
}
