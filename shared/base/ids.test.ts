import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryId, RecordId, entryId, recordIdOf, SegmentId, splitEntryId } from './ids.ts';

const segments = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map((n) => SegmentId.parse(n.toString(16).padStart(16, '0')));
const sequences = fc.integer({ min: 0, max: 2 ** 49 });

describe('ids', () => {
  it('an entry id comes apart into what it was made of', () => {
    fc.assert(
      fc.property(segments, sequences, (segment, sequence) => {
        const id = entryId(segment, sequence);
        expect(EntryId.parse(id)).toBe(id);
        expect(splitEntryId(id)).toEqual({ segment, sequence });
      }),
    );
  });

  it('a record id holds segment, sequence (50 bits) and part (8 bits) one behind the other around version and variant', () => {
    fc.assert(
      fc.property(segments, fc.integer({ min: 0, max: 2 ** 50 - 1 }), fc.integer({ min: 0, max: 255 }), (segment, sequence, part) => {
        const all = (BigInt(`0x${segment}`) << 58n) | (BigInt(sequence) << 8n) | BigInt(part);
        const whole = ((all >> 74n) << 80n) | (8n << 76n) | (((all >> 62n) & 0xfffn) << 64n) | (0b10n << 62n) | (all & 0x3fff_ffff_ffff_ffffn);
        expect(recordIdOf(entryId(segment, sequence), part).replaceAll('-', '')).toBe(whole.toString(16).padStart(32, '0'));
      }),
    );
  });

  it('record ids are version 8 UUIDs and differ whenever segment, sequence or part differ', () => {
    fc.assert(
      fc.property(segments, sequences, fc.integer({ min: 0, max: 255 }), segments, sequences, (a, n, part, b, m) => {
        const one = recordIdOf(entryId(a, n), part);
        expect(RecordId.parse(one)).toBe(one);
        expect(one[14]).toBe('8');
        const other = recordIdOf(entryId(b, m), part);
        expect(one === other).toBe(a === b && n === m);
        expect(recordIdOf(entryId(a, n), (part + 1) % 256)).not.toBe(one);
      }),
    );
  });
});
