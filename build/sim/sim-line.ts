import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { CutStyle, LinePlan } from './act.ts';

/** One connection in virtual time: bytes in order, delayed, held up, cut at any byte, changed, or lost with the line. */
export type SimLine = {
  /** One frame from the workstation, and from the hub. */
  up(frame: Uint8Array): void;
  down(frame: Uint8Array): void;
  cut(style: CutStyle): void;
  /** At least one direction carries nothing any more, and not both ends know. */
  halfDead(): boolean;
  /** One end lets go; the other learns of it if the line still carries anything. */
  endAtDevice(): void;
  endAtHub(): void;
  /** Bytes put into it. */
  bytes(): number;
};

export type SimLineOptions = {
  /** What lines are like at the moment. */
  readonly plan: () => LinePlan;
  readonly random: SeededRandom;
  readonly now: () => number;
  readonly schedule: (afterMs: number, work: () => Promise<void> | void) => void;
  readonly atHub: (chunk: Uint8Array) => Promise<void> | void;
  readonly atDevice: (chunk: Uint8Array) => Promise<void> | void;
  /** An end learns that the line is gone. */
  readonly hubEnded: () => void;
  readonly deviceEnded: () => void;
};

/** How long TCP takes to send a lost segment again: a fast retransmission, or a timeout. */
const RETRANSMISSION_MS = [200, 600, 1500, 3000] as const;
const LATE_MS = 60_000;
/** The hub lets go of whoever has said nothing for so long (shared/sync/limits.ts HUB_IDLE_MAX_MS). */
const HUB_GIVES_UP_MS = 12 * 60_000;
const PIECES_MAX = 7;
const PIECES_CHANCE = 0.2;
const HALF_DEAD = ['black-hole', 'late', 'deaf-device', 'deaf-hub'] as const;

type Direction = {
  readonly deliver: SimLineOptions['atHub'];
  /** Its receiver still listens. */
  open: boolean;
  free: number;
  last: number;
  dead: boolean;
  late: boolean;
  /** Frames of the message under way, and whole messages that went before. */
  frames: readonly Uint8Array[];
  gone: readonly (readonly Uint8Array[])[];
};
/** Offset and bit that mark the last frame of a message (shared/sync/frame.ts). */
const FLAGS_OFFSET = 3;
const FLAG_LAST = 1;
const REMEMBERED = 6;

export function createSimLine(options: SimLineOptions): SimLine {
  const { random, now } = options;
  const direction = (deliver: SimLineOptions['atHub']): Direction => ({ deliver, open: true, free: 0, last: 0, dead: false, late: false, frames: [], gone: [] });
  const up = direction(options.atHub);
  const down = direction(options.atDevice);
  let bytes = 0;

  const arrival = (direction: Direction, size: number): number => {
    const plan = options.plan();
    const leaves = Math.max(now(), direction.free) + (plan.bytesPerSecond === 0 ? 0 : Math.ceil((size * 1000) / plan.bytesPerSecond));
    direction.free = leaves;
    const held = plan.loss > 0 && random.chance(plan.loss) ? random.pick(RETRANSMISSION_MS) : 0;
    const jitter = plan.jitterMs === 0 ? 0 : random.between(0, plan.jitterMs);
    direction.last = Math.max(direction.last, leaves + plan.delayMs + jitter + held + (direction.late ? LATE_MS : 0));
    return direction.last;
  };

  const hand = (direction: Direction, chunk: Uint8Array): void => {
    options.schedule(arrival(direction, chunk.length) - now(), () => (direction.open && (!direction.dead || direction.late) ? direction.deliver(chunk) : undefined));
  };

  const tellHub = (afterMs: number): void => {
    options.schedule(afterMs, () => {
      if (!up.open) return;
      up.open = false;
      options.hubEnded();
    });
  };
  const tellDevice = (afterMs: number): void => {
    options.schedule(afterMs, () => {
      if (!down.open) return;
      down.open = false;
      options.deviceEnded();
    });
  };

  const reset = (afterMs: number): void => {
    up.dead = true;
    down.dead = true;
    tellHub(afterMs);
    tellDevice(afterMs);
  };

  const cut = (style: CutStyle): void => {
    if (style === 'reset') return reset(options.plan().delayMs);
    if (style === 'late') up.late = true;
    if (style !== 'deaf-hub') down.dead = true;
    if (style !== 'deaf-device') up.dead = true;
  };

  /** A bit of a byte is another: what TLS would have noticed reaches the protocol all the same. */
  const flipped = (chunk: Uint8Array): Uint8Array => {
    const { flip } = options.plan();
    if (flip === 0 || !random.chance(flip) || chunk.length === 0) return chunk;
    const changed = chunk.slice();
    const at = random.between(0, chunk.length - 1);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.between(0, 7));
    return changed;
  };

  /** The line breaks within these bytes; what was cut off is lost whatever becomes of the rest of the line. */
  const breakWithin = (direction: Direction, chunk: Uint8Array): void => {
    const kept = random.between(0, chunk.length);
    if (kept > 0) hand(direction, chunk.slice(0, kept));
    if (!random.chance(options.plan().blackHole)) return reset(Math.max(0, direction.last - now()));
    const other = direction === up ? down : up;
    const style = random.pick(HALF_DEAD);
    if (style === 'black-hole' || style === 'late') other.dead = true;
    // The part that was kept still arrives; whatever follows it does not.
    direction.free = Number.POSITIVE_INFINITY;
  };

  /** Somebody on the way plays an earlier message of this line into it once more. */
  const repeat = (direction: Direction, frame: Uint8Array): void => {
    const { repeat: often } = options.plan();
    if (often === 0) return;
    direction.frames = [...direction.frames, frame];
    if (((frame[FLAGS_OFFSET] ?? 0) & FLAG_LAST) === 0) return;
    direction.gone = [...direction.gone, direction.frames].slice(-REMEMBERED);
    direction.frames = [];
    if (random.chance(often)) for (const earlier of random.pick(direction.gone)) carry(direction, earlier);
  };

  const carry = (direction: Direction, whole: Uint8Array): void => {
    if (direction.free === Number.POSITIVE_INFINITY || (direction.dead && !direction.late)) return;
    const plan = options.plan();
    bytes += whole.length;
    const chunk = flipped(whole);
    if (plan.cut > 0 && random.chance(plan.cut)) return breakWithin(direction, chunk);
    if (!plan.wire || !random.chance(PIECES_CHANCE)) return hand(direction, chunk);
    const pieces = random.between(2, PIECES_MAX);
    for (let piece = 0; piece < pieces; piece += 1) {
      const part = chunk.slice(Math.floor((chunk.length * piece) / pieces), Math.floor((chunk.length * (piece + 1)) / pieces));
      if (part.length > 0) hand(direction, part);
    }
  };

  return {
    up(frame) {
      carry(up, frame);
      repeat(up, frame);
    },
    down(frame) {
      carry(down, frame);
      repeat(down, frame);
    },
    cut,
    halfDead: () => [up, down].some(({ dead, free }) => dead || free === Number.POSITIVE_INFINITY),
    endAtDevice() {
      down.open = false;
      tellHub(up.dead || up.free === Number.POSITIVE_INFINITY ? HUB_GIVES_UP_MS : options.plan().delayMs);
    },
    endAtHub() {
      up.open = false;
      // On a dead line nobody is told: the device has to find out by itself.
      if (!down.dead && down.free !== Number.POSITIVE_INFINITY) tellDevice(options.plan().delayMs);
    },
    bytes: () => bytes,
  };
}
