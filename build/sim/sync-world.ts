import { concatBytes, utf8 } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { createDeviceCore, type DeviceCore } from '../../shared/sync/device-core.ts';
import { createDeviceSession, type DeviceEvent, type DeviceSession } from '../../shared/sync/device-session.ts';
import { encodeReceipt, OrganizationId, signedBytes } from '../../shared/sync/envelope.ts';
import { createHubConversation } from '../../shared/sync/hub-core.ts';
import { createHubSession, type HubSession } from '../../shared/sync/hub-session.ts';
import type { HubStore } from '../../shared/sync/hub-store.ts';
import { BATCH_SEALED_TARGET_BYTES, CODEC_PLAIN_ZSTD, NO_PROGRESS_MS, PAGE_MIN_BYTES, UNACKNOWLEDGED_MAX_BYTES } from '../../shared/sync/limits.ts';
import { createAgenda } from './agenda.ts';
import { createModelDevice, type ModelDevice } from './model-device.ts';
import { createDice, deviceNamed, modelCrypto, modelKey, PowerCut, sha256, type Dice } from './model-world.ts';

/** One organisation under faults, in virtual time: the shipped sessions and cores over modelled lines and disks. */

const ORGANIZATION = OrganizationId.parse('00000000000000aa');
const LAST_FRAME_FLAG_OFFSET = 3;
const TICK_MS = 1000;
const START_MS = 1_750_000_000_000;

/** Probabilities of what goes wrong; all zero is a perfect world. */
export type Faults = {
  /** Per write: the line is cut at any byte of it. */
  readonly cut: number;
  /** Of a cut: nobody is told. */
  readonly blackHole: number;
  /** Per message of a device: an earlier one of its messages is played into the line again. */
  readonly replay: number;
  /** Per commit of a device, and of the hub: the power goes before or after it. */
  readonly devicePower: number;
  readonly hubPower: number;
};
export const NO_FAULTS: Faults = { cut: 0, blackHole: 0, replay: 0, devicePower: 0, hubPower: 0 };

export type SimulatedHub = HubStore & { cuts: number };

export type Workstation = { readonly disk: ModelDevice; readonly events: DeviceEvent[]; connected(): boolean; core(): DeviceCore | null; write(bodyBytes: number): void; restart(): void };

export type SyncWorld = {
  readonly now: () => number;
  readonly workstations: readonly Workstation[];
  faults: Faults;
  /** Lets virtual time pass. */
  run(ms: number): Promise<void>;
  /** The hub's machine stops and starts: every line is cut. */
  restartHub(): void;
  /** Bytes over all lines, one hash: two runs of a seed must agree. */
  trace(): string;
  bytes(): number;
};

type Line = { alive: boolean; readonly device: DeviceSession; readonly hub: HubSession; frames: Uint8Array[] };

