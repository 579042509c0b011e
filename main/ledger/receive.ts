import { equalBytes, toHex } from '../../shared/base/bytes.ts';
import { parseCanonical } from '../../shared/base/canonical.ts';
import type { SegmentId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { SegmentOpenBody } from '../../shared/ledger/bodies.ts';
import { bodyCommitment, chainHash, Header } from '../../shared/ledger/entry.ts';
import type { WriteHandle } from '../store/store.ts';
import { appendEntry } from './append.ts';
import { sha256 } from './chain-writer.ts';
import type { Reader } from './fold.ts';
import { parseBody } from './expansion.ts';
import { insertSegment, moveHead, segmentById, type Segment } from './segments.ts';

export type ReceiveFault = 'GAP' | 'FORK' | 'BAD_HASH' | 'MALFORMED';
export type Received = { readonly applied: number; readonly duplicates: number; readonly parked: number; readonly patients: readonly string[] };

/** What arrives from elsewhere, before any of it is believed. */
export type Arriving = { readonly headerText: string; readonly salt: Uint8Array; readonly body: Uint8Array | null };

/**
 * Takes entries of other devices, in segment order, within the caller's transaction: every header is parsed and must
 * be canonical, every body must match its commitment, and each entry must continue the chain that is held here. An
 * entry already held is skipped if it is the same and reported as a fork if it is not.
 */
export function receiveEntries(write: WriteHandle, arriving: readonly Arriving[], reader?: Reader): Result<Received, ReceiveFault> {
  const chains = new Map<SegmentId, Segment>();
  const patients = new Set<string>();
  let applied = 0;
  let duplicates = 0;
  let parked = 0;
  for (const each of arriving) {
    const parsed = readHeader(each);
    if (!parsed.ok) return parsed;
    const header = parsed.value;
    const segment = chains.get(header.segment) ?? segmentById(write, header.segment) ?? openSegment(write, header, each);
    if (segment === undefined) return refuse('GAP', { segment: header.segment, sequence: header.sequence });
    if (header.sequence < segment.length) {
      if (!isSame(write, segment, header, each)) return refuse('FORK', { segment: header.segment, sequence: header.sequence });
      chains.set(header.segment, segment);
      duplicates += 1;
      continue;
    }
    if (segment.own) return refuse('FORK', { segment: header.segment, sequence: header.sequence });
    if (header.sequence > segment.length) return refuse('GAP', { segment: header.segment, sequence: header.sequence });
    const hash = chainHash(sha256, segment.head, each.headerText);
    const { outcome } = appendEntry(write, segment, { header, ...each, hash }, reader);
    chains.set(header.segment, { ...segment, length: segment.length + 1, head: hash });
    applied += 1;
    if (!outcome.folded) parked += 1;
    if (header.patient !== null) patients.add(header.patient);
  }
  for (const { ref, length, head } of chains.values()) moveHead(write, ref, length, head);
  return ok({ applied, duplicates, parked, patients: [...patients] });
}

function readHeader({ headerText, salt, body }: Arriving): Result<Header, ReceiveFault> {
  const parsed = Header.safeParse(parseCanonical(headerText));
  if (!parsed.success) return refuse('MALFORMED');
  const header = parsed.data;
  if (body !== null && (header.body === null || toHex(bodyCommitment(sha256, salt, body)) !== header.body)) {
    return refuse('BAD_HASH', { segment: header.segment, sequence: header.sequence });
  }
  return ok(header);
}

/** The first entry of a segment says whose it is. */
function openSegment(write: WriteHandle, header: Header, { body }: Arriving): Segment | undefined {
  if (header.sequence !== 0 || header.kind !== 'segment.open' || body === null) return undefined;
  const opened = SegmentOpenBody.safeParse(parseBody(body));
  if (!opened.success) return undefined;
  insertSegment(write, { id: header.segment, device: opened.data.device, deviceName: opened.data.deviceName, own: false, signingKey: opened.data.signingKey, lane: opened.data.lane, start: opened.data.start ?? null, saltSeed: null });
  return segmentById(write, header.segment);
}

function isSame(write: WriteHandle, segment: Segment, header: Header, each: Arriving): boolean {
  const held = write.get('SELECT header, salt FROM ledger WHERE segment = ? AND sequence = ?', segment.ref, header.sequence);
  return held?.['header'] === each.headerText && held['salt'] instanceof Uint8Array && equalBytes(held['salt'], each.salt);
}
