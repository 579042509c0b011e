/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, each 1 (Damerau 1964,
 * in the restricted form in which no substring is edited twice).
 */

const LENGTH_MAX = 64;
const ROW = LENGTH_MAX + 1;
const rows = [new Uint8Array(ROW), new Uint8Array(ROW), new Uint8Array(ROW)] as const;

/** The distance, or `max + 1` where it is greater. Texts beyond 64 UTF-16 units are compared by their first 64. */
export function editDistance(left: string, right: string, max: number): number {
  if (Math.abs(left.length - right.length) > max) return max + 1;
  const last = lastRow(left, right, max);
  const length = Math.min(right.length, LENGTH_MAX);
  return last === null ? max + 1 : Math.min(last[length] ?? max + 1, max + 1);
}

/** The least distance between `typed` and any beginning of `whole`, or `max + 1` where it is greater. */
export function beginningDistance(typed: string, whole: string, max: number): number {
  if (typed.length - whole.length > max) return max + 1;
  const last = lastRow(typed, whole.slice(0, typed.length + max), max);
  if (last === null) return max + 1;
  let least = max + 1;
  for (let index = 0; index <= Math.min(whole.length, typed.length + max, LENGTH_MAX); index += 1) least = Math.min(least, last[index] ?? least);
  return least;
}

/** The last row of the table, or null once every way is longer than `max`. */
function lastRow(left: string, right: string, max: number): Uint8Array | null {
  const height = Math.min(left.length, LENGTH_MAX);
  const width = Math.min(right.length, LENGTH_MAX);
  let [before, above, row]: readonly [Uint8Array, Uint8Array, Uint8Array] = rows;
  for (let column = 0; column <= width; column += 1) above[column] = column;
  for (let line = 1; line <= height; line += 1) {
    const letter = left.charCodeAt(line - 1);
    row[0] = line;
    let least = line;
    for (let column = 1; column <= width; column += 1) {
      const other = right.charCodeAt(column - 1);
      let cost = Math.min((above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + (letter === other ? 0 : 1));
      const swapped = line > 1 && column > 1 && letter === right.charCodeAt(column - 2) && left.charCodeAt(line - 2) === other;
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      row[column] = cost;
      if (cost < least) least = cost;
    }
    // A swap reaches back two lines and adds one, so a line above the limit by one may still be left.
    if (least > max + 1) return null;
    [before, above, row] = [above, row, before];
  }
  return above;
}
