import type { DeviceId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { entryBytes, isContext, type ContextName, type ContextRun } from '../codec/context.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { attestationHolds, attestationOf, carriedRun, decodeCarriedHeader } from './attestation.ts';
import { headersOf, type Bundle } from './bundle.ts';
import { codecNamed, type CheckedRun } from './codec.ts';
import { decodeBatchHeader, encodeBatchHeader, type Attestation, type BatchHeader, type OrganizationId } from './envelope.ts';
import { decideIngest, openingOf, type IngestDecision } from './hub-rules.ts';
import type { DeviceRecord, HubStore, IngestOutcome } from './hub-store.ts';
import { BATCH_ENTRIES_MAX, CONTEXT_RAW_MAX_BYTES } from './limits.ts';
import type { RejectionCode } from './message.ts';
import { open, openRuns, type Sealed, type SealedRuns, type SealedShape, type SyncCrypto } from './sealing.ts';

/** Taking batches: from their author, and from whoever hands on what an author signed. The first check that fails names the refusal. */

export type IngestTools = {
  readonly organization: OrganizationId;
  readonly store: HubStore;
  readonly crypto: SyncCrypto;
  readonly now: () => number;
};

type Whose = Pick<BatchHeader, 'device' | 'segment' | 'from'>;
export type Arrival =
  | { readonly is: 'unreadable' }
  | { readonly is: 'rejected'; readonly header: Whose; readonly code: RejectionCode; /** What is held of the segment, where the store said so. */ readonly length: number | null }
  | { readonly is: 'held'; readonly header: Whose; readonly outcome: Extract<IngestOutcome, { outcome: 'held' }> };

/** What a message claims before anything of it is opened. */
type Claim = { readonly header: BatchHeader; readonly codec: number; readonly carrier: DeviceId | null };

async function openRun({ crypto }: IngestTools, shape: SealedShape, senderKey: Uint8Array, batch: Sealed, { header, codec }: Claim): Promise<Result<CheckedRun, RejectionCode>> {
  const known = codecNamed(codec, crypto);
  if (known === null) return refuse('UNKNOWN_CODEC');
  const opened = await open(crypto, shape, senderKey, batch);
  const runs = opened.ok ? known.decodeBatch(crypto, [header], opened.value) : opened;
  if (!runs.ok) return runs;
  const [run] = runs.value;
  return run === undefined ? refuse('MALFORMED') : ok(run);
}

async function ingest({ store, now }: IngestTools, batch: Sealed, { header, carrier }: Claim, { entries, seed }: CheckedRun, attestation: Attestation, decide = decideIngest): Promise<Arrival> {
  const lane = header.from === 0 ? (openingOf(entries[0])?.lane ?? null) : null;
  const outcome = await store.ingest({ header, entries, seed, attestation, carrier, lane, sealed: batch }, (facts) => decide(header, entries, facts), now());
  return outcome.outcome === 'held' ? { is: 'held', header, outcome } : { is: 'rejected', header, code: outcome.decision.code, length: outcome.length };
}

/** A batch from its author's own connection. */
export async function takeBatch(tools: IngestTools, author: DeviceRecord, batch: Sealed): Promise<Arrival> {
  const header = decodeBatchHeader(batch.header);
  if (header === null) return { is: 'unreadable' };
  const rejected = (code: RejectionCode): Arrival => ({ is: 'rejected', header, code, length: null });
  if (header.organization !== tools.organization) return rejected('OTHER_ORGANIZATION');
  if (header.device !== author.device) return rejected('OTHER_DEVICE');
  const claim = { header, codec: header.codec, carrier: null };
  const read = await openRun(tools, 'batch', author.signingKey, batch, claim);
  return read.ok ? ingest(tools, batch, claim, read.value, attestationOf(tools.crypto.sha256, batch)) : rejected(read.fault.code);
}

/** What the author's own word has to say about itself before anybody's entries are opened. */
async function vouchedFor({ organization, store, crypto }: IngestTools, header: BatchHeader, attestation: Attestation): Promise<Result<null, RejectionCode>> {
  if (header.organization !== organization) return refuse('OTHER_ORGANIZATION');
  // A device revoked since still wrote what it wrote before.
  const author = await store.device(header.device);
  if (author === null) return refuse('UNKNOWN_AUTHOR');
  return attestationHolds(crypto.verify, author.signingKey, attestation) ? ok(null) : refuse('BAD_ATTESTATION');
}

/**
 * Entries of another device, handed over after the hub lost them. They are taken only as far as their author's signature
 * reaches: a carrier can return history and cannot make any.
 */
export async function takeCarried(tools: IngestTools, carrier: DeviceRecord, batch: Sealed): Promise<Arrival> {
  const carried = decodeCarriedHeader(batch.header);
  const header = carried === null ? null : carriedRun(carried);
  if (carried === null || header === null) return { is: 'unreadable' };
  const rejected = (code: RejectionCode): Arrival => ({ is: 'rejected', header, code, length: null });
  if (carried.carrier !== carrier.device) return rejected('OTHER_DEVICE');
  const vouched = await vouchedFor(tools, header, carried.attestation);
  if (!vouched.ok) return rejected(vouched.fault.code);
  const claim = { header, codec: carried.codec, carrier: carrier.device };
  const read = await openRun(tools, 'carried', carrier.signingKey, batch, claim);
  return read.ok ? ingest(tools, batch, claim, read.value, carried.attestation) : rejected(read.fault.code);
}

/** Evidence has to be whole: what a bundle contradicts is asked for in full, which is refused as what it is. */
function decideBundled(...[header, entries, facts]: Parameters<typeof decideIngest>): IngestDecision {
  const decision = decideIngest(header, entries, facts);
  return decision.do === 'reject' && decision.quarantine ? { do: 'reject', code: 'UNKNOWN_PREVIOUS', quarantine: false } : decision;
}

/** A store counts entries as it keeps them, sealed, which is a little more than they are. */
const STORED_MAX_BYTES = 2 * CONTEXT_RAW_MAX_BYTES;

/** The entries that a content goes on from, as far as they are held and are the author's own. */
async function contextHeld(store: HubStore, device: DeviceId, { runs }: ContextName): Promise<readonly ContextRun[]> {
  const context: ContextRun[] = [];
  let left = CONTEXT_RAW_MAX_BYTES;
  for (const { segment, from, count } of runs) {
    if (left <= 0) break;
    const slice = await store.slice({ device, stream: { kind: 'segment', segment, from }, own: true, maxEntries: Math.min(count, BATCH_ENTRIES_MAX), maxRawBytes: STORED_MAX_BYTES });
    const entries = slice?.rows ?? [];
    left = entries.reduce((bytes, entry) => bytes - entryBytes(entry), left);
    context.push({ run: { segment, from, count: entries.length, previous: entries[0]?.previous ?? CHAIN_START }, entries });
  }
  return context;
}

async function openBundle({ organization, store, crypto }: IngestTools, author: DeviceRecord, bundle: Bundle): Promise<Result<{ readonly sealed: SealedRuns; readonly headers: readonly BatchHeader[]; readonly runs: readonly CheckedRun[] }, RejectionCode>> {
  const codec = codecNamed(bundle.codec, crypto);
  if (codec === null) return refuse('UNKNOWN_CODEC');
  const headers = headersOf(bundle, organization, author.device, await store.held(author.device, bundle.runs.map(({ segment }) => segment)));
  if (headers === null) return refuse('UNKNOWN_PREVIOUS');
  const sealed = { headers: headers.map(encodeBatchHeader), signatures: bundle.runs.map(({ signature }) => signature), sealed: bundle.sealed };
  const content = await openRuns(crypto, author.signingKey, sealed);
  if (!content.ok) return content;
  const name = codec.contextOf(content.value);
  const context = name === null ? [] : await contextHeld(store, author.device, name);
  if (name !== null && !isContext(crypto.sha256, name, context)) return refuse('UNKNOWN_PREVIOUS');
  const runs = codec.decodeBatch(crypto, headers, content.value, context);
  return runs.ok ? ok({ sealed, headers, runs: runs.value }) : runs;
}

/** A bundle from its author's own connection: all of its runs are opened, or none; each is then taken by itself. */
export async function takeBundle(tools: IngestTools, author: DeviceRecord, bundle: Bundle): Promise<readonly Arrival[]> {
  const opened = await openBundle(tools, author, bundle);
  if (!opened.ok) {
    const { code } = opened.fault;
    return bundle.runs.map(({ segment, from }) => ({ is: 'rejected', header: { device: author.device, segment, from }, code, length: null }));
  }
  const { sealed, headers, runs } = opened.value;
  return Promise.all(runs.map((run, index) => {
    const [header, bytes, signature] = [headers[index], sealed.headers[index], sealed.signatures[index]];
    if (header === undefined || bytes === undefined || signature === undefined) throw new Error('broken assumption: a codec gives the runs it was asked for');
    const batch = { header: bytes, sealed: sealed.sealed, signature };
    return ingest(tools, batch, { header, codec: bundle.codec, carrier: null }, run, attestationOf(tools.crypto.sha256, batch), decideBundled);
  }));
}
