import { z } from 'zod';
import { DeviceId } from '../base/ids.ts';
import { Cursor, OrganizationId } from './envelope.ts';

/** How a seed lies in a folder: one message a file, in order, and a table of contents that nobody has to believe. */
export const SNAPSHOT_MANIFEST = 'snapshot.json';
export const SNAPSHOT_PAGES_MAX = 100_000;
const PAGE_DIGITS = 6;

/** `000001.page` is the first. */
export const pageFileName = (number: number): string => `${String(number).padStart(PAGE_DIGITS, '0')}.page`;

export const SnapshotManifest = z.strictObject({
  format: z.literal(1),
  organization: OrganizationId,
  /** The one workstation that can read it. */
  device: DeviceId,
  at: Cursor,
  /** Epoch milliseconds. */
  madeAt: z.int(),
  entries: z.int().min(0),
  pages: z.array(z.strictObject({ file: z.string().regex(/^\d{6}\.page$/), bytes: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/), entries: z.int().min(0) })).max(SNAPSHOT_PAGES_MAX),
});
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;
