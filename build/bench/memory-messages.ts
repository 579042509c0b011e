import { z } from 'zod';

/** What a process is asked to hold in memory, and what it says of itself. */

/** `engine`: our store, ledger and search. `bare`: SQLCipher with the same settings and queries. `nothing`: Node with the same modules. */
export const MemoryTask = z.strictObject({
  mode: z.enum(['engine', 'bare', 'nothing']),
  path: z.string(),
  patient: z.string(),
  queries: z.array(z.looseObject({ text: z.string(), prefix: z.string() })),
});
export type MemoryTask = z.infer<typeof MemoryTask>;

/** Resident set size at the end, its peak where the system tells, and the milliseconds that opening, searching and reading took. */
export const MemoryUse = z.strictObject({ rssBytes: z.number(), peakBytes: z.number().nullable(), ms: z.number() });
export type MemoryUse = z.infer<typeof MemoryUse>;
