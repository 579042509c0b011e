import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../shared/base/bytes.ts';
import { Secret } from './secret.ts';

const TEXT = 'a very secret value';

describe('secret', () => {
  it('VLT-27 shows nothing to text, JSON, inspection, formatting, errors and structured clones', () => {
    const secret = Secret.copyOf(utf8(TEXT));
    const hidden = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret }, { showHidden: true, depth: 5 }), format('%s %o %j', secret, secret, secret), JSON.stringify(structuredClone(secret)), Object.values(secret).join()];
    const traces = [TEXT, '97,32', '"97"', Buffer.from(TEXT).toString('hex'), Buffer.from(TEXT).toString('base64')];
    expect(hidden.filter((shown) => traces.some((trace) => shown.includes(trace)))).toEqual([]);
    expect(Reflect.ownKeys(secret)).toEqual([]);
  });

  it('VLT-27 overwrites its bytes when destroyed, and throws at any use afterwards', () => {
    const secret = Secret.copyOf(utf8(TEXT));
    const lent = secret.use((bytes) => bytes);
    secret.destroy();
    secret.destroy();
    expect([...lent].every((byte) => byte === 0)).toBe(true);
    expect(secret.destroyed).toBe(true);
    for (const use of [() => secret.use(() => 0), () => secret.length, () => secret.clone(), () => secret.equals(secret)]) expect(use).toThrow(/destroyed secret/);
  });

  it('VLT-27 takes bytes over from their source, and compares by content', () => {
    const source = utf8(TEXT);
    const secret = Secret.take(source);
    expect([...source].every((byte) => byte === 0)).toBe(true);
    const twin = secret.clone();
    expect(secret.equals(twin)).toBe(true);
    expect(secret.equals(Secret.copyOf(utf8('a very secret valuf')))).toBe(false);
    expect(secret.equals(Secret.copyOf(utf8('a very')))).toBe(false);
    secret.destroy();
    expect(twin.use((bytes) => Buffer.from(bytes).toString())).toBe(TEXT);
  });
});
