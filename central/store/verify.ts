import { equalBytes, fromHex, toHex } from '../../shared/base/bytes.ts';
import { bodyCommitment, chainHash, CHAIN_START } from '../../shared/ledger/entry.ts';
import { decodeBatchHeader, signedBytes } from '../../shared/sync/envelope.ts';
import { MARK_START } from '../../shared/sync/hub-rules.ts';
import { sha256, verifyEd25519 } from '../hub/cipher.ts';
import { bytesOf, numberOf, textOf, type HubDatabase, type Row } from './database.ts';
import { markAfter } from './hub-log.ts';

export type HubProblem = { readonly where: string; readonly problem: 'GAP' | 'BAD_HASH' | 'BAD_BODY' | 'BAD_HEAD' | 'BAD_MARK' | 'BAD_ATTESTATION' | 'UNATTESTED' };
export type HubVerdict = { readonly ok: boolean; readonly entries: number; readonly segments: number; readonly attestations: number; readonly quarantined: number; readonly problems: readonly HubProblem[] };

const PROBLEMS_MAX = 100;

/**
 * Walks the whole log again: every body against its commitment, every chain from its start to the head held, every
 * signature of the devices over their heads, and the log's own running hash. Changes nothing.
 */
export function verifyLog(database: HubDatabase): HubVerdict {
  return database.snapshot(() => {
    const problems: HubProblem[] = [];
    const report = (where: string, problem: HubProblem['problem']): void => {
      if (problems.length < PROBLEMS_MAX) problems.push({ where, problem });
    };
    const segments = database.all('SELECT ref, segment.id, length, head, quarantined, signing_key FROM segment JOIN device ON device.id = segment.device ORDER BY ref');
    let attestations = 0;
    for (const segment of segments) {
      const hashes = walkChain(database, segment, report);
      attestations += checkAttestations(database, segment, hashes, report);
    }
    const entries = walkLog(database, report);
    const quarantined = segments.filter((segment) => segment['quarantined'] === 1).length;
    return { ok: problems.length === 0, entries, segments: segments.length, attestations, quarantined, problems };
  });
}

type Report = (where: string, problem: HubProblem['problem']) => void;

function bodyHolds(row: Row): boolean {
  const { body } = row;
  if (!(body instanceof Uint8Array)) return true;
  const header: unknown = JSON.parse(textOf(row, 'header'));
  const committed = typeof header === 'object' && header !== null && 'body' in header ? header.body : null;
  return typeof committed === 'string' && equalBytes(fromHex(committed), bodyCommitment(sha256, bytesOf(row, 'salt'), body));
}

/** The recomputed hash at every length at which something else refers to it is looked up by the caller; so all are kept, 32 bytes each. */
function walkChain(database: HubDatabase, segment: Row, report: Report): Uint8Array[] {
  const id = textOf(segment, 'id');
  const hashes: Uint8Array[] = [];
  let hash = CHAIN_START as Uint8Array;
  for (const row of database.iterate('SELECT sequence, header, salt, body, hash FROM op WHERE segment = ? ORDER BY sequence', numberOf(segment, 'ref'))) {
    const sequence = numberOf(row, 'sequence');
    if (sequence !== hashes.length) report(`${id}.${hashes.length}`, 'GAP');
    hash = chainHash(sha256, hash, textOf(row, 'header'));
    if (!equalBytes(hash, bytesOf(row, 'hash'))) report(`${id}.${sequence}`, 'BAD_HASH');
    if (!bodyHolds(row)) report(`${id}.${sequence}`, 'BAD_BODY');
    hashes.push(hash);
  }
  if (hashes.length !== numberOf(segment, 'length') || !equalBytes(hash, bytesOf(segment, 'head'))) report(id, 'BAD_HEAD');
  return hashes;
}

function checkAttestations(database: HubDatabase, segment: Row, hashes: readonly Uint8Array[], report: Report): number {
  const id = textOf(segment, 'id');
  const rows = database.all('SELECT length, header, sealed_hash, signature FROM attestation WHERE segment = ? ORDER BY length', numberOf(segment, 'ref'));
  let attested = 0;
  for (const row of rows) {
    const length = numberOf(row, 'length');
    const text = bytesOf(row, 'header');
    const header = decodeBatchHeader(text);
    const head = hashes[length - 1];
    const signed = verifyEd25519(bytesOf(segment, 'signing_key'), signedBytes('batch', text, bytesOf(row, 'sealed_hash')), bytesOf(row, 'signature'));
    if (!signed || header === null || head === undefined || header.segment !== id || header.from + header.count !== length || !equalBytes(header.head, head)) report(`${id} to ${length}`, 'BAD_ATTESTATION');
    attested = length;
  }
  if (attested !== numberOf(segment, 'length')) report(`${id} from ${attested}`, 'UNATTESTED');
  return rows.length;
}

function walkLog(database: HubDatabase, report: Report): number {
  let lsn = 0;
  let mark = fromHex(MARK_START) as Uint8Array;
  for (const row of database.iterate('SELECT lsn, hash, mark FROM op ORDER BY lsn')) {
    lsn += 1;
    if (numberOf(row, 'lsn') !== lsn) report(`log ${lsn}`, 'GAP');
    mark = markAfter(mark, bytesOf(row, 'hash'));
    if (toHex(mark) !== toHex(bytesOf(row, 'mark'))) report(`log ${lsn}`, 'BAD_MARK');
  }
  return lsn;
}
