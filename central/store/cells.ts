import { bytesOf, textOf, type Row, type Value } from './row.ts';

/**
 * How a store writes what only the organisation may read into columns of the schema's type `sealed` (text:
 * `sealedText`). SQLite's file is encrypted as a whole, so there they are what they are; PostgreSQL gets each value
 * sealed. `place` names table, column and row: a value carried to another place does not open.
 */
export type Cells = {
  text(place: string, text: string): Value;
  bytes(place: string, bytes: Uint8Array | null): Value;
  readText(place: string, row: Row, column: string): string;
  readBytes(place: string, row: Row, column: string): Uint8Array;
  /** For a column that is searched by equality alone: the same for the same text and `place`, and tells nothing else of it. */
  blind(place: string, text: string): string;
};

/** A sealed value does not open: another key, another place, or changed bytes. */
export class CellUnreadable extends Error {
  override readonly name = 'CellUnreadable';
}

export const PLAIN_CELLS: Cells = {
  text: (_place, text) => text,
  bytes: (_place, bytes) => bytes,
  readText: (_place, row, column) => textOf(row, column),
  readBytes: (_place, row, column) => bytesOf(row, column),
  blind: (_place, text) => text,
};
