import { z } from 'zod';

/** What the benchmark asks of a process that runs PouchDB, and what comes back. Times are milliseconds of that process. */

const database = z.string();

export const PouchRequest = z.discriminatedUnion('do', [
  /** Reads every bundle or NDJSON file of a folder and stores its resources, `most` of them at most, `PouchDB.bulkDocs` for a thousand at a time. */
  z.strictObject({ do: z.literal('insert'), database, folder: z.string(), most: z.int().optional() }),
  /** Makes patients findable by the words of their names, and waits until the index is there. */
  z.strictObject({ do: z.literal('index'), database }),
  /** Documents of patients one of whose names has a word that begins so. */
  z.strictObject({ do: z.literal('find'), database, prefix: z.string(), limit: z.int() }),
  /** `persist`: tries again whenever it fails, as an application on a bad line does. */
  z.strictObject({ do: z.literal('replicate'), database, direction: z.enum(['push', 'pull']), url: z.string(), batch: z.int(), persist: z.boolean().optional() }),
  /** Begins to send for good, and does not wait for it. */
  z.strictObject({ do: z.literal('begin'), database, url: z.string(), batch: z.int() }),
  /** Stores one small document, or so many about as large as an observation. */
  z.strictObject({ do: z.literal('put'), database, id: z.string() }),
  z.strictObject({ do: z.literal('fill'), database, documents: z.int() }),
  /** 1 where the database has the document, 0 where not. */
  z.strictObject({ do: z.literal('has'), database, id: z.string() }),
  /** Documents in a database; a served one goes by its name. */
  z.strictObject({ do: z.literal('count'), database }),
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
