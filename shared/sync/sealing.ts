import { utf8 } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';
import { BATCH_RAW_MAX_BYTES, PADDING_BYTES } from './limits.ts';
import { signedBytes } from './envelope.ts';

/** HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Sealed = enc (32) || ciphertext || tag (16). */
export type Hpke = {
  seal(recipientPublicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /** Null where the seal does not open: another key, other additional data, or changed bytes. */
  open(info: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null>;
};

/** Ed25519 (RFC 8032): keys of 32 bytes, signatures of 64. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
export type Sign = (message: Uint8Array) => Uint8Array;

/** Zstandard (RFC 8878). */
export type Compression = {
  compress(bytes: Uint8Array): Uint8Array;
  /** Null where the bytes are not a frame or would unpack to more than `maxBytes`. */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array | null;
};

/** What the machine lends the protocol. */
export type SyncCrypto = { readonly sha256: Sha256; readonly hpke: Hpke; readonly sign: Sign; readonly verify: Verify; readonly compression: Compression };

/** enc and tag of a seal, in bytes. */
export const SEAL_OVERHEAD_BYTES = 48;
const LENGTH_BYTES = 4;

const INFO = { batch: utf8('outpost-sync/1 batch'), page: utf8('outpost-sync/1 page') } as const;
export type SealedShape = keyof typeof INFO;

/** Compressed length (32 bits, big-endian), the compressed bytes, then zeros to a multiple of PADDING_BYTES. */
export function pack(compression: Compression, raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const compressed = compression.compress(raw);
  const packed = new Uint8Array(Math.ceil((LENGTH_BYTES + compressed.length) / PADDING_BYTES) * PADDING_BYTES);
  new DataView(packed.buffer).setUint32(0, compressed.length);
  packed.set(compressed, LENGTH_BYTES);
  return packed;
}

export function unpack(compression: Compression, packed: Uint8Array): Uint8Array | null {
  if (packed.length < LENGTH_BYTES) return null;
  const length = new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getUint32(0);
  if (length > packed.length - LENGTH_BYTES) return null;
  return compression.decompress(packed.subarray(LENGTH_BYTES, LENGTH_BYTES + length), BATCH_RAW_MAX_BYTES);
}

/** A batch or a page on the wire. */
export type Sealed = { readonly header: Uint8Array; readonly sealed: Uint8Array; readonly signature: Uint8Array };

export async function seal(crypto: SyncCrypto, shape: SealedShape, recipientPublicKey: Uint8Array, header: Uint8Array, packed: Uint8Array): Promise<Sealed> {
  const sealed = await crypto.hpke.seal(recipientPublicKey, INFO[shape], header, packed);
  return { header, sealed, signature: crypto.sign(signedBytes(shape, header, crypto.sha256(sealed))) };
}

export type OpenFault = 'BAD_SIGNATURE' | 'BAD_SEAL' | 'MALFORMED';

/** Signature first, then the seal, then the unpacking: nothing is decoded that its sender did not sign. */
export async function open(crypto: SyncCrypto, shape: SealedShape, senderPublicKey: Uint8Array, message: Sealed): Promise<Result<Uint8Array, OpenFault>> {
  const { header, sealed, signature } = message;
  if (!crypto.verify(senderPublicKey, signedBytes(shape, header, crypto.sha256(sealed)), signature)) return refuse('BAD_SIGNATURE');
  const packed = await crypto.hpke.open(INFO[shape], header, sealed);
  if (packed === null) return refuse('BAD_SEAL');
  const raw = unpack(crypto.compression, packed);
  return raw === null ? refuse('MALFORMED') : ok(raw);
}
