import type { RecordId } from '../../shared/base/ids.ts';
import { foldEntry, type LogEntry } from './fold.ts';
import { materialize } from './materialize.ts';
import { openProjectionFile, type ProjectionFile } from './projection-file.ts';
import { PROJECTION_TABLES } from './projection-schema.ts';

/**
 * Central's log as FHIR R4 resources. A cache: built from the log in bounded slices, in a file of its own, so that any
 * process beside any database can answer reads, and thrown away when the log is another one.
 */
export type { LogEntry } from './fold.ts';
export type { ProjectionFile, Row, Value } from './projection-file.ts';
export { SEARCH_PARAMETERS, searchParametersOf, type SearchParameter } from './search-parameters.ts';
export { dateRange, foldText } from './search-rows.ts';

/** Where the projection stands in the log. `mark` is the log's running hash there. */
export type Place = { readonly epoch: string; readonly lsn: number; readonly mark: string };

export type LogSource = {
  /** Where the log stands now, or null while it has no epoch. */
  place(): Promise<Place | null>;
  /** The log's running hash at a number; null where it holds no such number. */
  markAt(lsn: number): Promise<string | null>;
  /** Entries after a number, in order. */
  after(lsn: number, max: number): Promise<readonly LogEntry[]>;
};

export type Records = {
  readonly file: ProjectionFile;
  /** Reads on in the log; resolves with the entries taken, 0 when nothing is left. */
  follow(): Promise<number>;
  /** Reads on until nothing is left or `stopped` says so. */
  followAll(stopped?: () => boolean): Promise<void>;
  place(): Place | null;
  close(): void;
};

/** Entries of one transaction of the projection. */
const SLICE_ENTRIES = 500;

export function openRecords(path: string, databaseKey: Uint8Array, log: LogSource): Records {
  const file = openProjectionFile(path, databaseKey);
  let following: Promise<number> = Promise.resolve(0);

  const place = (): Place | null => {
    const row = file.get("SELECT value FROM setting WHERE key = 'place'");
    return row === undefined ? null : (JSON.parse(String(row['value'])) as Place);
  };

  const begin = (epoch: string): Place => {
    const start: Place = { epoch, lsn: 0, mark: '0'.repeat(16) };
    file.transact(() => {
      for (const table of PROJECTION_TABLES) file.run(`DELETE FROM ${table}`);
      stand(file, start);
    });
    return start;
  };

  const step = async (): Promise<number> => {
    const there = await log.place();
    if (there === null) return 0;
    const known = place();
    const stands = known !== null && known.epoch === there.epoch && known.lsn <= there.lsn && (known.lsn === 0 || (await log.markAt(known.lsn)) === known.mark);
    const from = stands ? known : begin(there.epoch);
    const entries = await log.after(from.lsn, SLICE_ENTRIES);
    const last = entries.at(-1);
    if (last === undefined) return 0;
    const mark = await log.markAt(last.lsn);
    if (mark === null) return 0;
    file.transact(() => {
      foldAll(file, entries);
      stand(file, { epoch: from.epoch, lsn: last.lsn, mark });
    });
    return entries.length;
  };

  const follow = (): Promise<number> => {
    following = following.then(step, step);
    return following;
  };

  return {
    file,
    follow,
    async followAll(stopped = () => false) {
      while (!stopped() && (await follow()) > 0);
    },
    place,
    close: () => file.close(),
  };
}

function stand(file: ProjectionFile, place: Place): void {
  file.run("INSERT INTO setting (key, value) VALUES ('place', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", JSON.stringify(place));
}

/** A version is written per record and entry, so that its history does not depend on how the log was sliced. */
function foldAll(file: ProjectionFile, entries: readonly LogEntry[]): void {
  for (const entry of entries) {
    const touched: readonly RecordId[] = foldEntry(file, entry);
    for (const record of touched) materialize(file, record, entry.lsn, entry.receivedAt);
  }
}
