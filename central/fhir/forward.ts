import type { ProjectionFile, Row } from '../records/records.ts';
import { present } from './present.ts';

/**
 * New versions of resources to another FHIR R4 server, as transaction bundles of PUTs by id: sending one twice changes
 * nothing there, so a lost answer costs a repeat at most. Its place in the log is kept in the projection's file; with a
 * projection built anew, everything is sent anew.
 */
export type Upstream = { readonly name: string; /** Base address, https. */ readonly url: string };
export type Send = (url: string, method: 'POST' | 'PUT', body: string) => Promise<{ readonly status: number }>;

export type ForwardOutcome = { readonly sent: number; readonly parked: number; /** Nothing is left to send. */ readonly done: boolean; /** The other side is away or busy: the same again later. */ readonly blocked: string | null };

const BUNDLE_RESOURCES = 50;
/** Answers that another time may change; all others are the other side's last word on this resource. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 425, 429]);
const isPassing = (status: number): boolean => status >= 500 || PASSING.has(status);

export type Forwarder = {
  /** Sends the next bundle. */
  step(): Promise<ForwardOutcome>;
  status(): { readonly lsn: number; readonly latest: number; readonly parked: readonly { readonly id: string; readonly type: string; readonly lsn: number; readonly status: number }[] };
};

export function createForwarder(file: ProjectionFile, { name, url }: Upstream, send: Send): Forwarder {
  const key = `forward ${name} ${url}`;
  const placeOf = (): number => Number(file.get('SELECT value FROM setting WHERE key = ?', key)?.['value'] ?? 0);
  const stand = (lsn: number): void => {
    file.transact(() => file.run('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, String(lsn)));
  };
  const latest = (): number => Number(file.get('SELECT max(lsn) AS lsn FROM resource')?.['lsn'] ?? 0);
  const next = (after: number): readonly Row[] => {
    const rows = file.all('SELECT id, type, patient, lsn, updated_at, conflicts, text FROM resource WHERE lsn > ? ORDER BY lsn, id LIMIT ?', after, BUNDLE_RESOURCES);
    const last = rows.at(-1)?.['lsn'];
    // All resources of one entry go together: the place in the log is between entries.
    return last === undefined ? [] : file.all('SELECT id, type, patient, lsn, updated_at, conflicts, text FROM resource WHERE lsn > ? AND lsn <= ? ORDER BY lsn, id', after, Number(last));
  };
  const park = (row: Row, status: number): void => {
    file.transact(() => file.run('INSERT INTO parked (upstream, id, type, lsn, status) VALUES (?, ?, ?, ?, ?) ON CONFLICT (upstream, id) DO UPDATE SET lsn = excluded.lsn, status = excluded.status', key, String(row['id']), String(row['type']), Number(row['lsn']), status));
  };
  const unpark = (row: Row): void => {
    file.transact(() => file.run('DELETE FROM parked WHERE upstream = ? AND id = ?', key, String(row['id'])));
  };
  const attempt = async (place: string, method: 'POST' | 'PUT', body: string): Promise<number> => {
    try {
      return (await send(place, method, body)).status;
    } catch {
      return 503;
    }
  };

  /** One by one, because the bundle as a whole was refused. */
  const singly = async (rows: readonly Row[]): Promise<ForwardOutcome> => {
    let [sent, parked] = [0, 0];
    for (const row of rows) {
      const { id, type, text } = present(file, row);
      const status = await attempt(`${url}/${type}/${id}`, 'PUT', text);
      if (isPassing(status)) return { sent, parked, done: false, blocked: `HTTP ${status}` };
      if (status < 300) {
        unpark(row);
        sent += 1;
      } else {
        park(row, status);
        parked += 1;
      }
    }
    return { sent, parked, done: false, blocked: null };
  };

  return {
    async step() {
      const rows = next(placeOf());
      const last = rows.at(-1);
      if (last === undefined) return { sent: 0, parked: 0, done: true, blocked: null };
      const status = await attempt(url, 'POST', transactionOf(file, rows));
      if (isPassing(status)) return { sent: 0, parked: 0, done: false, blocked: `HTTP ${status}` };
      const outcome = status < 300 ? { sent: rows.length, parked: 0, done: false, blocked: null } : await singly(rows);
      if (outcome.blocked !== null) return outcome;
      if (status < 300) for (const row of rows) unpark(row);
      stand(Number(last['lsn']));
      return outcome;
    },
    status: () => ({
      lsn: placeOf(),
      latest: latest(),
      parked: file.all('SELECT id, type, lsn, status FROM parked WHERE upstream = ? ORDER BY lsn, id', key).map((row) => ({ id: String(row['id']), type: String(row['type']), lsn: Number(row['lsn']), status: Number(row['status']) })),
    }),
  };
}

/** FHIR R4 transaction (http.html#transaction); its resources are put in as text. */
function transactionOf(file: ProjectionFile, rows: readonly Row[]): string {
  const entries = rows.map((row) => {
    const { id, type, text } = present(file, row);
    return `{"fullUrl":"urn:uuid:${id}","resource":${text},"request":{"method":"PUT","url":"${type}/${id}"}}`;
  });
  return `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join(',')}]}`;
}
