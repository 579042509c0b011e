import { concatBytes } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import type { HubConversation } from '../../shared/sync/hub-core.ts';
import type { News } from '../../shared/sync/hub-output.ts';
import type { DeviceRecord, HubStore } from '../../shared/sync/hub-store.ts';
import { CODEC_PLAIN_ZSTD } from '../../shared/sync/limits.ts';
import type { SyncCrypto } from '../../shared/sync/sealing.ts';
import type { Liar } from './liar.ts';
import { ORGANIZATION } from './machine-parts.ts';
import { parcelOf, type Parcel } from './parcel.ts';
import { createParcelHubSession } from './parcel-session.ts';
import type { Parts } from './parts.ts';
import { PowerCut } from './power.ts';
import type { LineEnds, SimLine } from './sim-line.ts';
import { framesOf, hubSpeaks, versionsOf, type Speech } from './speech.ts';
import { standInKey } from './stand-in-crypto.ts';

/** What is simulated is the protocol; columns have tests of their own and take a hundred times as long. */
export const PLAIN_ONLY: readonly number[] = [CODEC_PLAIN_ZSTD];

/** Central's process in virtual time: one conversation for each connection, on whatever store it is given, modelled or shipped. */
export type SimCentral = {
  /** Takes a connection; null while it is too busy. */
  accept(device: DeviceId, line: () => SimLine): HubEnd<Uint8Array> | null;
  /** The same for a line that carries whole messages. */
  acceptParcels(device: DeviceId, line: () => SimLine<Parcel>): HubEnd<Parcel> | null;
  /** The machine stops and starts: every connection ends, what was in memory is gone. */
  restart(): void;
  busy: boolean;
  speech: Speech;
  /** Whose certificates have ended. */
  readonly expired: Set<DeviceId>;
  /** Who has taken its place on lines that carry whole messages. */
  liar: Liar | null;
  /** How often it went back to an earlier state of its disk. */
  life: number;
  /** Hears everything once more that ever reached it, line by line; gives how many lines those were. */
  replay(): Promise<number>;
};
export type HubEnd<Load> = { readonly life: number; push(load: Load): Promise<void>; ended(): void };

/** One end of a line, whatever that carries. */
type Session<Load> = { push(load: Load): Promise<void>; news(news: News): void; stop(): void };
type SessionEnds<Load> = { readonly conversation: HubConversation; readonly write: (load: Load) => void; readonly onNews: (news: News) => void; readonly onClose: () => void };
type Sessions<Load> = { readonly make: (ends: SessionEnds<Load>) => Session<Load>; /** Several loads that may be read at once. */ readonly join: (loads: readonly Load[]) => readonly Load[] };

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
  const open = new Map<{ news(news: News): void; stop(): void }, () => LineEnds>();
  /** Says again what came over one line. */
  const heard: (() => Promise<void>)[] = [];
  const bytes: Sessions<Uint8Array> = { make({ write, ...ends }) {
    const put = framesOf(central.speech, write);
    return parts.createHubSession({ ...ends, write: async (frame) => put(frame) });
  }, join: (chunks) => [concatBytes(...chunks)] };
  const parcels: Sessions<Parcel> = { make: createParcelHubSession, join: (each) => each };
  /** Central itself, or whoever has taken its place. */
  const lied = (device: DeviceId): Sessions<Parcel> => {
    const { liar } = central;
    if (liar === null) return parcels;
    let answer: (parcel: Parcel) => void = () => undefined;
    return {
      make({ write, ...ends }) {
        answer = write;
        return createParcelHubSession({ ...ends, write: ({ message, lane }) => liar.down(device, message).forEach((each) => write(parcelOf(each, lane))) });
      },
      join: (loads) =>
        loads.flatMap(({ message, lane }) => {
          const { passed, answers } = liar.up(device, message);
          for (const each of answers) answer(parcelOf(each));
          return passed.map((each) => parcelOf(each, lane));
        }),
    };
  };
  const converse = (device: DeviceId): HubConversation => hubSpeaks(central.speech, parts.createHubConversation({
     organization: ORGANIZATION, device, access: central.expired.has(device) ? 'renew' : 'sync', store: store(), crypto, now, renew, codecs, ...versionsOf(central.speech),
  }));

  const renew = async (record: DeviceRecord, request: string): Promise<string> => {
    central.expired.delete(record.device);
    return `granted: ${request}`;
  };

  const restart = (): void => {
    for (const [session, line] of open) {
      session.stop();
      line().endAtHub();
    }
    open.clear();
  };

  const remember = <Load>({ make }: Sessions<Load>, device: DeviceId): Load[] => {
    const loads: Load[] = [];
    if (!remembers) return loads;
    heard.push(async () => {
      let closed = false;
      const session = make({ conversation: converse(device), write: () => undefined, onNews: () => undefined, onClose: () => void (closed = true) });
      for (const load of loads) if (!closed) await session.push(load);
      session.stop();
    });
    return loads;
  };

  const take = <Load>(sessions: Sessions<Load>, device: DeviceId, line: () => SimLine<Load>): HubEnd<Load> | null => {
    if (central.busy) return null;
    const close = (): void => {
      open.delete(session);
      session.stop();
      line().endAtHub();
    };
    const session = sessions.make({
      conversation: converse(device),
      write: (load) => line().down(load),
      onNews: (news) => {
        for (const other of open.keys()) if (other !== session) other.news(news);
      },
      onClose: () => schedule(1, close),
    });
    open.set(session, line);
    const loads = remember(sessions, device);
    let waiting: Load[] = [];
    let busy = false;
    return {
      life: central.life,
      /** One load after the other, whatever the others do meanwhile. */
      async push(load) {
        waiting.push(load);
        if (remembers) loads.push(load);
        if (busy) return;
        busy = true;
        try {
          while (waiting.length > 0 && open.has(session)) {
            const together = sessions.join(waiting);
            waiting = [];
            for (const each of together) if (open.has(session)) await session.push(each);
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
  };

  const central: SimCentral = {
    busy: false,
    speech: 'this',
    expired: new Set(),
    liar: null,
    life: 0,
    restart,
    accept: (device, line) => take(bytes, device, line),
    acceptParcels: (device, line) => take(lied(device), device, line),
    async replay() {
      for (const again of heard) await again();
      return heard.length;
    },
  };
  return central;
}
