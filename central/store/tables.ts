import { accessPlace, opPlace, orderPlace, seedPlace } from './places.ts';
import { numberOf, textOf, type Row } from './row.ts';

/** Every table that holds the organisation's data, for whoever takes it all from one database to another: parents before children. */
export type Table = {
  readonly name: string;
  /** Columns of the primary key. */
  readonly key: readonly string[];
  /** The column whose values the database draws, where there is one. */
  readonly drawn: string | null;
  /** Rows read at a time: an entry may be 16 MiB, an ordinary one is 1 KiB. */
  readonly rowsAtOnce: number;
  /** Columns written through `cells`, each with its place in a row; `segmentOf` gives a segment's id by its number. */
  readonly sealed: Readonly<Record<string, { readonly as: 'text' | 'bytes'; place(row: Row, segmentOf: (ref: number) => string): string }>>;
};

const MANY = 500;
const opCell = (column: 'header' | 'salt' | 'body') => ({ as: column === 'header' ? ('text' as const) : ('bytes' as const), place: (row: Row, segmentOf: (ref: number) => string) => opPlace(column, segmentOf(numberOf(row, 'segment')), numberOf(row, 'sequence')) });

export const TABLES: readonly Table[] = [
  { name: 'setting', key: ['key'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'device', key: ['id'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'certificate', key: ['fingerprint'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'code', key: ['secret_hash'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'segment', key: ['ref'], drawn: 'ref', rowsAtOnce: MANY, sealed: { salt_seed: { as: 'bytes', place: (row) => seedPlace(textOf(row, 'id')) } } },
  { name: 'op', key: ['lsn'], drawn: null, rowsAtOnce: 200, sealed: { header: opCell('header'), salt: opCell('salt'), body: opCell('body') } },
  { name: 'attestation', key: ['segment', 'length'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'quarantine', key: ['id'], drawn: 'id', rowsAtOnce: 10, sealed: {} },
  { name: 'event', key: ['id'], drawn: 'id', rowsAtOnce: MANY, sealed: {} },
  { name: 'patient_catchment', key: ['patient', 'catchment'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'scope_member', key: ['device', 'patient'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'scope_mark', key: ['device', 'mark'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'api_client', key: ['id'], drawn: null, rowsAtOnce: MANY, sealed: {} },
  { name: 'api_access', key: ['id'], drawn: 'id', rowsAtOnce: MANY, sealed: { patients: { as: 'text', place: (row) => accessPlace(textOf(row, 'client'), numberOf(row, 'at')) } } },
  { name: 'issued_order', key: ['kind', 'audience', 'version'], drawn: null, rowsAtOnce: 50, sealed: { content: { as: 'text', place: (row) => orderPlace(textOf(row, 'kind'), textOf(row, 'audience'), numberOf(row, 'version')) } } },
  { name: 'order_outcome', key: ['device', 'kind'], drawn: null, rowsAtOnce: MANY, sealed: {} },
];
/** Belongs to one database and means nothing in another. */
export const LEFT_BEHIND: readonly string[] = ['data_key', 'schema_step'];
