import type { DeviceId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import type { Grant, Ledger, Written } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import { readAnchor, writeAnchor, type Anchor, type AnchorFault, type AnchorPlace } from './anchor.ts';
import { signCheckpoint, type Signer } from './checkpoint.ts';
import { checkCosigned, type Cosignature, type CosignedUpTo } from './cosigned.ts';
import { moveMark } from './held-mark.ts';
import { anchorHolds, verifyLedger, type Verification } from './verify.ts';

/**
 * The ledger as evidence. Promises: the device signs where its chain stands at every lock, sync and export; the last
 * such word is kept outside the database; verification names the first entry that does not hold.
 */
export { authorshipOf, readTrail, trailLines, type TrailFilter } from './trail.ts';
export { fileAnchorPlace } from './anchor-file.ts';
export { jsonOf } from './json-of.ts';
export type { AnchorPlace } from './anchor.ts';
export type { Cosignature, CosignedUpTo } from './cosigned.ts';
export type { Signer } from './checkpoint.ts';
export type { LaneLag } from './lane-claims.ts';
export type { Problem, Verification } from './verify.ts';

export type IntegrityProblem = AnchorFault | 'OLDER_THAN_ANCHOR';

/** `cosigned`: null where this workstation belongs to no organisation. */
export type Verified = Verification & { readonly cosigned: CosignedUpTo | null };

export interface Audit {
  /** Signs where the lanes stand and moves the anchor there. */
  checkpoint(grant: Grant): Result<unknown, StoreFault>;
  /** To be called about once a second: signs again where something was written and the last signature is 15 minutes old. */
  sealIfDue(grant: () => Grant): Result<unknown, StoreFault>;
  verify(): Generator<number, Verified>;
  /** What the quick check at opening found; null where the ledger holds what the anchor names. */
  readonly integrity: IntegrityProblem | null;
}

export type AuditWorld = {
  readonly ledger: Ledger;
  readonly signer: Signer;
  readonly vault: string;
  readonly device: DeviceId;
  readonly clock: Clock;
  readonly anchorKey: Uint8Array;
  readonly anchorPlace: AnchorPlace;
  /** Central's signatures; left out, or null, where there can be none. */
  readonly cosignature?: () => Cosignature | null;
  /** When central was last reached, epoch milliseconds; without contact nothing that is late gives an alarm. */
  readonly contactAt?: () => number | null;
};

/** So much of a day's work may be cut off its end unseen, at most, by somebody who has the database key. */
export const SEAL_EVERY_MS = 15 * 60_000;

export function openAudit(world: AuditWorld): Audit {
  const { ledger, signer, vault, device, clock, anchorKey, anchorPlace } = world;
  const held = readAnchor(anchorPlace, anchorKey, vault);
  const anchor: Anchor | null = held.ok ? held.value : null;
  const firstEver = ledger.read.get("SELECT 1 FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE kind = 'checkpoint' AND own = 1 LIMIT 1") === undefined;
  const integrity = held.ok ? (anchorHolds(ledger.read, held.value) ? null : 'OLDER_THAN_ANCHOR') : held.fault.code === 'ANCHOR_MISSING' && firstEver ? null : held.fault.code;
  let sealed = { written: ledger.written(), at: clock.monotonic() };

  const checkpoint = (grant: Grant): Result<unknown, StoreFault> => {
    const written = ledger.transact<Written, never>(grant, (tx) => {
      const held = moveMark(tx.write);
      return ok(tx.append({ kind: 'checkpoint', body: signCheckpoint(signer, ledger.lanes(), { vault, device, at: Math.floor(clock.now()), ...(held === null ? {} : { held }) }) }));
    });
    if (!written.ok) return written;
    sealed = { written: ledger.written(), at: clock.monotonic() };
    if (integrity === null) {
      const { segment, length, head } = ledger.state();
      writeAnchor(anchorPlace, anchorKey, { vault, segment, length, head, at: written.value.at });
    }
    return written;
  };

  return {
    integrity,
    checkpoint,
    sealIfDue(grant) {
      const due = ledger.written() !== sealed.written && clock.monotonic() - sealed.at >= SEAL_EVERY_MS;
      return due ? checkpoint(grant()) : ok(null);
    },
    *verify() {
      const now = readAnchor(anchorPlace, anchorKey, vault);
      const walked = yield* verifyLedger(ledger.read, now.ok ? now.value : anchor, world.contactAt?.() ?? null);
      const cosignature = world.cosignature?.() ?? null;
      const signed = cosignature === null ? null : yield* checkCosigned(ledger.read, cosignature);
      const contradicted = (signed?.problems ?? []).map((each) => ({ ...each, position: 0 }));
      const verification = { ...walked, problems: [...walked.problems, ...contradicted], cosigned: signed?.upTo ?? null };
      if (integrity === null) return verification;
      const problem = { entry: '', position: 0, problem: integrity === 'OLDER_THAN_ANCHOR' ? 'the ledger is older than its anchor' : 'the anchor beside the vault is missing or not its own' };
      return { ...verification, problems: verification.problems.length === 0 ? [problem] : verification.problems };
    },
  };
}
