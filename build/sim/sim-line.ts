import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { CutStyle, LinePlan } from './act.ts';
import type { Cargo } from './parcel.ts';

/** One connection in virtual time: bytes in order, delayed, held up, cut at any byte, changed, or lost with the line; or messages, whole or not at all. */
export type SimLine<Load = Uint8Array> = LineEnds & {
  /** One frame from the workstation, and from the hub. */
  up(load: Load): void;
  down(load: Load): void;
};

/** What can be done to a line whatever it carries. */
export type LineEnds = {
  cut(style: CutStyle): void;
  /** At least one direction carries nothing any more, and not both ends know. */
  halfDead(): boolean;
  /** One end lets go; the other learns of it if the line still carries anything. */
  endAtDevice(): void;
  endAtHub(): void;
  /** Bytes put into it. */
  bytes(): number;
};

export type SimLineOptions<Load> = {
  readonly cargo: Cargo<Load>;
  /** What lines are like at the moment. */
  readonly plan: () => LinePlan;
  /** Several connections carry it: what comes late holds up its own lane alone (shared/sync/trunk.ts). */
  readonly overtaking: boolean;
  readonly random: SeededRandom;
  readonly now: () => number;
  readonly schedule: (afterMs: number, work: () => Promise<void> | void) => void;
  readonly atHub: (load: Load) => Promise<void> | void;
  readonly atDevice: (load: Load) => Promise<void> | void;
  /** An end learns that the line is gone. */
  readonly hubEnded: () => void;
  readonly deviceEnded: () => void;
};

/** How long TCP takes to send a lost segment again: a fast retransmission, or a timeout. */
const RETRANSMISSION_MS = [200, 600, 1500, 3000] as const;
/** Of a conversation over several connections: what went out on one that broke, and goes out again on another. */
const MOVED_CHANCE = 0.1;
const LATE_MS = 60_000;
/** The hub lets go of whoever has said nothing for so long (shared/sync/limits.ts HUB_IDLE_MAX_MS). */
const HUB_GIVES_UP_MS = 12 * 60_000;
const PIECES_MAX = 7;
const PIECES_CHANCE = 0.2;
const HALF_DEAD = ['black-hole', 'late', 'deaf-device', 'deaf-hub'] as const;

type Direction<Load> = {
  readonly deliver: SimLineOptions<Load>['atHub'];
  /** Its receiver still listens. */
  open: boolean;
  free: number;
  last: number;
  lanes: Map<number, number>;
  greeted: number;
  dead: boolean;
  late: boolean;
  /** Frames of the message under way, and whole messages that went before. */
  frames: readonly Load[];
  gone: readonly (readonly Load[])[];
};
const REMEMBERED = 6;

export function createSimLine<Load>(options: SimLineOptions<Load>): SimLine<Load> {
  const { random, now, cargo } = options;
  const direction = (deliver: SimLineOptions<Load>['atHub']): Direction<Load> => ({ deliver, open: true, free: 0, last: 0, lanes: new Map(), greeted: 0, dead: false, late: false, frames: [], gone: [] });
  const up = direction(options.atHub);
  const down = direction(options.atDevice);
  let bytes = 0;

  const arrival = (direction: Direction<Load>, size: number, lane: number): number => {
    const plan = options.plan();
    const leaves = Math.max(now(), direction.free) + (plan.bytesPerSecond === 0 ? 0 : Math.ceil((size * 1000) / plan.bytesPerSecond));
    direction.free = leaves;
    const held = plan.loss > 0 && random.chance(plan.loss) ? random.pick(RETRANSMISSION_MS) : 0;
    const moved = options.overtaking && random.chance(MOVED_CHANCE) ? random.pick(RETRANSMISSION_MS) : 0;
    const jitter = plan.jitterMs === 0 ? 0 : random.between(0, plan.jitterMs);
    // One connection carries the greeting; others come later.
    const before = !options.overtaking || direction.lanes.size === 0 ? direction.last : (direction.lanes.get(lane) ?? direction.greeted);
    const at = Math.max(before, leaves + plan.delayMs + jitter + held + moved + (direction.late ? LATE_MS : 0));
    if (direction.lanes.size === 0) direction.greeted = at;
    direction.lanes.set(lane, at);
    direction.last = Math.max(direction.last, at);
    return at;
  };

  const hand = (direction: Direction<Load>, chunk: Load): void => {
    options.schedule(arrival(direction, cargo.length(chunk), cargo.lane(chunk)) - now(), () => (direction.open && (!direction.dead || direction.late) ? direction.deliver(chunk) : undefined));
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
  const flipped = (load: Load): Load => {
    const { flip } = options.plan();
    return flip === 0 || !random.chance(flip) ? load : cargo.flipped(load, random.between(0, cargo.length(load) - 1), random.between(0, 7));
  };

  /** The line breaks within these bytes; what was cut off is lost whatever becomes of the rest of the line. */
  const breakWithin = (direction: Direction<Load>, load: Load): void => {
    const kept = cargo.part(load, 0, random.between(0, cargo.length(load)));
    if (kept !== null) hand(direction, kept);
    if (!random.chance(options.plan().blackHole)) return reset(Math.max(0, direction.last - now()));
    const other = direction === up ? down : up;
    const style = random.pick(HALF_DEAD);
    if (style === 'black-hole' || style === 'late') other.dead = true;
    // The part that was kept still arrives; whatever follows it does not.
    direction.free = Number.POSITIVE_INFINITY;
  };

  /** Somebody on the way plays an earlier message of this line into it once more. */
  const repeat = (direction: Direction<Load>, load: Load): void => {
    const { repeat: often } = options.plan();
    if (often === 0) return;
    direction.frames = [...direction.frames, load];
    if (!cargo.ends(load)) return;
    direction.gone = [...direction.gone, direction.frames].slice(-REMEMBERED);
    direction.frames = [];
    if (random.chance(often)) for (const earlier of random.pick(direction.gone)) carry(direction, earlier);
  };

  const carry = (direction: Direction<Load>, whole: Load): void => {
    if (direction.free === Number.POSITIVE_INFINITY || (direction.dead && !direction.late)) return;
    const plan = options.plan();
    const length = cargo.length(whole);
    bytes += length;
    const load = flipped(whole);
    if (plan.cut > 0 && random.chance(plan.cut)) return breakWithin(direction, load);
    if (!plan.wire || !random.chance(PIECES_CHANCE)) return hand(direction, load);
    const pieces = random.between(2, PIECES_MAX);
    for (let piece = 0; piece < pieces; piece += 1) {
      const part = cargo.part(load, Math.floor((length * piece) / pieces), Math.floor((length * (piece + 1)) / pieces));
      if (part !== null) hand(direction, part);
    }
  };

  return {
    up(load) {
      carry(up, load);
      repeat(up, load);
    },
    down(load) {
      carry(down, load);
      repeat(down, load);
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
