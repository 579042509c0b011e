import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { assertHolds } from '../../shared/base/result.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import { RANKS, rankOfType, readIncoming, type Incoming } from './import-incoming.ts';

/**
 * Where a large file waits, invisible, until all of it has been read and found good. Rows of `import_stage` hold
 * blocks of resources, compressed, numbered so that their order is the order of application.
 */
const ITEMS_PER_RANK = 10 ** 12;
/** FHIR JSON shrinks to an eighth at the fastest level, base64 included; the slower levels gain little. */
const DEFLATE_LEVEL = 1;
/** Largest inflated block, bytes: one resource of the stream's limit and a slice beside it. */
const BLOCK_MAX_BYTES = 64 * 1024 * 1024;
const REMOVED_AT_ONCE = 16;

/** Gives the number of the block after the last one written. */
export function writeBlocks(write: WriteHandle, key: string, firstNumber: number, incoming: readonly Incoming[]): number {
  let number = firstNumber;
  for (let rank = 0; rank < RANKS; rank += 1) {
    const block = incoming.filter(({ type }) => rankOfType(type) === rank);
    if (block.length === 0) continue;
    write.run('INSERT INTO import_stage (job, item, reference, resource) VALUES (?, ?, NULL, ?)', key, rank * ITEMS_PER_RANK + number, encodeBlock(block));
    number += 1;
  }
  return number;
}

/** Two lines a resource: where it came from, and its text, which holds no newline. */
function encodeBlock(block: readonly Incoming[]): string {
  const lines = block.map(({ entry, line, fullUrl, text }) => `${JSON.stringify([entry, line, fullUrl])}\n${text}`);
  return deflateRawSync(lines.join('\n'), { level: DEFLATE_LEVEL }).toString('base64');
}

const Origin = z.tuple([z.int(), z.int(), z.string().nullable()]);

function decodeBlock(text: string): readonly Incoming[] {
  const lines = inflateRawSync(Buffer.from(text, 'base64'), { maxOutputLength: BLOCK_MAX_BYTES }).toString('utf8').split('\n');
  const block: Incoming[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [entry, line, fullUrl] = Origin.parse(JSON.parse(lines[at] ?? ''));
    const resource = lines[at + 1] ?? '';
    const value: unknown = JSON.parse(resource);
    assertHolds(isJsonObject(value) && typeof value['resourceType'] === 'string', 'what was staged is a resource');
    const incoming = readIncoming({ entry, line, fullUrl, type: value['resourceType'], text: resource, value });
    assertHolds(incoming.ok, 'what was staged could be read');
    block.push(incoming.value);
  }
  return block;
}

export type StagedBlock = { readonly item: number; readonly incoming: readonly Incoming[] };

export function nextBlock(read: ReadHandle, key: string, after: number): StagedBlock | undefined {
  const row = read.get('SELECT item, resource FROM import_stage WHERE job = ? AND item > ? ORDER BY item LIMIT 1', key, after);
  return row === undefined ? undefined : { item: Number(row['item']), incoming: decodeBlock(String(row['resource'])) };
}

/** Blocks of patients up to and including `last`. */
export function* patientBlocks(read: ReadHandle, key: string, last: number): Generator<StagedBlock> {
  for (let after = -1; ; ) {
    const block = nextBlock(read, key, after);
    if (block === undefined || block.item > last || block.item >= ITEMS_PER_RANK) return;
    yield block;
    after = block.item;
  }
}

export function holdsRank(read: ReadHandle, key: string, rank: number): boolean {
  return read.get('SELECT 1 FROM import_stage WHERE job = ? AND item >= ? AND item < ?', key, rank * ITEMS_PER_RANK, (rank + 1) * ITEMS_PER_RANK) !== undefined;
}

/** Takes some of the blocks away; false once there are none. */
export function removeSomeBlocks(write: WriteHandle, key: string): boolean {
  return write.run('DELETE FROM import_stage WHERE job = ? AND item IN (SELECT item FROM import_stage WHERE job = ? LIMIT ?)', key, key, REMOVED_AT_ONCE).changes > 0;
}
