import { ok, refuse, type Result } from '../base/result.ts';
import type { DeviceId } from '../base/ids.ts';
import { readAttestation, writeAttestation } from './attestation.ts';
import type { CheckedRun, Codec, CodecTools, FilledRun } from './codec.ts';
import type { RunFault } from './entry-codec.ts';
import type { Attestation } from './envelope.ts';
import { PAGE_ENTRIES_MAX } from './limits.ts';
import type { PageHeader } from './page-header.ts';
import type { Effort } from './sealing.ts';
import { byteWriter, readAll } from './wire-bytes.ts';

/** A run for a page, and its author's word where the run ends with what the author signed. */
export type AttestedRun = FilledRun & { readonly attestation: Attestation | null };

/** A run as it arrived: its chain computed from the hash before it, nothing yet compared with what is held. */
export type ArrivedRun = CheckedRun & { readonly author: DeviceId | null; readonly attestation: Attestation | null };

/** More than any page's attestations take: a run is at least one entry. */
const ATTESTATIONS_MAX_BYTES = PAGE_ENTRIES_MAX * 200;

/** The inside of a page: in version 2 the authors' words, run by run, before what the codec makes of the entries. */
export function writePage(tools: CodecTools, codec: Codec, version: 1 | 2, runs: readonly AttestedRun[], effort: Effort = 'quick'): Uint8Array {
  const content = codec.encodePage(tools, runs, effort);
  if (version === 1) return content;
  const words = byteWriter();
  for (const { run, attestation } of runs) writeAttestation(words, run, attestation);
  return byteWriter().bytes(words.done()).fixed(content).done();
}

/** Reads a page and computes every chain in it. Signatures of authors are not checked here. */
export function readPage(tools: CodecTools, codec: Codec, { version, organization, count }: PageHeader, inside: Uint8Array): Result<readonly ArrivedRun[], RunFault> {
  const parts = version === 1 ? { words: null, content: inside } : readAll(inside, (reader) => ({ words: reader.bytes(ATTESTATIONS_MAX_BYTES), content: reader.rest() }));
  if (parts === null) return refuse('MALFORMED');
  const { words, content } = parts;
  const runs = codec.decodePage(tools, count, content);
  if (!runs.ok) return runs;
  if (words === null) return ok(runs.value.map((run) => ({ ...run, author: null, attestation: null })));
  const read = readAll(words, (reader) => runs.value.map((checked) => ({ ...checked, author: null, attestation: null, ...readAttestation(reader, organization, checked.run) })));
  return read === null ? refuse('MALFORMED') : ok(read);
}
