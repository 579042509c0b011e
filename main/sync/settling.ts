import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Grant } from '../ledger/ledger.ts';
import type { Conversation } from './conversation.ts';
import type { SyncLight } from './sync-light.ts';
import { faultOf, type SyncFault } from './syncing.ts';

/** Waiting until nothing is left to send or read, whatever connections that takes. */
export type Settling = {
  /** Something may have come to rest: whoever waits looks. */
  look(): void;
  /** Resolves when nothing is left to send or read, or with what is in the way. */
  settle(grant: Grant): Promise<Result<null, SyncFault>>;
};

export type SettlingParts = {
  readonly light: SyncLight;
  readonly closed: () => boolean;
  /** The conversation under way. */
  readonly running: () => Conversation | null;
  /** It, or a new one; null where this workstation is not enrolled. */
  readonly begin: (grant: Grant) => Conversation | null;
};

export function createSettling({ light, closed, running, begin }: SettlingParts): Settling {
  const waiting = new Set<() => void>();

  /** The next rest of the running conversation: settled, or over. */
  const rest = (seen: number): Promise<Result<null, SyncFault> | 'RENEWED'> =>
    new Promise((resolve) => {
      const done = (outcome: Result<null, SyncFault> | 'RENEWED'): void => {
        waiting.delete(look);
        resolve(outcome);
      };
      const look = (): void => {
        const ending = light.endingSince(seen);
        if (closed()) return done(refuse('LOCKED'));
        if (ending !== null) return done(ending.code === 'RENEWED' ? 'RENEWED' : faultOf(ending));
        if (running()?.view()?.settled === true) done(light.blocked() ? refuse('QUARANTINED') : ok(null));
      };
      waiting.add(look);
      look();
    });

  return {
    look() {
      for (const each of waiting) each();
    },
    async settle(grant) {
      for (;;) {
        const seen = light.endings();
        const stood = running();
        const conversation = begin(grant);
        if (conversation === null) return refuse('NOT_ENROLLED');
        conversation.localChange();
        // A line that only seems to stand must not pass for one: central has to answer now.
        conversation.probe();
        const outcome = await rest(seen);
        // What stood before and breaks off now only seemed to stand: whoever asks is answered by a line of this moment.
        const seemed = outcome !== 'RENEWED' && !outcome.ok && outcome.fault.code === 'OFFLINE' && conversation === stood;
        if (outcome !== 'RENEWED' && !seemed) return outcome;
      }
    },
  };
}
