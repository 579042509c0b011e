import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALL_INPUT_MAX_DEPTH, CALL_INPUT_MAX_NODES, CALL_INPUT_MAX_SIZE, Request, sizeFault } from './envelope.ts';

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe('size of an input', () => {
  it('lets anything of ordinary size pass', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        expect(sizeFault(value)).toBeNull();
      }),
    );
    expect(sizeFault(undefined)).toBeNull();
    expect(sizeFault(new Uint8Array(1024 * 1024))).toBeNull();
    expect(sizeFault(Object.assign(Object.create(null) as object, { a: 1 }))).toBeNull();
  });

  it('stops at the size limit, in text, keys and bytes alike', () => {
    expect(sizeFault('x'.repeat(CALL_INPUT_MAX_SIZE))).toBeNull();
    expect(sizeFault('x'.repeat(CALL_INPUT_MAX_SIZE + 1))).toBe('TOO_LARGE');
    expect(sizeFault({ ['k'.repeat(CALL_INPUT_MAX_SIZE)]: '' })).toBeNull();
    expect(sizeFault({ ['k'.repeat(CALL_INPUT_MAX_SIZE)]: 'x' })).toBe('TOO_LARGE');
    expect(sizeFault([new Uint8Array(CALL_INPUT_MAX_SIZE), 'x'])).toBe('TOO_LARGE');
  });

  it('stops at the depth limit, and so in a ring', () => {
    expect(sizeFault(nested(CALL_INPUT_MAX_DEPTH))).toBeNull();
    expect(sizeFault(nested(CALL_INPUT_MAX_DEPTH + 1))).toBe('TOO_DEEP');
    expect(sizeFault(nested(10_000))).toBe('TOO_DEEP');
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    expect(sizeFault(ring)).toBe('TOO_DEEP');
  });

  it('stops at the node limit, and before it lists an array that is mostly holes', () => {
    expect(sizeFault(Array.from({ length: CALL_INPUT_MAX_NODES }, () => true))).toBeNull();
    expect(sizeFault(Array.from({ length: CALL_INPUT_MAX_NODES + 1 }, () => true))).toBe('TOO_MANY_NODES');
    const holes: unknown[] = [];
    holes.length = 2 ** 32 - 1;
    expect(sizeFault(holes)).toBe('TOO_MANY_NODES');
    const branching = Array.from({ length: 400 }, () => Array.from({ length: 400 }, () => 1));
    expect(sizeFault(branching)).toBe('TOO_MANY_NODES');
  });

  it('refuses what structured cloning carries and JSON does not', () => {
    for (const value of [new Date(0), new Map(), new Set(), /x/, 1n, new Uint16Array(1), new ArrayBuffer(1), new Error('x'), () => 1, Symbol('s'), Object.create({ inherited: 1 })]) expect(sizeFault({ value })).toBe('NOT_PLAIN');
  });
});

describe('request', () => {
  it('is an id, a name and an input, and nothing beside', () => {
    expect(Request.safeParse({ id: 1, name: 'app.status', input: {} }).success).toBe(true);
    for (const raw of [null, [], 'x', { id: 1 }, { id: -1, name: 'a', input: 0 }, { id: 1.5, name: 'a', input: 0 }, { id: '1', name: 'a', input: 0 }, { id: 1, name: 'a'.repeat(65), input: 0 }, { id: 1, name: 7, input: 0 }, { id: 1, name: 'a', input: 0, sender: 'main' }, { id: Number.NaN, name: 'a', input: 0 }])
      expect(Request.safeParse(raw).success).toBe(false);
  });
});
