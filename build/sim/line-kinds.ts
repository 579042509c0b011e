import type { DeviceId } from '../../shared/base/ids.ts';
import type { DeviceSessionOptions } from '../../shared/sync/device-session.ts';
import type { Message } from '../../shared/sync/message.ts';
import { FRAMES, PARCELS, type Cargo, type Parcel } from './parcel.ts';
import { createParcelDeviceSession } from './parcel-session.ts';
import type { Parts } from './parts.ts';
import type { HubEnd, SimCentral } from './sim-central.ts';
import type { SimLine } from './sim-line.ts';
import { framesOf, type Speech } from './speech.ts';

/** One end of a line, whatever that carries. */
export type Session<Load> = { start(): void; push(load: Load): Promise<void>; localChange(): void; tick(): void; send(message: Message): void; stop(): void; drained(): Promise<void> };

/** A kind of line from a workstation to central, and what stands at its ends. */
export type Lines<Load> = {
  readonly cargo: Cargo<Load>;
  /** Null while central is too busy. */
  readonly accept: (line: () => SimLine<Load>) => HubEnd<Load> | null;
  readonly make: (options: Omit<DeviceSessionOptions, 'write'> & { readonly write: (load: Load) => void }) => Session<Load>;
};

/** Frames, cut anywhere, between the shipped sessions. */
export function byteLines(parts: Pick<Parts, 'createDeviceSession'>, central: SimCentral, device: DeviceId, speech: Speech): Lines<Uint8Array> {
  return {
    cargo: FRAMES,
    accept: (line) => central.accept(device, line),
    make({ write, ...options }) {
      const put = framesOf(speech, write);
      return parts.createDeviceSession({ ...options, write: async (frame) => put(frame) });
    },
  };
}

/** Whole messages. */
export function parcelLines(central: SimCentral, device: DeviceId): Lines<Parcel> {
  return { cargo: PARCELS, accept: (line) => central.acceptParcels(device, line), make: createParcelDeviceSession };
}
