import { describe, expect, it } from 'vitest';
import { utf8 } from '../../shared/base/bytes.ts';
import { systemRandom } from '../world.ts';
import { CellUnreadable, type Cells } from './cells.ts';
import { sealedCells } from './sealed-cells.ts';

const first = { id: 1, key: systemRandom.bytes(32) };
const second = { id: 2, key: systemRandom.bytes(32) };
const cellOf = (cells: Cells, place: string, text: string): Uint8Array => cells.text(place, text) as Uint8Array;

describe('sealed cells', () => {
  it('CEN-5 a cell opens at its place and shows nothing of what it holds', () => {
    const cells = sealedCells([first], systemRandom);
    const cell = cellOf(cells, 'op header a.1', 'Okafor');
    expect(Buffer.from(cell).includes('Okafor')).toBe(false);
    expect(cells.readText('op header a.1', { header: cell }, 'header')).toBe('Okafor');
    expect(cells.readBytes('op body a.1', { body: cells.bytes('op body a.1', utf8('x')) }, 'body')).toEqual(utf8('x'));
    expect(cells.bytes('op body a.1', null)).toBeNull();
    expect(cellOf(cells, 'op header a.1', 'Okafor')).not.toEqual(cell);
  });

  it('CEN-5 another place, another key, a cut or one changed bit: it does not open', () => {
    const cells = sealedCells([first], systemRandom);
    const cell = cellOf(cells, 'op header a.1', 'Okafor');
    expect(() => cells.readText('op header a.2', { header: cell }, 'header')).toThrow(CellUnreadable);
    expect(() => sealedCells([{ id: 1, key: second.key }], systemRandom).readText('op header a.1', { header: cell }, 'header')).toThrow(CellUnreadable);
    expect(() => sealedCells([second], systemRandom).readText('op header a.1', { header: cell }, 'header')).toThrow(CellUnreadable);
    for (let index = 0; index < cell.length; index += 1) {
      const changed = cell.slice();
      changed[index]! ^= 0x80;
      expect(() => cells.readText('op header a.1', { header: changed }, 'header'), `byte ${index}`).toThrow(CellUnreadable);
      expect(() => cells.readText('op header a.1', { header: cell.slice(0, index) }, 'header')).toThrow(CellUnreadable);
    }
  });

  it('CEN-5 a new key seals what comes, the old one still opens what is there, and equality columns go on', () => {
    const before = sealedCells([first], systemRandom);
    const after = sealedCells([first, second], systemRandom);
    const old = cellOf(before, 'p', 'old');
    const recent = cellOf(after, 'p', 'recent');
    expect(after.readText('p', { c: old }, 'c')).toBe('old');
    expect(after.readText('p', { c: recent }, 'c')).toBe('recent');
    expect(() => before.readText('p', { c: recent }, 'c')).toThrow(CellUnreadable);
    expect(after.blind('p', 'x')).toBe(before.blind('p', 'x'));
    expect(new Set([after.blind('p', 'x'), after.blind('p', 'y'), after.blind('q', 'x')]).size).toBe(3);
  });
});
