/** Rows as both drivers give them, and values as both take them. */
export type Row = Readonly<Record<string, string | number | bigint | Uint8Array | null>>;
export type Value = string | number | Uint8Array | null;

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`broken assumption: ${column} holds text`);
  return value;
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new Error(`broken assumption: ${column} holds a number`);
  return value;
}

export function optionalNumberOf(row: Row, column: string): number | null {
  return row[column] === null ? null : numberOf(row, column);
}

export function optionalTextOf(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new Error(`broken assumption: ${column} holds bytes`);
  return value;
}
