import { expect, it } from 'vitest';
import { toHex, utf8 } from '../../shared/base/bytes.ts';
import { derivedKey, halvesOf, openExtended, sealExtended } from './extended-gcm.ts';

const NONCE = utf8('ABCDEFGHIJKLMNOPQRSTUVWX');

/** The published vectors; between them the first bit of CMAC's subkey is clear and set. */
it.each([
  [0x01, '', 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271'],
  [0x03, 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d'],
])('CEN-5 XAES-256-GCM of the published vector with key %i', (byte, aad, expected) => {
  const { first, second } = halvesOf(NONCE);
  const derived = derivedKey(new Uint8Array(32).fill(byte), first);
  const sealed = sealExtended(derived, second, utf8(aad), utf8('XAES-256-GCM'));
  expect(toHex(sealed)).toBe(expected);
  expect(openExtended(derived, second, utf8(aad), sealed)).toEqual(utf8('XAES-256-GCM'));
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = sealed.slice();
    changed[index]! ^= 1;
    expect(openExtended(derived, second, utf8(aad), changed)).toBeNull();
  }
  expect(openExtended(derived, second, utf8(`${aad}.`), sealed)).toBeNull();
  expect(derived.equals(derivedKey(new Uint8Array(32).fill(byte), second))).toBe(false);
});
