import { expect, it } from 'vitest';
import { insertions, numbered, preparer } from './postgres-text.ts';

it.each([
  ['SELECT ?', 'SELECT $1'],
  ['a = ? AND b = ?', 'a = $1 AND b = $2'],
  ["a = '?' AND b = ?", "a = '?' AND b = $1"],
  ["a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1"],
  ['"col?" = ?', '"col?" = $1'],
  ['-- why?\na = ?', '-- why?\na = $1'],
  ['/* ? */ a = ?', '/* ? */ a = $1'],
])('CEN-3 %j is %j', (portable, translated) => {
  expect(numbered(portable)).toBe(translated);
});

it('CEN-3 texts are named once, and not without end', () => {
  const prepare = preparer();
  expect(prepare('SELECT 1')).toBe(prepare('SELECT 1'));
  const names = new Set(Array.from({ length: 600 }, (_, index) => prepare(`SELECT ${index}`).name));
  expect(names.size).toBe(501);
  expect(names.has(undefined)).toBe(true);
});

it('CEN-3 rows go in by few kinds of statements, every row once', () => {
  for (const count of [0, 1, 3, 255, 1000, 1279]) expect(insertions('t', ['a', 'b'], count).reduce((sum, { rows }) => sum + rows, 0)).toBe(count);
  expect(new Set(Array.from({ length: 1000 }, (_, count) => insertions('t', ['a', 'b'], count)).flat().map(({ sql }) => sql)).size).toBe(5);
  expect(insertions('t', ['a', 'b'], 1)).toEqual([{ sql: 'INSERT INTO t (a, b) VALUES (?, ?)', rows: 1 }]);
});
