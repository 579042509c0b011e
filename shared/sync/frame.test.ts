import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../base/bytes.ts';
import { createFrameReader, framesOf } from './frame.ts';
import { FRAME_PAYLOAD_MAX_BYTES } from './limits.ts';
import { byteReader, byteWriter, MalformedBytes, readAll } from './wire-bytes.ts';

const message = fc.uint8Array({ minLength: 1, maxLength: 3 * FRAME_PAYLOAD_MAX_BYTES });

describe('frames', () => {
  it('SYN-1 messages come out as they went in, however the line cuts them', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }), (messages, cuts) => {
        const line = concatBytes(...messages.flatMap((each) => framesOf(each)));
        const reader = createFrameReader(64 * 1024);
        const found: Uint8Array[] = [];
        for (let offset = 0, turn = 0; offset < line.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          const taken = reader.push(line.subarray(offset, offset + size));
          if (!taken.ok) throw new Error(taken.fault.code);
          found.push(...taken.value);
          offset += size;
        }
        expect(found.map((each) => Buffer.from(each).toString('hex'))).toEqual(messages.map((each) => Buffer.from(each).toString('hex')));
      }),
    );
  });

  it('SYN-1 frames of two lanes may interleave', () => {
    const [bulk, urgent] = [new Uint8Array(10_000).fill(1), Uint8Array.of(2, 2)];
    const [first, ...rest] = framesOf(bulk, 3);
    const taken = createFrameReader(64 * 1024).push(concatBytes(first!, ...framesOf(urgent, 0), ...rest));
    expect(taken.ok && taken.value.map(({ length }) => length)).toEqual([2, 10_000]);
  });

  it('SYN-1 no frame carries more than its limit', () => {
    for (const frame of framesOf(new Uint8Array(3 * FRAME_PAYLOAD_MAX_BYTES + 1))) expect(frame.length).toBeLessThanOrEqual(FRAME_PAYLOAD_MAX_BYTES + 4);
  });

  it.each([
    ['length zero', [0, 0, 0, 1]],
    ['length above the limit', [0x10, 0x01, 0, 1]],
    ['a lane that does not exist', [0, 1, 4, 1, 9]],
    ['an unknown flag', [0, 1, 0, 3, 9]],
  ])('SYN-1 %s ends the reading for good', (_, bytes) => {
    const reader = createFrameReader(1000);
    expect(reader.push(Uint8Array.from(bytes))).toEqual({ ok: false, fault: { code: 'FRAME_MALFORMED' } });
    expect(reader.push(framesOf(Uint8Array.of(1))[0]!).ok).toBe(false);
  });

  it('SYN-2 a message above the limit is refused before it is gathered, until more is allowed', () => {
    const frames = framesOf(new Uint8Array(5000));
    expect(createFrameReader(4999).push(concatBytes(...frames))).toEqual({ ok: false, fault: { code: 'MESSAGE_TOO_LARGE' } });
    const reader = createFrameReader(100);
    reader.allow(5000);
    expect(reader.push(concatBytes(...frames)).ok).toBe(true);
  });

  it('SYN-1 noise never throws', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
      const reader = createFrameReader(1000);
      for (const chunk of chunks) reader.push(chunk);
    }));
  });
});

describe('binary shapes', () => {
  it('SYN-2 integers, bytes and texts come back', () => {
    fc.assert(fc.property(fc.maxSafeNat(), fc.uint8Array(), fc.string({ unit: 'grapheme' }), (number, bytes, text) => {
      const written = byteWriter().uint(number).bytes(bytes).text(text).done();
      const read = readAll(written, (reader) => [reader.uint(), Buffer.from(reader.bytes(bytes.length)).toString('hex'), reader.text(10_000)]);
      expect(read).toEqual([number, Buffer.from(bytes).toString('hex'), text]);
    }));
  });

  it('SYN-2 too long, too large, cut short, not shortest, left over: none of it reads', () => {
    expect(readAll(Uint8Array.of(5), (reader) => reader.uint(4))).toBeNull();
    expect(readAll(Uint8Array.of(0x80, 0x00), (reader) => reader.uint())).toBeNull();
    expect(readAll(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), (reader) => reader.uint())).toBeNull();
    expect(readAll(Uint8Array.of(3, 1, 2), (reader) => reader.bytes(10))).toBeNull();
    expect(readAll(Uint8Array.of(2, 0xc3, 0x28), (reader) => reader.text(10))).toBeNull();
    expect(readAll(Uint8Array.of(1, 2), (reader) => reader.uint())).toBeNull();
    expect(() => byteReader(new Uint8Array()).fixed(1)).toThrow(MalformedBytes);
  });
});
