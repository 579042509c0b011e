import { decodeBatchHeader, signedBytes } from '../../shared/sync/envelope.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { sha256, verifyEd25519 } from '../hub/cipher.ts';
import { bytesOf, numberOf, optionalTextOf, textOf, type Row } from './row.ts';
import type { Reads } from './sql.ts';

/** Batches that contradict what is held, kept whole as evidence. */
export type QuarantineLine = { readonly id: number; readonly at: number; readonly device: string; readonly deviceName: string | null; readonly segment: string; readonly bytes: number };

const FROM = 'quarantine LEFT JOIN device ON device.id = quarantine.device';

const toLine = (row: Row): QuarantineLine => ({
  id: numberOf(row, 'id'), at: numberOf(row, 'at'), device: textOf(row, 'device'), deviceName: optionalTextOf(row, 'name'), segment: textOf(row, 'segment'), bytes: numberOf(row, 'bytes'),
});

/** The newest first. */
export async function listQuarantine(sql: Reads, limit: number): Promise<readonly QuarantineLine[]> {
  const rows = await sql.all(`SELECT quarantine.id, quarantine.at, quarantine.device, device.name, quarantine.segment, octet_length(quarantine.sealed) AS bytes FROM ${FROM} ORDER BY quarantine.id DESC LIMIT ?`, limit);
  return rows.map(toLine);
}

export type QuarantinedBatch = QuarantineLine & {
  /** What the batch says of itself; null where it does not read. */
  readonly claims: { readonly from: number; readonly count: number; readonly previous: string; readonly head: string } | null;
  /** Whether the device's own key has signed it: if so, that device, or a copy of it, wrote two histories. */
  readonly signed: boolean;
  /** What is held of the segment instead. */
  readonly held: { readonly length: number; readonly head: string } | null;
  readonly batch: { readonly header: Uint8Array; readonly sealed: Uint8Array; readonly signature: Uint8Array };
};

export async function quarantined(sql: Reads, id: number): Promise<QuarantinedBatch | null> {
  const row = await sql.get(
    `SELECT quarantine.id, quarantine.at, quarantine.device, device.name, device.signing_key, quarantine.segment, octet_length(quarantine.sealed) AS bytes, quarantine.header, quarantine.sealed, quarantine.signature FROM ${FROM} WHERE quarantine.id = ?`, id,
  );
  if (row === undefined) return null;
  const held = await sql.get('SELECT length, head FROM segment WHERE id = ?', textOf(row, 'segment'));
  const batch = { header: bytesOf(row, 'header'), sealed: bytesOf(row, 'sealed'), signature: bytesOf(row, 'signature') };
  const header = decodeBatchHeader(batch.header);
  return {
    ...toLine(row),
    claims: header === null ? null : { from: header.from, count: header.count, previous: toHex(header.previous), head: toHex(header.head) },
    signed: row['signing_key'] !== null && verifyEd25519(bytesOf(row, 'signing_key'), signedBytes('batch', batch.header, sha256(batch.sealed)), batch.signature),
    held: held === undefined ? null : { length: numberOf(held, 'length'), head: toHex(bytesOf(held, 'head')) },
    batch,
  };
}
