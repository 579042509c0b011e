import { concatBytes, utf8 } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';
import { PADDING, PADDING_LARGE } from './limits.ts';
import type { Codec } from './codec.ts';
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

/**
 * `thorough` spends processor time on both sides to spare a thin line; `quick` is for a line that is faster than that.
 * `stored` is written once and lies on a stick: its writer may take its time, its reader may not.
 */
export type Effort = 'thorough' | 'quick' | 'stored';

/** Zstandard (RFC 8878); a dictionary is content that both sides hold. */
export type Compression = {
  compress(bytes: Uint8Array, effort: Effort, dictionary?: Uint8Array): Uint8Array;
  /** Null where the bytes are not a frame or would unpack to more than `maxBytes`. */
  decompress(bytes: Uint8Array, maxBytes: number, dictionary?: Uint8Array): Uint8Array | null;
};

/** What the machine lends the protocol. */
export type SyncCrypto = { readonly sha256: Sha256; readonly hpke: Hpke; readonly sign: Sign; readonly verify: Verify; readonly compression: Compression; /** The codecs there are, where they are not those of this release. */ readonly repertoire?: readonly Codec[] };

/** enc and tag of a seal, in bytes. */
export const SEAL_OVERHEAD_BYTES = 48;
const LENGTH_BYTES = 4;

const INFO = { batch: utf8('outpost-sync/1 batch'), page: utf8('outpost-sync/1 page'), carried: utf8('outpost-sync/2 carried') } as const;
export type SealedShape = keyof typeof INFO;

/** Content length (32 bits, big-endian), the content as a codec made it, then zeros to the next step of PADDING. */
export function pad(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = LENGTH_BYTES + content.length;
  const { step } = PADDING.find(({ upTo }) => length <= upTo) ?? PADDING_LARGE;
  const padded = new Uint8Array(Math.ceil(length / step) * step);
  new DataView(padded.buffer).setUint32(0, content.length);
  padded.set(content, LENGTH_BYTES);
  return padded;
}

/** The content, or null where the length does not fit. */
export function unpad(padded: Uint8Array): Uint8Array | null {
  if (padded.length < LENGTH_BYTES) return null;
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0);
  return length > padded.length - LENGTH_BYTES ? null : padded.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
}

/** A batch or a page on the wire. */
export type Sealed = { readonly header: Uint8Array; readonly sealed: Uint8Array; readonly signature: Uint8Array };

/** Several batches under one seal: it is bound to all of their headers, and each of these is signed by itself. */
export type SealedRuns = { readonly headers: readonly Uint8Array[]; readonly signatures: readonly Uint8Array[]; readonly sealed: Uint8Array };

export async function seal(crypto: SyncCrypto, shape: SealedShape, recipientPublicKey: Uint8Array, header: Uint8Array, padded: Uint8Array): Promise<Sealed> {
  const sealed = await crypto.hpke.seal(recipientPublicKey, INFO[shape], header, padded);
  return { header, sealed, signature: crypto.sign(signedBytes(shape, header, crypto.sha256(sealed))) };
}

/** Of a single run this is what `seal` makes of it. */
export async function sealRuns(crypto: SyncCrypto, recipientPublicKey: Uint8Array, headers: readonly Uint8Array[], padded: Uint8Array): Promise<SealedRuns> {
  const sealed = await crypto.hpke.seal(recipientPublicKey, INFO.batch, concatBytes(...headers), padded);
  const sealedHash = crypto.sha256(sealed);
  return { headers, sealed, signatures: headers.map((header) => crypto.sign(signedBytes('batch', header, sealedHash))) };
}

export type OpenFault = 'BAD_SIGNATURE' | 'BAD_SEAL' | 'MALFORMED';

/** Gives the content for its codec to read. Signature first, then the seal: nothing is decoded that its sender did not sign. */
export async function open(crypto: SyncCrypto, shape: SealedShape, senderPublicKey: Uint8Array, message: Sealed): Promise<Result<Uint8Array, OpenFault>> {
  const { header, sealed, signature } = message;
  if (!crypto.verify(senderPublicKey, signedBytes(shape, header, crypto.sha256(sealed)), signature)) return refuse('BAD_SIGNATURE');
  return unsealed(crypto, shape, header, sealed);
}

/** All signatures must hold. */
export async function openRuns(crypto: SyncCrypto, senderPublicKey: Uint8Array, { headers, signatures, sealed }: SealedRuns): Promise<Result<Uint8Array, OpenFault>> {
  const sealedHash = crypto.sha256(sealed);
  const signed = headers.every((header, index) => crypto.verify(senderPublicKey, signedBytes('batch', header, sealedHash), signatures[index] ?? new Uint8Array()));
  return signed && headers.length > 0 ? unsealed(crypto, 'batch', concatBytes(...headers), sealed) : refuse('BAD_SIGNATURE');
}

async function unsealed(crypto: SyncCrypto, shape: SealedShape, boundTo: Uint8Array, sealed: Uint8Array): Promise<Result<Uint8Array, OpenFault>> {
  const padded = await crypto.hpke.open(INFO[shape], boundTo, sealed);
  if (padded === null) return refuse('BAD_SEAL');
  const content = unpad(padded);
  return content === null ? refuse('MALFORMED') : ok(content);
}
