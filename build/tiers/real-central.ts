import { concatBytes } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { createHubConversation } from '../../shared/sync/hub-core.ts';
import { createHubSession, type HubSession } from '../../shared/sync/hub-session.ts';
import { PowerCut } from '../sim/power.ts';
import type { SimLine } from '../sim/sim-line.ts';
import type { RealHub } from './real-hub.ts';
import { ORGANIZATION } from './real-workstation.ts';
import { ORGANIZATION_KEYS } from './seeded-keys.ts';

/** Central's process over its shipped store: one shipped conversation for each connection. */
export type RealCentral = {
  /** Takes a connection; null while it is too busy. */
  accept(device: DeviceId, line: () => SimLine): { push(chunk: Uint8Array): Promise<void>; ended(): void } | null;
  /** The machine stops and starts: every connection ends, what was in memory is gone. */
  restart(): void;
  busy: boolean;
};

export type RealCentralOptions = { readonly hub: RealHub; readonly codecs: readonly number[]; /** Epoch milliseconds. */ readonly now: () => number; readonly schedule: (afterMs: number, work: () => void) => void };

export function createRealCentral({ hub, codecs, now, schedule }: RealCentralOptions): RealCentral {
  const open = new Map<HubSession, () => SimLine>();

  const restart = (): void => {
    for (const [session, line] of open) {
      session.stop();
      line().endAtHub();
    }
    open.clear();
  };

  const central: RealCentral = {
    busy: false,
    restart,
    accept(device, line) {
      if (central.busy) return null;
      const conversation = createHubConversation({ organization: ORGANIZATION, device, access: 'sync', store: hub.store(), crypto: ORGANIZATION_KEYS.crypto, now, renew: async () => null, codecs });
      const close = (): void => {
        open.delete(session);
        session.stop();
        line().endAtHub();
      };
      const session = createHubSession({
        conversation,
        write: async (frame) => line().down(frame),
        onNews: (news) => {
          for (const other of open.keys()) if (other !== session) other.news(news);
        },
        onClose: () => schedule(1, close),
      });
      open.set(session, line);
      let waiting: readonly Uint8Array[] = [];
      let busy = false;
      return {
        /** One chunk after the other, whatever the others do meanwhile. */
        async push(chunk) {
          waiting = [...waiting, chunk];
          if (busy) return;
          busy = true;
          try {
            while (waiting.length > 0 && open.has(session)) {
              const next = concatBytes(...waiting);
              waiting = [];
              await session.push(next);
            }
          } catch (cause) {
            if (!(cause instanceof PowerCut)) throw cause;
            restart();
          } finally {
            busy = false;
          }
        },
        ended() {
          open.delete(session);
          session.stop();
        },
      };
    },
  };
  return central;
}
