import type { Cells } from './cells.ts';
import { numberOf, textOf, type Row, type Value } from './row.ts';
import { TABLES, type Table } from './tables.ts';
import type { Dialect, Reads, Sql, Writes } from './sql.ts';

/** Takes everything from one view of a database into another, empty one of whatever kind, cells opened and sealed anew on the way. */
export type Source = { readonly view: Reads; readonly cells: Cells };
export type Target = { readonly tx: Writes; readonly cells: Cells; readonly dialect: Dialect };

/** Rows by table. */
export async function copyTables(from: Source, to: Target): Promise<Readonly<Record<string, number>>> {
  const copied: Record<string, number> = {};
  const segments = new Map<number, string>();
  const segmentOf = (ref: number): string => {
    const id = segments.get(ref);
    if (id === undefined) throw new Error('broken assumption: a row\'s segment came before it');
    return id;
  };
  for (const table of TABLES) {
    let rows = 0;
    for await (const page of pagesOf(from.view, table)) {
      if (table.name === 'segment') for (const row of page) segments.set(numberOf(row, 'ref'), textOf(row, 'id'));
      const columns = Object.keys(page[0] ?? {});
      await to.tx.insert(table.name, columns, page.map((row) => columns.map((column) => carried(table, column, row, from.cells, to.cells, segmentOf))));
      rows += page.length;
    }
    if (table.drawn !== null && to.dialect === 'postgres') await goOnDrawing(to.tx, table.name, table.drawn);
    copied[table.name] = rows;
  }
  return copied;
}

async function* pagesOf(view: Reads, { name, key, rowsAtOnce }: Table): AsyncGenerator<readonly Row[]> {
  const order = key.join(', ');
  let page = await view.all(`SELECT * FROM ${name} ORDER BY ${order} LIMIT ?`, rowsAtOnce);
  while (page.length > 0) {
    yield page;
    const last = page.at(-1);
    if (last === undefined) return;
    const after = key.map((column) => valueOf(last, column));
    page = await view.all(`SELECT * FROM ${name} WHERE (${order}) > (${key.map(() => '?').join(', ')}) ORDER BY ${order} LIMIT ?`, ...after, rowsAtOnce);
  }
}

function carried({ sealed }: Table, column: string, row: Row, from: Cells, to: Cells, segmentOf: (ref: number) => string): Value {
  const cell = sealed[column];
  if (cell === undefined || row[column] === null) return valueOf(row, column);
  const place = cell.place(row, segmentOf);
  return cell.as === 'text' ? to.text(place, from.readText(place, row, column)) : to.bytes(place, from.readBytes(place, row, column));
}

function valueOf(row: Row, column: string): Value {
  const value = row[column];
  if (value === undefined || typeof value === 'bigint') throw new Error(`broken assumption: ${column} holds a plain value`);
  return value;
}

/** Numbers that came along were not drawn here: what is drawn next comes behind them. */
async function goOnDrawing(tx: Writes, table: string, column: string): Promise<void> {
  await tx.get(`SELECT setval(pg_get_serial_sequence('${table}', '${column}'), (SELECT coalesce(max(${column}), 0) + 1 FROM ${table}), false)`);
}

/** Whether nothing has happened in it yet. */
export async function isEmpty(sql: Sql): Promise<boolean> {
  for (const { name } of TABLES) if ((await sql.get(`SELECT 1 AS one FROM ${name} LIMIT 1`)) !== undefined) return false;
  return true;
}
