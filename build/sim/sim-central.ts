import { concatBytes } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import type { HubSession } from '../../shared/sync/hub-session.ts';
import type { HubStore } from '../../shared/sync/hub-store.ts';
import { CODEC_PLAIN_ZSTD } from '../../shared/sync/limits.ts';
import type { SyncCrypto } from '../../shared/sync/sealing.ts';
import { ORGANIZATION } from './machine-parts.ts';
import type { Parts } from './parts.ts';
import { PowerCut } from './power.ts';
import type { SimLine } from './sim-line.ts';
import { standInKey } from './stand-in-crypto.ts';

/** What is simulated is the protocol; columns have tests of their own and take a hundred times as long. */
export const PLAIN_ONLY: readonly number[] = [CODEC_PLAIN_ZSTD];

/** Central's process in virtual time: one conversation for each connection, on whatever store it is given, modelled or shipped. */
export type SimCentral = {
  /** Takes a connection; null while it is too busy. */
  accept(device: DeviceId, line: () => SimLine): HubEnd | null;
  /** The machine stops and starts: every connection ends, what was in memory is gone. */
  restart(): void;
  busy: boolean;
  /** How often it went back to an earlier state of its disk. */
  life: number;
  /** Hears everything once more that ever reached it, line by line; gives how many lines those were. */
  replay(): Promise<number>;
};
export type HubEnd = { readonly life: number; push(chunk: Uint8Array): Promise<void>; ended(): void };

export const HUB_SIGNING_KEY = standInKey('hub signs');
export const ORGANIZATION_SEALING_KEY = standInKey('organization opens');

/** All of a simulated device's keys follow from its name. */
export const deviceKeys = (device: DeviceId): { readonly opens: Uint8Array; readonly signs: Uint8Array } => ({ opens: standInKey(`${device} opens`), signs: standInKey(`${device} signs`) });

export type SimCentralOptions = {
  readonly parts: Parts;
  readonly crypto: SyncCrypto;
  /** As it is when a connection begins. */
  readonly store: () => HubStore;
  /** Best first. */
  readonly codecs: readonly number[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly schedule: (afterMs: number, work: () => void) => void;
  /** Whatever reaches it is kept for `replay`. */
  readonly remembers: boolean;
};

export function createSimCentral({ parts, crypto, store, codecs, now, schedule, remembers }: SimCentralOptions): SimCentral {
  const open = new Map<HubSession, () => SimLine>();
  const heard: { readonly device: DeviceId; readonly chunks: Uint8Array[] }[] = [];
  const converse = (device: DeviceId) => parts.createHubConversation({ organization: ORGANIZATION, device, access: 'sync', store: store(), crypto, now, renew: async () => null, codecs });

  const restart = (): void => {
    for (const [session, line] of open) {
      session.stop();
      line().endAtHub();
    }
    open.clear();
  };

  const central: SimCentral = {
    busy: false,
    life: 0,
    restart,
    accept(device, line) {
      if (central.busy) return null;
      const conversation = converse(device);
      const close = (): void => {
        open.delete(session);
        session.stop();
        line().endAtHub();
      };
      const session = parts.createHubSession({
        conversation,
        write: async (frame) => line().down(frame),
        onNews: (news) => {
          for (const other of open.keys()) if (other !== session) other.news(news);
        },
        onClose: () => schedule(1, close),
      });
      open.set(session, line);
      const chunks: Uint8Array[] = [];
      if (remembers) heard.push({ device, chunks });
      let waiting: readonly Uint8Array[] = [];
      let busy = false;
      return {
        life: central.life,
        /** One chunk after the other, whatever the others do meanwhile. */
        async push(chunk) {
          waiting = [...waiting, chunk];
          if (remembers) chunks.push(chunk);
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
    async replay() {
      for (const { device, chunks } of heard) {
        let closed = false;
        const session = parts.createHubSession({ conversation: converse(device), write: async () => undefined, onNews: () => undefined, onClose: () => void (closed = true) });
        for (const chunk of chunks) if (!closed) await session.push(chunk);
        session.stop();
      }
      return heard.length;
    },
  };
  return central;
}
