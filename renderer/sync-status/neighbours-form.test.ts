import { describe, expect, it } from 'vitest';
import { lineOf, NEIGHBOURS_MAX, neighboursIn, placeIn, placeOf, placeText } from './neighbours-form.ts';

const A = '00000000000000aa';
const B = '00000000000000bb';

describe('an address', () => {
  it('is a name or a number with a port, IPv6 in brackets', () => {
    expect(placeIn(' 192.168.4.21:7410 ')).toEqual({ host: '192.168.4.21', port: 7410 });
    expect(placeIn('pharmacy.local:1')).toEqual({ host: 'pharmacy.local', port: 1 });
    expect(placeIn('[fe80::1]:7410')).toEqual({ host: 'fe80::1', port: 7410 });
    for (const wrong of ['', 'pharmacy', ':7410', 'a b:7410', 'a:0', 'a:65536', 'fe80::1:7410', 'a:7410/x', '[::1]']) expect(placeIn(wrong)).toBeNull();
  });

  it('goes there and back as the engine writes it', () => {
    expect(placeText(placeOf('fe80::1:7410'))).toBe('[fe80::1]:7410');
    expect(placeIn(placeText(placeOf('fe80::1:7410')))).toEqual({ host: 'fe80::1', port: 7410 });
    expect(lineOf(A, placeOf('127.0.0.1:7410'))).toBe(`${A}@127.0.0.1:7410`);
  });
});

describe('the list of neighbours', () => {
  it('is read line by line, the last word of a neighbour named twice', () => {
    expect(neighboursIn(`${A}@10.0.0.1:7410\n\n  ${B.toUpperCase()}@pharmacy:7411\n${A}@10.0.0.2:7410`)).toEqual({ ok: true, neighbours: [{ device: A, host: '10.0.0.2', port: 7410 }, { device: B, host: 'pharmacy', port: 7411 }] });
    expect(neighboursIn(' \n ')).toEqual({ ok: true, neighbours: [] });
  });

  it('names the line that cannot be read', () => {
    expect(neighboursIn(`${A}@10.0.0.1:7410\npharmacy:7410`)).toEqual({ ok: false, line: 'pharmacy:7410' });
    expect(neighboursIn(`${A}@10.0.0.1`)).toEqual({ ok: false, line: `${A}@10.0.0.1` });
  });

  it('ends where the contract does', () => {
    const many = Array.from({ length: NEIGHBOURS_MAX + 1 }, (_, index) => `${index.toString(16).padStart(16, '0')}@10.0.0.1:7410`);
    expect(neighboursIn(many.join('\n'))).toEqual({ ok: false, tooMany: true });
    expect(neighboursIn(many.slice(1).join('\n'))).toMatchObject({ ok: true });
  });
});
