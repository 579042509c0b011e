import { fromHex, fromUtf8 } from '../../shared/base/bytes.ts';
import type { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { Lane } from '../../shared/ledger/lanes.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { Attestation, SignedReceipt } from '../../shared/sync/envelope.ts';

/** A segment on a simulated disk, own or foreign. */
export type SimSegment = {
  readonly id: SegmentId;
  readonly device: DeviceId;
  readonly lane: Lane;
  readonly own: boolean;
  /** What its salts are made from, where that is known. */
  seed: Uint8Array | null;
  entries: WireEntry[];
  acknowledged: number;
  receipt: SignedReceipt | null;
  /** Authors' words by the length they reach, ascending. */
  words: { readonly length: number; readonly attestation: Attestation }[];
  /** Two histories contradict each other: nothing more of it is taken. */
  closed: boolean;
};

export function headOf(segment: SimSegment, length = segment.entries.length): Uint8Array {
  return segment.entries[length - 1]?.hash ?? CHAIN_START;
}

/** Whose segment it is and which lane it travels in, by its first entry. */
export function openingOf({ kind, body }: WireEntry): { readonly device: string; readonly lane: Lane; /** Its author signs with this one, hexadecimal. */ readonly key: string } | null {
  if (kind !== 'segment.open' || body === null) return null;
  const opened = JSON.parse(fromUtf8(body)) as { readonly device: string; readonly lane: unknown; readonly signingKey: string };
  return { device: opened.device, lane: Lane.parse(opened.lane), key: opened.signingKey };
}

/** Of an author whom the roster does not name: the key that a segment of theirs began with. */
export function namedKey(segments: Iterable<SimSegment>, author: DeviceId): Uint8Array | null {
  for (const { device, entries: [first] } of segments) {
    const key = device === author && first !== undefined ? openingOf(first)?.key : undefined;
    if (key !== undefined) return fromHex(key);
  }
  return null;
}

export function keepWord(segment: SimSegment, length: number, attestation: Attestation): void {
  if (segment.words.some((word) => word.length === length)) return;
  segment.words = [...segment.words, { length, attestation }].toSorted((left, right) => left.length - right.length);
}

/** As it is now, untouched by whatever comes. */
export function copyOf(segment: SimSegment): SimSegment {
  return { ...segment, entries: segment.entries.slice() };
}

/** How far it is held without anything left out or removed, and its author's words reach. */
export function provenWhole({ entries, words }: SimSegment): number {
  let whole = 0;
  while (whole < entries.length && entries[whole] !== undefined && entries[whole]?.body !== null) whole += 1;
  return words.findLast(({ length }) => length <= whole)?.length ?? 0;
}
