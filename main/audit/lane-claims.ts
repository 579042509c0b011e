import { toHex } from '../../shared/base/bytes.ts';
import { splitEntryId, type DeviceId, type EntryId, type SegmentId } from '../../shared/base/ids.ts';
import { RecoveredBody, type LaneHead } from '../../shared/ledger/bodies.ts';
import type { Lane } from '../../shared/ledger/lanes.ts';
import { holdsAPart, type Segment } from '../ledger/ledger.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';

/**
 * What devices have said of the ends of their lanes, in checkpoints and in the first entries of segments, against what
 * is held here. Lanes travel apart, so an end that has not come is late at first; it is missing once central has been
 * reached a day after it was signed.
 */
export type LaneLag = {
  readonly device: DeviceId;
  readonly deviceName: string;
  readonly lane: Lane;
  readonly segment: SegmentId;
  /** Entries held here, and entries their device has signed for. */
  readonly held: number;
  readonly sealed: number;
  /** By the clock of the device that signed; epoch milliseconds. */
  readonly sealedAt: number;
  readonly alarm: boolean;
};

/** The entry that makes a claim, and the segment it stands in. */
type Claimant = { readonly entry: EntryId; readonly position: number; readonly at: number; readonly segment: Segment };
type Gone = { readonly entry: EntryId; readonly position: number; readonly problem: string };

export type LaneClaims = {
  /** False where what is held contradicts a claim. */
  hold(claims: readonly LaneHead[], by: Claimant): boolean;
  /** The body of a `ledger.recovered` entry: own segments that were taken back after a restore, and may still be on their way. */
  recovered(body: unknown): void;
  /** Whether an own entry is one of those that were taken back: what it says of this vault, it says of another copy. */
  cameBack(entry: EntryId): boolean;
  /** `gone`: own entries that were signed for and never came back from anywhere. `contactAt`: when central was last reached. */
  /** `unjudged`: ends of others' lanes that are not here and may have been left out on purpose, where this workstation holds a part. */
  judge(contactAt: number | null): { readonly gone: readonly Gone[]; readonly lags: readonly LaneLag[]; readonly unjudged: number };
};

export const LAG_ALARM_MS = 24 * 60 * 60_000;

export function createLaneClaims(read: ReadHandle): LaneClaims {
  const late = new Map<SegmentId, { readonly claim: LaneHead; readonly held: number; readonly by: Claimant }>();
  const healing = new Set<SegmentId>();
  const back: { readonly segment: SegmentId; readonly from: number; readonly to: number }[] = [];

  const hold = (claim: LaneHead, by: Claimant): boolean => {
    const row = read.get('SELECT ref, length, device, hole FROM segment WHERE id = ?', claim.segment);
    if (row !== undefined && row['device'] !== by.segment.device) return false;
    const held = Number(row?.['length'] ?? 0);
    if (held >= claim.length) return claim.length === 0 || isLeftOut(read, row, claim.length - 1) || holdsAt(read, Number(row?.['ref']), claim.length, claim.head);
    const known = late.get(claim.segment);
    if (known === undefined || known.claim.length < claim.length) late.set(claim.segment, { claim, held, by });
    return true;
  };

  return {
    hold: (claims, by) => claims.map((claim) => hold(claim, by)).every(Boolean),
    recovered(body) {
      for (const { segment, from, to } of RecoveredBody.safeParse(body).data?.segments ?? []) {
        healing.add(segment);
        back.push({ segment, from, to });
      }
    },
    cameBack(entry) {
      const { segment, sequence } = splitEntryId(entry);
      return back.some((each) => each.segment === segment && sequence >= each.from && sequence < each.to);
    },
    judge(contactAt) {
      const gone: Gone[] = [];
      const partial = holdsAPart(read);
      const lags: LaneLag[] = [];
      let unjudged = 0;
      for (const { claim, held, by } of late.values()) {
        const { segment, lane } = claim;
        if (by.segment.own && !healing.has(segment) && !healing.has(by.segment.id)) {
          gone.push({ entry: by.entry, position: by.position, problem: 'entries that this workstation signed for are gone' });
          continue;
        }
        // What is left out on purpose may be the end of any lane.
        if (!by.segment.own && partial) {
          unjudged += 1;
          continue;
        }
        const alarm = contactAt !== null && contactAt - by.at > LAG_ALARM_MS;
        lags.push({ device: by.segment.device, deviceName: by.segment.deviceName, lane, segment, held, sealed: claim.length, sealedAt: by.at, alarm });
      }
      return { gone, lags, unjudged };
    },
  };
}

/** Whether the entry is one of those that were never sent here. */
function isLeftOut(read: ReadHandle, segment: SqlRow | undefined, sequence: number): boolean {
  return typeof segment?.['hole'] === 'number' && segment['hole'] <= sequence && read.get('SELECT 1 FROM ledger WHERE segment = ? AND sequence = ?', segment['ref'] ?? null, sequence) === undefined;
}

/** Whether the chain of a segment ends in this hash after so many entries. */
export function holdsAt(read: ReadHandle, segmentRef: number, length: number, headHex: string): boolean {
  const hash = read.get('SELECT hash FROM ledger WHERE segment = ? AND sequence = ?', segmentRef, length - 1)?.['hash'];
  return hash instanceof Uint8Array && toHex(hash) === headHex;
}
