import { z } from 'zod';
import { fromHex, fromUtf8 } from '../base/bytes.ts';
import { DeviceId } from '../base/ids.ts';
import { attestationHolds } from './attestation.ts';
import type { JudgedRun, Standing } from './device-store.ts';
import type { WireEntry } from './entry-codec.ts';
import type { ArrivedRun } from './attested-page.ts';
import type { Verify } from './sealing.ts';

const OpenBody = z.looseObject({ device: DeviceId, signingKey: z.string().regex(/^[0-9a-f]{64}$/) });

/** Device and key that a segment's first entry names. */
function opener(entry: WireEntry | undefined): { readonly device: DeviceId; readonly key: Uint8Array } | null {
  if (entry?.kind !== 'segment.open' || entry.body === null) return null;
  try {
    const body = OpenBody.safeParse(JSON.parse(fromUtf8(entry.body)));
    return body.success ? { device: body.data.device, key: fromHex(body.data.signingKey) } : null;
  } catch {
    return null;
  }
}

/**
 * Judges each run of a page by its author's signature. Keys are those known here (`authorKey`); a device met for the first
 * time is known by the key that its own first segment names, from then on. Whoever speaks for a segment that another
 * device opened, or signs with another key than is known, contradicts.
 */
export function judgeRuns(runs: readonly ArrivedRun[], verify: Verify, authorKey: (device: DeviceId) => Uint8Array | null): readonly JudgedRun[] {
  const met = new Map<DeviceId, Uint8Array>();
  return runs.map((run) => {
    const opened = run.run.from === 0 ? opener(run.entries[0]) : null;
    if (opened !== null && authorKey(opened.device) === null && !met.has(opened.device)) met.set(opened.device, opened.key);
    const { author, attestation } = run;
    const standing = (): Standing => {
      if (author === null || attestation === null) return 'unattested';
      if (opened !== null && opened.device !== author) return 'contradicted';
      const key = authorKey(author) ?? met.get(author);
      if (key === undefined) return 'unattested';
      return attestationHolds(verify, key, attestation) ? 'attested' : 'contradicted';
    };
    return { ...run, standing: standing() };
  });
}
