import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { Lane } from '../ledger/lanes.ts';
import type { Codec } from './codec.ts';
import { cutPage, pageExtent } from './cut-page.ts';
import type { OrganizationId } from './envelope.ts';
import type { HubStore } from './hub-store.ts';
import { PAGE_MIN_BYTES } from './limits.ts';
import { encodePageHeader, type Stream } from './page-header.ts';
import { seal, type Sealed, type SyncCrypto } from './sealing.ts';

/** The next page of a stream, cut, signed and sealed to its reader. */

export type PageRequest = {
  readonly stream: Stream;
  /** Sealed bytes the device asks for. */
  readonly maxBytes: number;
  readonly own: boolean;
  readonly version: 1 | 2;
  readonly codec: Codec;
  /** What the device holds beyond its cursor, by its own word: leaving it out harms nobody but itself. */
  readonly beyond: ReadonlyMap<SegmentId, number>;
};
export type PageReader = { readonly organization: OrganizationId; readonly device: DeviceId; readonly sealingKey: Uint8Array };

/** An urgent page overtakes a page of the log frame by frame, and that one what was asked for in passing. */
export const STREAM_LANES: Record<Stream['kind'], Lane> = { urgent: 0, log: 1, segment: 2, patient: 3, seed: 3 };

/** `off`: the stream's place is not on this log; `over`: a log read where it ends. */
export async function readNextPage(store: HubStore, crypto: SyncCrypto, { organization, device, sealingKey }: PageReader, request: PageRequest): Promise<{ readonly page: Sealed; readonly last: number } | 'off' | 'over'> {
  const { stream, version, codec, beyond } = request;
  const maxBytes = Math.max(request.maxBytes, PAGE_MIN_BYTES);
  const slice = await store.slice({ device, stream, own: request.own, ...pageExtent(version, maxBytes) });
  if (slice === null) return 'off';
  if (stream.kind === 'log' && slice.next <= stream.after.lsn) return 'over';
  const lacking = { ...slice, rows: slice.rows.filter(({ segment, sequence }) => sequence >= (beyond.get(segment) ?? 0)) };
  const { packed, ...place } = cutPage({ ...crypto, codec, version }, stream, lacking, maxBytes);
  const header = encodePageHeader({ version, codec: codec.id, organization, device, stream, last: slice.last, ...place });
  return { page: await seal(crypto, 'page', sealingKey, header, packed), last: slice.last };
}
