import { createHash } from 'node:crypto';
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '../../shared/base/bytes.ts';
import { DeviceId, type RecordId, type SegmentId } from '../../shared/base/ids.ts';
import type { Sha256 } from '../../shared/base/world.ts';
import { bodyCommitment, chainHash, headerText, type Header } from '../../shared/ledger/entry.ts';
import { LANE, type Lane } from '../../shared/ledger/lanes.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { SyncCrypto } from '../../shared/sync/sealing.ts';

/** What simulated devices and hubs are made of: numbers from a seed, hashes, and seals that are cheap but tell every change. */

export type Dice = {
  /** 0 <= value < 1. */
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  hex(bytes: number): string;
};

/** Mulberry32: the same seed gives the same world. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { next, below, chance: (probability) => next() < probability, hex: (bytes) => Array.from({ length: bytes }, () => below(256).toString(16).padStart(2, '0')).join('') };
}

export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** A key of the model is its owner's name, hashed; private and public are the same. */
export const modelKey = (owner: string): Uint8Array => sha256(utf8(owner));

const ENC = new Uint8Array(32);
const TAG_BYTES = 16;
const tagOf = (key: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array => sha256(key, info, aad, plaintext).subarray(0, TAG_BYTES);
const signatureOf = (key: Uint8Array, message: Uint8Array): Uint8Array => concatBytes(sha256(Uint8Array.of(1), key, message), sha256(Uint8Array.of(2), key, message));

/** Not secret at all, but any other key, additional data or byte is refused as the real seals refuse it. */
export function modelCrypto(ownKey: Uint8Array): SyncCrypto {
  return {
    sha256,
    sign: (message) => signatureOf(ownKey, message),
    verify: (publicKey, message, signature) => equalBytes(signatureOf(publicKey, message), signature),
    hpke: {
      seal: async (recipient, info, aad, plaintext) => concatBytes(ENC, plaintext, tagOf(recipient, info, aad, plaintext)),
      open: async (info, aad, sealed) => {
        if (sealed.length < ENC.length + TAG_BYTES || !equalBytes(sealed.subarray(0, ENC.length), ENC)) return null;
        const plaintext = sealed.subarray(ENC.length, -TAG_BYTES);
        return equalBytes(tagOf(ownKey, info, aad, plaintext), sealed.subarray(-TAG_BYTES)) ? plaintext : null;
      },
    },
    compression: { compress: (bytes) => bytes, decompress: (bytes, max) => (bytes.length > max ? null : bytes) },
  };
}

export const deviceNamed = (number: number): DeviceId => DeviceId.parse(number.toString(16).padStart(16, 'd'));

/** The next entry of a chain, as a ledger would make it. Sequence 0 opens the segment. */
export function modelEntry(device: DeviceId, segment: SegmentId, sequence: number, previous: Uint8Array, dice: Dice, bodyBytes: number, lane: Lane = LANE.clinical, patient: RecordId | null = null): WireEntry {
  const opening = sequence === 0;
  const body = utf8(JSON.stringify(opening ? { device, lane, signingKey: toHex(modelKey(`${device} signs`)) } : { note: dice.hex(Math.max(1, Math.floor(bodyBytes / 2))) }));
  const salt = fromHex(dice.hex(16));
  const header: Header = {
    at: 1_700_000_000_000 + sequence, body: toHex(bodyCommitment(sha256, salt, body)), clock: [1_700_000_000_000 + sequence, 0], clockState: 'ok', decision: 'model/0',
    kind: opening ? 'segment.open' : dice.chance(0.05) ? 'from.the.future' : 'note', minReader: 1, monotonic: sequence, offset: 0, parents: [], patient, purpose: 'TREAT',
    record: null, segment, sequence, session: null, v: 1, zone: 'UTC',
  };
  const text = headerText(header);
  return { headerText: text, salt, body, segment, sequence, kind: header.kind, patient, hash: chainHash(sha256, previous, text) };
}

/** Power went at a store boundary; whoever catches it starts the machine again. */
export class PowerCut extends Error {}
