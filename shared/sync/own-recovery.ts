import type { SegmentId } from '../base/ids.ts';
import type { DeviceOutput } from './device-output.ts';
import type { Rolled } from './message.ts';

/**
 * Hub and device do not mean the same by what the hub holds of this device: it is asked for the whole list, page by page.
 * What this device lost of its own shows there, as after a restored backup; people are told once.
 */
export type OwnRecovery = {
  /** Asks for the list, once in a conversation. */
  roll(): DeviceOutput[];
  /** `reads`: the store takes its own entries back, and the hub can list them. */
  notice(reads: boolean): DeviceOutput[];
  /** The next page of the list, and the stretch of ids it speaks of; null where none was asked for or it does not go on from there. */
  rolled(segments: readonly Rolled[], more: boolean): { readonly page: RolledPage; readonly outputs: DeviceOutput[] } | null;
  answerDue(): boolean;
};

/** Segments behind `after` (null: from the first) up to `through` (null: to the last) that are not in it the hub does not hold. */
export type RolledPage = { readonly segments: readonly Rolled[]; readonly after: SegmentId | null; readonly through: SegmentId | null };

export function createOwnRecovery(): OwnRecovery {
  let noticed = false;
  let begun = false;
  /** Behind which segment the hub's list goes on; null from the beginning; undefined while nobody asks. */
  let rolling: SegmentId | null | undefined;

  const ask = (after: SegmentId | null): DeviceOutput[] => {
    rolling = after;
    return [{ do: 'send', message: { type: 'roll', after }, lane: 0 }];
  };

  const roll = (): DeviceOutput[] => {
    if (begun) return [];
    begun = true;
    return ask(null);
  };

  return {
    roll,
    notice(reads) {
      if (noticed) return [];
      noticed = true;
      const refused = { do: 'refused', what: 'own ledger', code: 'ROLLED_BACK' } as const;
      return reads ? [{ ...refused, healing: true }, ...roll()] : [refused];
    },
    rolled(segments, more) {
      const [last] = segments.slice(-1);
      const after = rolling;
      if (after === undefined || (more && last === undefined) || segments.some(({ segment }) => after !== null && segment <= after)) return null;
      rolling = undefined;
      const through = more && last !== undefined ? last.segment : null;
      return { page: { segments, after, through }, outputs: through === null ? [] : ask(through) };
    },
    answerDue: () => rolling !== undefined,
  };
}
