import { z } from 'zod';

/** What the benchmark asks of a process that runs PouchDB, and what comes back. Times are milliseconds of that process. */

const database = z.string();

export const PouchRequest = z.discriminatedUnion('do', [
  /** Reads every bundle or NDJSON file of a folder and stores its resources, `PouchDB.bulkDocs` for a thousand at a time. */
  z.strictObject({ do: z.literal('insert'), database, folder: z.string() }),
  /** Makes patients findable by the words of their names, and waits until the index is there. */
  z.strictObject({ do: z.literal('index'), database }),
  /** Documents of patients one of whose names has a word that begins so. */
  z.strictObject({ do: z.literal('find'), database, prefix: z.string(), limit: z.int() }),
  z.strictObject({ do: z.literal('replicate'), database, direction: z.enum(['push', 'pull']), url: z.string(), batch: z.int() }),
  z.strictObject({ do: z.literal('remove'), database }),
  /** Serves the databases of a folder over HTTP on a loopback port of its choice, which is the count given back. */
  z.strictObject({ do: z.literal('serve'), folder: z.string() }),
  /** Bytes that have gone in and out of the server so far. */
  z.strictObject({ do: z.literal('traffic') }),
]);
export type PouchRequest = z.infer<typeof PouchRequest>;

/** `count`: documents stored, indexed, found or replicated. */
export const PouchReply = z.discriminatedUnion('ok', [z.strictObject({ ok: z.literal(true), ms: z.number(), cpuMs: z.number(), count: z.int() }), z.strictObject({ ok: z.literal(false), because: z.string() })]);
export type PouchReply = z.infer<typeof PouchReply>;
