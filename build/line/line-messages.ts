import { z } from 'zod';

/** What is asked of a line that runs in a process of its own, and what comes back. JSON has no `Infinity`: null stands for it. */

const unbounded = z.number().nullable().transform((value) => value ?? Number.POSITIVE_INFINITY);
const Direction = z.strictObject({ bitsPerSecond: unbounded, delayMs: z.number(), lossShare: z.number(), queueBytes: unbounded });

export const LineRequest = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('open'),
    options: z.strictObject({
      target: z.strictObject({ host: z.string(), port: z.int() }),
      up: Direction,
      down: Direction,
      cuts: z.strictObject({ everyMs: z.number(), forMs: z.number(), firstAtMs: z.number() }).nullable(),
      cutEffect: z.enum(['black-hole', 'reset', 'stall']),
      seed: z.int(),
    }),
  }),
  z.strictObject({ do: z.literal('counters') }),
  z.strictObject({ do: z.literal('cut') }),
  z.strictObject({ do: z.literal('mend') }),
]);
export type LineRequest = z.input<typeof LineRequest>;

const Counted = z.strictObject({ taken: z.int(), delivered: z.int(), wireBytes: z.int(), segments: z.int(), retransmissions: z.int(), lost: z.int(), overflowed: z.int() });

/** The port it listens on, and what has crossed it so far. */
export const LineReply = z.strictObject({ port: z.int(), counters: z.strictObject({ up: Counted, down: Counted, connections: z.int(), cuts: z.int() }) });
