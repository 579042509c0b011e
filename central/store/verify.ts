import { equalBytes, fromHex, toHex } from '../../shared/base/bytes.ts';
import { bodyCommitment, chainHash, CHAIN_START } from '../../shared/ledger/entry.ts';
import { decodeBatchHeader, signedBytes } from '../../shared/sync/envelope.ts';
import { MARK_START } from '../../shared/sync/hub-rules.ts';
import { sha256, verifyEd25519 } from '../hub/cipher.ts';
import { CellUnreadable, type Cells } from './cells.ts';
import { markAfter } from './log-marks.ts';
import { entryOf } from './log-rows.ts';
import { bytesOf, numberOf, textOf, type Row } from './row.ts';
import type { Reads, Sql } from './sql.ts';

export type HubProblem = { readonly where: string; readonly problem: 'GAP' | 'UNREADABLE' | 'BAD_HASH' | 'BAD_BODY' | 'BAD_HEAD' | 'BAD_MARK' | 'BAD_ATTESTATION' | 'UNATTESTED' };
export type HubVerdict = { readonly ok: boolean; readonly entries: number; readonly segments: number; readonly attestations: number; readonly quarantined: number; readonly problems: readonly HubProblem[] };

const PROBLEMS_MAX = 100;
/** Entries read at a time; the largest one is 16 MiB, an ordinary one 1 KiB. */
const ENTRIES_AT_A_TIME = 200;
const MARKS_AT_A_TIME = 5000;

/**
 * Walks the whole log again: every body against its commitment, every chain from its start to the head held, every
 * signature of the devices over their heads, and the log's own running hash. Changes nothing.
 */
export function verifyLog(sql: Sql): Promise<HubVerdict> {
  return sql.snapshot(async (view) => {
    const problems: HubProblem[] = [];
    const report: Report = (where, problem) => {
      if (problems.length < PROBLEMS_MAX) problems.push({ where, problem });
    };
    const segments = await view.all('SELECT ref, segment.id, length, head, quarantined, signing_key FROM segment JOIN device ON device.id = segment.device ORDER BY ref');
    let attestations = 0;
    for (const segment of segments) {
      const hashes = await walkChain(view, sql.cells, segment, report);
      attestations += await checkAttestations(view, segment, hashes, report);
    }
    const entries = await walkLog(view, report);
    const quarantined = segments.filter((segment) => segment['quarantined'] === 1).length;
    return { ok: problems.length === 0, entries, segments: segments.length, attestations, quarantined, problems };
  });
}

type Report = (where: string, problem: HubProblem['problem']) => void;

/** Rows in the order of their key, a bounded number at a time. */
async function* inOrder(pageAfter: (key: number) => Promise<readonly Row[]>, key: string): AsyncGenerator<Row> {
  for (let last = -1; ;) {
    const rows = await pageAfter(last);
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined) return;
    last = numberOf(end, key);
  }
}

function bodyHolds({ headerText, salt, body }: ReturnType<typeof entryOf>): boolean {
  if (body === null) return true;
  const header: unknown = JSON.parse(headerText);
  const committed = typeof header === 'object' && header !== null && 'body' in header ? header.body : null;
  return typeof committed === 'string' && equalBytes(fromHex(committed), bodyCommitment(sha256, salt, body));
}

/** The recomputed hash at every length at which something else refers to it is looked up by the caller; so all are kept, 32 bytes each. */
async function walkChain(view: Reads, cells: Cells, segment: Row, report: Report): Promise<Uint8Array[]> {
  const id = textOf(segment, 'id');
  const hashes: Uint8Array[] = [];
  let hash = CHAIN_START as Uint8Array;
  const page = (after: number): Promise<readonly Row[]> =>
    view.all('SELECT sequence, header, salt, body, hash FROM op WHERE segment = ? AND sequence > ? ORDER BY sequence LIMIT ?', numberOf(segment, 'ref'), after, ENTRIES_AT_A_TIME);
  for await (const row of inOrder(page, 'sequence')) {
    const sequence = numberOf(row, 'sequence');
    if (sequence !== hashes.length) report(`${id}.${hashes.length}`, 'GAP');
    const entry = readable(() => entryOf(cells, id, row));
    if (entry === null) {
      report(`${id}.${sequence}`, 'UNREADABLE');
      hash = bytesOf(row, 'hash');
    } else {
      hash = chainHash(sha256, hash, entry.headerText);
      if (!equalBytes(hash, bytesOf(row, 'hash'))) report(`${id}.${sequence}`, 'BAD_HASH');
      if (!bodyHolds(entry)) report(`${id}.${sequence}`, 'BAD_BODY');
    }
    hashes.push(hash);
  }
  if (hashes.length !== numberOf(segment, 'length') || !equalBytes(hash, bytesOf(segment, 'head'))) report(id, 'BAD_HEAD');
  return hashes;
}

function readable<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof CellUnreadable) return null;
    throw error;
  }
}

async function checkAttestations(view: Reads, segment: Row, hashes: readonly Uint8Array[], report: Report): Promise<number> {
  const id = textOf(segment, 'id');
  const rows = await view.all('SELECT length, header, sealed_hash, signature FROM attestation WHERE segment = ? ORDER BY length', numberOf(segment, 'ref'));
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

async function walkLog(view: Reads, report: Report): Promise<number> {
  let lsn = 0;
  let mark = fromHex(MARK_START) as Uint8Array;
  for await (const row of inOrder((after) => view.all('SELECT lsn, hash, mark FROM op WHERE lsn > ? ORDER BY lsn LIMIT ?', after, MARKS_AT_A_TIME), 'lsn')) {
    lsn += 1;
    if (numberOf(row, 'lsn') !== lsn) report(`log ${lsn}`, 'GAP');
    mark = markAfter(mark, bytesOf(row, 'hash'));
    if (toHex(mark) !== toHex(bytesOf(row, 'mark'))) report(`log ${lsn}`, 'BAD_MARK');
  }
  return lsn;
}
