import type { SegmentId } from '../base/ids.ts';
import type { DeviceOutput } from './device-output.ts';
import type { Position } from './message.ts';

/**
 * This device lost entries of its own, as after a restored backup: people are told once, and the hub is asked which
 * segments it holds under our name, page by page, so that they can be read back.
 */
export type OwnRecovery = {
  /** `reads`: the store takes its own entries back, and the hub can list them. */
  notice(reads: boolean): DeviceOutput[];
  /** The next page of the hub's list; null where none was asked for or it does not go on from there. */
  rolled(segments: readonly Position[], more: boolean): DeviceOutput[] | null;
  answerDue(): boolean;
};

export function createOwnRecovery(): OwnRecovery {
  let noticed = false;
  /** Behind which segment the hub's list goes on; null from the beginning; undefined while nobody asks. */
  let rolling: SegmentId | null | undefined;

  const roll = (after: SegmentId | null): DeviceOutput[] => {
    rolling = after;
    return [{ do: 'send', message: { type: 'roll', after }, lane: 0 }];
  };

  return {
    notice(reads) {
      if (noticed) return [];
      noticed = true;
      const refused = { do: 'refused', what: 'own ledger', code: 'ROLLED_BACK' } as const;
      return reads ? [{ ...refused, healing: true }, ...roll(null)] : [refused];
    },
    rolled(segments, more) {
      const [last] = segments.slice(-1);
      const after = rolling;
      if (after === undefined || (more && last === undefined) || segments.some(({ segment }) => after !== null && segment <= after)) return null;
      rolling = undefined;
      return more && last !== undefined ? roll(last.segment) : [];
    },
    answerDue: () => rolling !== undefined,
  };
}
