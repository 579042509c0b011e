import { join } from 'node:path';
import { toHex } from '../../shared/base/bytes.ts';
import type { Random } from '../../shared/base/world.ts';
import { issueServerCertificate } from '../authority/certificates.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import { openRecords, type Records } from '../records/records.ts';
import { clientByToken, noteAccess } from '../store/api-clients.ts';
import { createLogFeed } from '../store/log-feed.ts';
import type { Sql } from '../store/sql.ts';
import type { HubClock } from '../world.ts';
import { createFhir } from './fhir.ts';
import { createForwarder, type Send, type Upstream } from './forward.ts';
import { FHIR_PATH, serveFhir } from './server.ts';

/** The FHIR API of one central process, with the projection it reads and what it forwards. */
export type Api = { readonly port: number; readonly records: Records; /** Resolves when the projection holds what the log held at the call. */ settled(): Promise<void>; close(): Promise<void> };
export type ApiOptions = {
  readonly home: string;
  readonly sql: Sql;
  readonly keys: OrganizationKeys;
  readonly clock: HubClock;
  readonly random: Random;
  readonly host: string;
  readonly port: number;
  /** Names clients reach it by, for its certificate. */
  readonly names: readonly string[];
  readonly software: string;
  readonly forward: { readonly upstream: Upstream; readonly send: Send } | null;
  readonly onEvent: (event: { readonly code: string; readonly device: null; readonly detail: string | null }) => void;
};

const PROJECTION_FILE = 'projection.db';
/** News may be lost, and on SQLite another process gives none: so often the log is looked at anyway. */
const LOOK_EVERY_MS = 2000;
const FORWARD_RETRY_MS = 30_000;

export async function startApi(options: ApiOptions): Promise<Api> {
  const { sql, keys, clock, random, onEvent } = options;
  const records = openRecords(join(options.home, PROJECTION_FILE), keys.database, createLogFeed(sql));
  const forwarder = options.forward === null ? null : createForwarder(records.file, options.forward.upstream, options.forward.send);
  let closed = false;
  let forwardDueAt = 0;
  const isClosed = (): boolean => closed;

  const forward = async (): Promise<void> => {
    if (forwarder === null || clock.now() < forwardDueAt) return;
    for (let outcome = await forwarder.step(); !isClosed() && !outcome.done; outcome = await forwarder.step()) {
      if (outcome.parked > 0) onEvent({ code: 'FORWARD_PARKED', device: null, detail: String(outcome.parked) });
      if (outcome.blocked !== null) {
        forwardDueAt = clock.now() + FORWARD_RETRY_MS;
        onEvent({ code: 'FORWARD_BLOCKED', device: null, detail: outcome.blocked });
        return;
      }
    }
  };

  let looking = Promise.resolve();
  const look = (): Promise<void> => {
    looking = looking.then(async () => {
      if (isClosed()) return;
      try {
        await records.followAll(isClosed);
        await forward();
      } catch (error) {
        onEvent({ code: 'FHIR_FAILED', device: null, detail: error instanceof Error ? error.name : 'unknown' });
      }
    });
    return looking;
  };

  const identity = await issueServerCertificate(keys.authority, clock, random, options.names);
  const desk = {
    byToken: (token: string) => clientByToken(sql, clock, token),
    note: ({ count, ...access }: Parameters<Parameters<typeof createFhir>[0]['desk']['note']>[0]) => noteAccess(sql, clock, { ...access, found: count }),
  };
  const [name = options.host] = options.names;
  const server = await serveFhir({
    identity, authority: keys.authority.certificate, host: options.host, port: options.port,
    answerAt: (port) => createFhir({ file: records.file, desk, base: `https://${name}:${port}${FHIR_PATH}`, software: options.software, now: () => Math.floor(clock.now()), randomHex: (bytes) => toHex(random.bytes(bytes)) }),
    onDefect: (error) => onEvent({ code: 'FHIR_FAILED', device: null, detail: error instanceof Error ? error.name : 'unknown' }),
  });
  const stopListening = await sql.listen('news', () => void look());
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  void look();

  return {
    port: server.port,
    records,
    settled: look,
    async close() {
      closed = true;
      clearInterval(timer);
      stopListening();
      await server.close();
      await looking;
      records.close();
    },
  };
}