export function createSyncWorld(options: { readonly seed: number; readonly workstations: number; readonly hub: SimulatedHub; readonly dice: Dice; readonly recoverOwn?: boolean; readonly onAcknowledged?: (disk: ModelDevice) => void }): SyncWorld {
  const { dice, hub } = options;
  const hubCrypto = { ...modelCrypto(modelKey('hub signs')), hpke: modelCrypto(modelKey('organization opens')).hpke };
  const agenda = createAgenda();
  const lines = new Set<Line>();
  let time = 0;
  let trace = new Uint8Array(32);
  let bytes = 0;

  const schedule = (afterMs: number, work: () => Promise<void> | void): void => {
    agenda.put(time + afterMs, work);
  };

  const end = (line: Line): void => {
    line.alive = false;
    line.device.stop();
    line.hub.stop();
    lines.delete(line);
  };

  const restartHub = (): void => {
    for (const line of lines) end(line);
  };

  const station = (number: number): Workstation => {
    const disk = createModelDevice(deviceNamed(number), dice, options.recoverOwn === true);
    const { device } = disk;
    const events: DeviceEvent[] = [];
    const captured: Uint8Array[] = [];
    let line: Line | null = null;
    let core: DeviceCore | null = null;

    const restart = (): void => {
      if (line !== null) end(line);
      line = null;
      const { cuts } = disk;
      disk.cuts = 0;
      disk.openSegment();
      disk.cuts = cuts;
      schedule(dice.below(500), connect);
    };

    /** Runs a step of this machine; a power cut restarts it. */
    const guarded = async (step: () => Promise<void> | void): Promise<void> => {
      try {
        await step();
      } catch (cause) {
        if (!(cause instanceof PowerCut)) throw cause;
        restart();
      }
    };
    const guardedHub = async (step: () => Promise<void>): Promise<void> => {
      try {
        await step();
      } catch (cause) {
        if (!(cause instanceof PowerCut)) throw cause;
        restartHub();
      }
    };

    /** Bytes on their way: delayed, in order, cut into pieces, or lost with the line. */
    const carry = (to: 'hub' | 'device', current: Line, chunk: Uint8Array, delay: { at: number }): void => {
      if (!current.alive) return;
      bytes += chunk.length;
      trace = new Uint8Array(sha256(trace, utf8(`${number}${to}${time}`), chunk));
      const cutAt = dice.chance(world.faults.cut) ? dice.below(chunk.length + 1) : chunk.length;
      delay.at = Math.max(delay.at, time + 20 + dice.below(300));
      let offset = 0;
      while (offset < cutAt) {
        const size = Math.min(cutAt - offset, dice.chance(0.2) ? 1 + dice.below(7) : 1 + dice.below(5000));
        const piece = chunk.slice(offset, offset + size);
        offset += size;
        schedule(delay.at - time, async () => {
          if (!lines.has(current)) return;
          if (to === 'hub') await guardedHub(() => current.hub.push(piece));
          else await guarded(async () => {
            await current.device.push(piece);
            await current.device.drained();
          });
        });
      }
      if (cutAt < chunk.length) {
        current.alive = false;
        if (!dice.chance(world.faults.blackHole)) schedule(delay.at - time, () => end(current));
      }
    };

    const connect = (): void => {
      if (line !== null && lines.has(line)) return;
      const up = { at: time };
      const down = { at: time };
      const deviceCrypto = { ...modelCrypto(modelKey(`${device} signs`)), hpke: modelCrypto(modelKey(`${device} opens`)).hpke };
      core = createDeviceCore({
        organization: ORGANIZATION, device, application: 'model', store: disk, sha256, compression: deviceCrypto.compression, recoverOwn: options.recoverOwn === true, verify: deviceCrypto.verify,
        verifyReceipt: (receipt) => deviceCrypto.verify(modelKey('hub signs'), signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
        batchTargetBytes: 2048 + dice.below(BATCH_SEALED_TARGET_BYTES), windowBytes: UNACKNOWLEDGED_MAX_BYTES, pageBytes: PAGE_MIN_BYTES, noProgressMs: NO_PROGRESS_MS, codecs: [CODEC_PLAIN_ZSTD],
      });
      const onEvent = (event: DeviceEvent): void => {
        events.push(event);
        if (event.do === 'acknowledged') options.onAcknowledged?.(disk);
        if (event.do === 'close') end(fresh);
      };
      const write = async (frame: Uint8Array): Promise<void> => {
        fresh.frames.push(frame);
        carry('hub', fresh, frame, up);
        if (frame[LAST_FRAME_FLAG_OFFSET] !== 1) return;
        captured.push(concatBytes(...fresh.frames));
        fresh.frames = [];
        if (dice.chance(world.faults.replay)) carry('hub', fresh, captured[dice.below(captured.length)] ?? frame, up);
      };
      const conversation = createHubConversation({ organization: ORGANIZATION, device, access: 'sync', store: hub, crypto: hubCrypto, now: () => START_MS + time, renew: async () => null, codecs: [CODEC_PLAIN_ZSTD] });
      const fresh: Line = {
        alive: true,
        frames: [],
        device: createDeviceSession({
          core, crypto: deviceCrypto, organization: ORGANIZATION, device, organizationSealingKey: modelKey('organization opens'), hubSigningKey: modelKey('hub signs'),
          now: () => ({ wall: START_MS + time, steady: time }), write, onEvent,
        }),
        hub: createHubSession({
          conversation,
          write: async (frame) => carry('device', fresh, frame, down),
          onNews: (news) => {
            for (const other of lines) if (other !== fresh) other.hub.news(news);
          },
          onClose: () => schedule(Math.max(0, down.at - time), () => end(fresh)),
        }),
      };
      line = fresh;
      lines.add(fresh);
      fresh.device.start();
    };

    const beat = async (): Promise<void> => {
      if (line !== null && lines.has(line)) {
        const current = line;
        await guarded(() => current.device.tick());
        await current.device.drained();
      } else if (dice.chance(0.5)) {
        connect();
        await line?.device.drained();
      }
      schedule(TICK_MS, beat);
    };

    restart();
    schedule(dice.below(TICK_MS), beat);
    return {
      disk,
      events,
      connected: () => line !== null && lines.has(line),
      core: () => core,
      restart,
      write(bodyBytes) {
        disk.write(bodyBytes);
        const current = line;
        if (current !== null && lines.has(current)) schedule(dice.below(50), () => guarded(() => current.device.localChange()));
      },
    };
  };

  const world: SyncWorld & { workstations: Workstation[] } = {
    now: () => time,
    workstations: [],
    faults: NO_FAULTS,
    async run(ms) {
      const until = time + ms;
      for (;;) {
        const next = agenda.takeUntil(until);
        if (next === null) break;
        time = next.at;
        hub.cuts = world.faults.hubPower;
        for (const { disk } of world.workstations) disk.cuts = world.faults.devicePower;
        await next.work();
      }
      time = until;
    },
    restartHub,
    trace: () => Buffer.from(trace).toString('hex'),
    bytes: () => bytes,
  };
  for (let number = 1; number <= options.workstations; number += 1) world.workstations.push(station(number));
  return world;
}

export { createDice, deviceNamed, type DeviceId };
