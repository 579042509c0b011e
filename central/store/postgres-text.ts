/**
 * Portable SQL as PostgreSQL reads it: `?` outside quotes and comments becomes `$1`, `$2`, … Each text gets a name, so
 * that each connection prepares it once; texts beyond the number kept go unnamed.
 */
export type Prepared = { readonly text: string; readonly name?: string };

const KEPT = 500;
/** A quoted string or name, a comment, or a placeholder. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g;

export function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll(TOKENS, (token) => (token === '?' ? `$${(count += 1)}` : token));
}

export function preparer(): (sql: string) => Prepared {
  const known = new Map<string, Prepared>();
  return (sql) => {
    const found = known.get(sql);
    if (found !== undefined) return found;
    const text = numbered(sql);
    if (known.size >= KEPT) return { text };
    const prepared = { text, name: `s${known.size}` };
    known.set(sql, prepared);
    return prepared;
  };
}

/** How many rows go into one statement: few sizes, so that few texts are prepared. */
const ROWS_AT_ONCE = [256, 64, 16, 4, 1] as const;

/** The statements that insert so many rows, in order; each takes the next `rows` of them. */
export function insertions(table: string, columns: readonly string[], count: number): readonly { readonly sql: string; readonly rows: number }[] {
  const row = `(${columns.map(() => '?').join(', ')})`;
  const head = `INSERT INTO ${table} (${columns.join(', ')}) VALUES `;
  const statements: { sql: string; rows: number }[] = [];
  let left = count;
  for (const rows of ROWS_AT_ONCE) {
    for (; left >= rows; left -= rows) statements.push({ sql: head + Array.from({ length: rows }, () => row).join(', '), rows });
  }
  return statements;
}
