import { ok, refuse, type Result } from '../base/result.ts';
import type { DeviceId } from '../base/ids.ts';
import { readPage } from './attested-page.ts';
import { codecNamed } from './codec.ts';
import type { DeviceStore, LocalFault, ReceiveFault } from './device-store.ts';
import { sameCursor, seedPlaces } from './asked-page.ts';
import type { OrganizationId } from './envelope.ts';
import { judgeRuns } from './judge-runs.ts';
import { decodeMessage } from './message-codec.ts';
import { decodePageHeader } from './page-header.ts';
import { open, type OpenFault, type SyncCrypto } from './sealing.ts';

/**
 * Pages of a seed that came another way than the line: on a stick. Each is signed by its maker and sealed to this
 * device, so the folder they lie in need not be trusted: what is changed, missing, foreign or old is refused by name.
 */
export type SeedTools = {
  readonly store: DeviceStore;
  readonly crypto: SyncCrypto;
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  /** Ed25519 key of whoever made the pages. */
  readonly makerKey: Uint8Array;
};

export type SeedPageFault = OpenFault | 'UNKNOWN_CODEC' | 'OTHER_ORGANIZATION' | 'OTHER_DEVICE' | 'NOT_A_SEED' | ReceiveFault | LocalFault;
export type SeedPageOutcome = {
  /** `already`: what the page brings is here. */
  readonly is: 'taken' | 'already';
  readonly applied: number;
  /** Entries of the seed passed, and how many it has. */
  readonly passed: number;
  readonly total: number;
};

/** GAP: a page before this one is missing. */
export async function takeSeedPage({ store, crypto, organization, device, makerKey }: SeedTools, bytes: Uint8Array): Promise<Result<SeedPageOutcome, SeedPageFault>> {
  const message = decodeMessage(bytes);
  if (message === 'malformed' || message === 'ignore' || message.type !== 'page') return refuse('MALFORMED');
  const header = decodePageHeader(message.page.header);
  if (header === null) return refuse('MALFORMED');
  const { stream, next, last } = header;
  if (header.organization !== organization) return refuse('OTHER_ORGANIZATION');
  if (header.device !== device) return refuse('OTHER_DEVICE');
  const codec = codecNamed(header.codec);
  if (codec === null) return refuse('UNKNOWN_CODEC');
  const content = await open(crypto, 'page', makerKey, message.page);
  if (!content.ok) return content;
  if (stream.kind !== 'seed' || last < next || next < stream.after) return refuse('NOT_A_SEED');
  const outcome = (is: SeedPageOutcome['is'], applied: number): Result<SeedPageOutcome, SeedPageFault> => ok({ is, applied, passed: next, total: last });

  const cursor = store.cursor();
  if (cursor !== null && cursor.epoch === stream.at.epoch && cursor.lsn >= stream.at.lsn) return outcome('already', 0);
  const kept = store.seeding();
  const passed = kept !== null && sameCursor(kept.at, stream.at) ? kept.passed : 0;
  if (next <= passed && next < last) return outcome('already', 0);
  if (stream.after > passed) return refuse('GAP', { passed, from: stream.after });

  const runs = readPage(crypto, codec, header, content.value);
  if (!runs.ok) return runs;
  const judged = judgeRuns(runs.value, crypto.verify, store.authorKey);
  const received = store.receive(judged, seedPlaces(stream.at, next, last));
  return received.ok ? outcome('taken', received.value.applied) : received;
}
