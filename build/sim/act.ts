import type { LiarPlan } from './liar.ts';
import type { Speech } from './speech.ts';

/**
 * What happens in a world, as data: drawn from the seed, performed in virtual time, and dropped one by one when a
 * failing world is made smaller. Numbers called `pick` choose among whatever is there when the act is performed, so
 * that an act keeps a meaning after others were dropped.
 */

export const CREATED_TYPES = ['Patient', 'AllergyIntolerance', 'MedicationRequest', 'Condition', 'Flag', 'Observation'] as const;
export type CreatedType = (typeof CREATED_TYPES)[number];

/** What a member of staff does at a workstation. */
export type Operation =
  | { readonly is: 'create'; readonly type: CreatedType; readonly patient: number; readonly value: number }
  /** Sets an element anew, having seen the live values this workstation knows of; `stale`: as a form left open would, having seen only the first of them. */
  | { readonly is: 'amend'; readonly record: number; readonly element: number; readonly value: number; readonly stale: boolean }
  /** Decides a conflict this workstation shows. */
  | { readonly is: 'resolve'; readonly conflict: number; readonly value: number }
  | { readonly is: 'view'; readonly patient: number }
  | { readonly is: 'break-glass'; readonly patient: number }
  | { readonly is: 'attach'; readonly patient: number; readonly bytes: number }
  /** An entry of a later version: an unknown kind, or a known kind that needs a newer reader. */
  | { readonly is: 'newer'; readonly patient: number; readonly value: number; readonly unknownKind: boolean };

/** Where a power cut strikes: at the n-th commit from now, before it is durable or after. */
export type Strike = { readonly commits: number; readonly durable: boolean };

export type CutStyle =
  /** Both ends are told. */
  | 'reset'
  /** Nobody is told. */
  | 'black-hole'
  /** Nobody is told, and what was under way to the hub arrives a minute later. */
  | 'late'
  /** Only one direction dies. */
  | 'deaf-device'
  | 'deaf-hub';

export type DeviceAct =
  | { readonly do: 'write'; readonly operation: Operation }
  | { readonly do: 'line'; readonly up: boolean }
  | { readonly do: 'cut'; readonly style: CutStyle }
  | { readonly do: 'crash' }
  | { readonly do: 'strike'; readonly strike: Strike }
  | { readonly do: 'disk-full'; readonly full: boolean }
  | { readonly do: 'backup' }
  | { readonly do: 'restore' }
  /** A copy of the machine runs beside it from now on: started from a copy of its disk, or `live`, with all it had in memory. */
  | { readonly do: 'clone'; readonly live: boolean }
  /** The disk is lost; the workstation is enrolled anew under another name. */
  | { readonly do: 'destroy' }
  | { readonly do: 'clock'; readonly jumpMs: number; readonly stuck: boolean }
  /** Another release runs from now on: how new the entries are that it can fold, and which protocol it speaks. */
  | { readonly do: 'version'; readonly reader: number; readonly speech?: Speech }
  | { readonly do: 'revoke' }
  /** It is on the roster again. */
  | { readonly do: 'readmit' }
  /** Its certificate has ended: from the next connection on central talks of nothing but a new one. */
  | { readonly do: 'expire' }
  /** It asks for a new certificate while it talks of other things. */
  | { readonly do: 'renew' }
  /** From now on it holds everybody, or those of these catchments (of two) and these patients (picked). */
  | { readonly do: 'scope'; readonly everything: boolean; readonly catchments: readonly number[]; readonly patients: readonly number[] }
  | { readonly do: 'corrupt'; readonly row: number };

export type HubAct =
  | { readonly do: 'hub-crash' }
  | { readonly do: 'hub-strike'; readonly strike: Strike }
  | { readonly do: 'hub-backup' }
  | { readonly do: 'hub-restore' }
  /** A standby takes over that lags behind by so many batches. */
  | { readonly do: 'hub-failover'; readonly lag: number }
  | { readonly do: 'hub-busy'; readonly busy: boolean }
  /** Another release of central runs from now on. */
  | { readonly do: 'hub-version'; readonly speech: Speech };

export type Act = { readonly at: number } & (({ readonly device: number } & DeviceAct) | HubAct);

export type DevicePlan = {
  /** Milliseconds by which the wall clock is wrong from the start, and parts per million by which it drifts. */
  readonly skewMs: number;
  readonly driftPpm: number;
  /** Newest entry version this workstation can fold. */
  readonly reader: number;
  /** The protocol it speaks; that of this release where nothing is said. */
  readonly speech?: Speech;
  /** Where the counter of its hybrid clock stands when it is first switched on. */
  readonly ticks: number;
};

/** What lines are like. All zero is a perfect line. */
export type LinePlan = {
  /** One way, milliseconds. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Bytes a second; 0 without limit. */
  readonly bytesPerSecond: number;
  /** Per frame: it has to be sent again by TCP, which takes a while. */
  readonly loss: number;
  /** Per frame: the line is cut in it; and of these cuts, how many nobody is told of. */
  readonly cut: number;
  readonly blackHole: number;
  /** Per message: an earlier one of this line comes once more. */
  readonly repeat: number;
  /** Chunks arrive in pieces cut anywhere. */
  readonly wire: boolean;
  /** Per chunk: one bit of it is another. */
  readonly flip: number;
};

export const PERFECT_LINE: LinePlan = { delayMs: 20, jitterMs: 0, bytesPerSecond: 0, loss: 0, cut: 0, blackHole: 0, repeat: 0, wire: false, flip: 0 };

export type Plan = {
  readonly seed: number;
  readonly horizonMs: number;
  readonly devices: readonly DevicePlan[];
  readonly line: LinePlan;
  /** Who has taken central's place on the lines until all heals, with none of its keys. */
  readonly liar?: LiarPlan;
  /** The protocol central speaks at first. */
  readonly hubSpeech?: Speech;
  /** How long after somebody was enrolled the roster says so, milliseconds. */
  readonly rosterLagMs?: number;
  /** Once all has healed, everybody is brought to this release as well. */
  readonly upgraded?: boolean;
  /** Lines carry whole messages instead of frames, and seals hold entries by reference. */
  readonly parcels?: boolean;
  /** Some conversations go over several connections, of which one lane overtakes another. */
  readonly trunks?: boolean;
  /** Entries central's store reads out at once. */
  readonly pageRows: number;
  /** By time. */
  readonly acts: readonly Act[];
};
