import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunksOf } from './chunks.ts';

it('gives every byte once, in order, in pieces no larger than asked, and marks the last alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 64 }), async (bytes, size) => {
      const chunks = [];
      for await (const chunk of chunksOf(new Blob([bytes]), size)) chunks.push(chunk);
      expect(chunks.every((chunk) => chunk.bytes.length <= size)).toBe(true);
      expect(chunks.map(({ last }) => last)).toEqual(chunks.map((_, index) => index === chunks.length - 1));
      expect(chunks.flatMap((chunk) => [...chunk.bytes])).toEqual([...bytes]);
    }),
  );
});

it('gives one empty last chunk for an empty file', async () => {
  const chunks = [];
  for await (const chunk of chunksOf(new Blob([]))) chunks.push(chunk);
  expect(chunks).toEqual([{ bytes: new Uint8Array(), last: true }]);
});

it('reads no further than it is asked', async () => {
  const read: number[] = [];
  const source = { size: 100, slice: (from: number, to: number) => ({ arrayBuffer: async () => { read.push(from); return new ArrayBuffer(to - from); } }) };
  const chunks = chunksOf(source, 10);
  await chunks.next();
  expect(read).toEqual([0]);
  await chunks.return();
  expect(read).toEqual([0]);
});
