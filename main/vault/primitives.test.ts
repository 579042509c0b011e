import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../build/fixtures/memory-disk.ts';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { openGrant, sealGrant, x25519PublicKey } from './grant.ts';
import { deriveKey, seal, Sealed, unseal } from './primitives.ts';
import { Secret } from './secret.ts';

const KEY = new Uint8Array(32).fill(7);
const CONTEXT = { purpose: 'test', vaultId: '00' };

describe('primitives', () => {
  it('VLT-31 HKDF-SHA256 gives the first 32 bytes of RFC 5869 test case 3', () => {
    expect(toHex(deriveKey(new Uint8Array(22).fill(0x0b), ''))).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d');
  });

  it('VLT-31 a sealed value opens with its key and context alone', () => {
    const random = seededRandom('seal');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (plain, flip) => {
        const sealed = Sealed.parse(seal(KEY, plain, CONTEXT, random));
        const opened = unseal(KEY, sealed, { vaultId: '00', purpose: 'test' });
        expect(opened.ok && toHex(opened.value)).toBe(toHex(plain));
        const bytes = fromHex(sealed.nonce + sealed.box);
        bytes[flip % bytes.length]! ^= 1 << flip % 8;
        const bent = toHex(bytes);
        expect(unseal(KEY, { nonce: bent.slice(0, 24), box: bent.slice(24) }, CONTEXT).ok).toBe(false);
        expect(unseal(KEY, sealed, { ...CONTEXT, vaultId: '01' }).ok).toBe(false);
        expect(unseal(new Uint8Array(32), sealed, CONTEXT).ok).toBe(false);
      }),
    );
  });

  it('VLT-31 two seals of one value share neither nonce nor bytes', () => {
    const random = seededRandom('nonce');
    const seals = Array.from({ length: 50 }, () => seal(KEY, KEY, CONTEXT, random));
    expect(new Set(seals.map(({ nonce }) => nonce)).size).toBe(50);
    expect(new Set(seals.map(({ box }) => box)).size).toBe(50);
  });

  it('VLT-32 X25519 gives the public key of RFC 7748 6.1', () => {
    const alice = Secret.take(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    expect(toHex(x25519PublicKey(alice))).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  });

  it('VLT-32 a grant opens for its recipient in its context alone', async () => {
    const [ada, ben, key] = [1, 2, 3].map((fill) => Secret.take(new Uint8Array(32).fill(fill)));
    const grant = await sealGrant(x25519PublicKey(ada!), key!, CONTEXT);
    const opened = await openGrant(ada!, grant, CONTEXT);
    expect(opened.ok && opened.value.equals(key!)).toBe(true);
    const other = await sealGrant(x25519PublicKey(ada!), key!, CONTEXT);
    expect(other.enc).not.toBe(grant.enc);
    const refused = await Promise.all([
      openGrant(ben!, grant, CONTEXT),
      openGrant(ada!, grant, { ...CONTEXT, purpose: 'other' }),
      openGrant(ada!, { ...grant, enc: other.enc }, CONTEXT),
      openGrant(ada!, { ...grant, enc: '00'.repeat(32) }, CONTEXT),
      openGrant(ada!, { ...grant, box: `${grant.box.slice(0, -2)}00` }, CONTEXT),
    ]);
    expect(refused.map(({ ok }) => ok)).toEqual([false, false, false, false, false]);
  });
});
