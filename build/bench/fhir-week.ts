import { createWriteStream, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { zstdCompressSync, constants } from 'node:zlib';
import { z } from 'zod';
import { exportRecords } from '../../main/records/records.ts';
import type { BenchVault } from './bench-vault.ts';

/**
 * The same week as FHIR R4 JSON: its records as they are exported, and an AuditEvent for every entry of the trail, as
 * a system that keeps documents would store and send them.
 */
export type FhirWeek = { readonly folder: string; readonly documents: number; readonly bytes: number; /** By zstd at level 9, a thousand documents at a time. */ readonly zstdBytes: number };

const BATCH_DOCUMENTS = 1000;
const ZSTD_LEVEL = 9;
/** Kinds that leave no record in the chart, only a line in the trail. */
const TRAIL = "kind IN ('chart.viewed', 'record.viewed', 'patient.searched', 'session.open', 'session.close')";
const Row = z.object({ id: z.string(), sequence: z.int(), kind: z.string(), at: z.int(), patient: z.string().nullable(), session: z.int().nullable() });

export async function writeFhirWeek({ store }: BenchVault, folder: string): Promise<FhirWeek> {
  mkdirSync(folder, { recursive: true });
  const lines: string[] = [];
  let rest = '';
  const write = async (chunk: Uint8Array): Promise<void> => {
    const parts = (rest + Buffer.from(chunk).toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.filter((line) => line !== ''));
  };
  await exportRecords({ read: store.read, patient: null, format: 'ndjson', maySee: () => true, write, yieldNow: () => Promise.resolve() });
  for (const row of store.read.iterate(`SELECT segment.id AS id, sequence, kind, at, patient, session FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE ${TRAIL} ORDER BY position`)) lines.push(JSON.stringify(auditEvent(Row.parse(row))));
  const file = createWriteStream(join(folder, 'week.ndjson'));
  for (const line of lines) if (!file.write(`${line}\n`)) await once(file, 'drain');
  file.end();
  await once(file, 'finish');
  return { folder, documents: lines.length, bytes: lines.reduce((total, line) => total + Buffer.byteLength(line), 0), zstdBytes: zstdBytesOf(lines) };
}

function zstdBytesOf(lines: readonly string[]): number {
  let total = 0;
  for (let from = 0; from < lines.length; from += BATCH_DOCUMENTS) {
    total += zstdCompressSync(lines.slice(from, from + BATCH_DOCUMENTS).join('\n'), { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }).length;
  }
  return total;
}

/** hl7.org/fhir/R4/auditevent.html, as short as its required elements and a patient allow. */
function auditEvent({ id, sequence, kind, at, patient, session }: z.infer<typeof Row>): object {
  const read = kind.endsWith('viewed') || kind === 'patient.searched';
  return {
    resourceType: 'AuditEvent',
    id: `${id}-${sequence}`,
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: read ? 'rest' : '110114' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: read ? 'read' : 'login' }],
    action: read ? 'R' : 'E',
    recorded: new Date(at).toISOString(),
    outcome: '0',
    purposeOfEvent: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] }],
    agent: [{ who: { reference: `Practitioner/${id}-${session ?? 0}` }, requestor: true }],
    source: { observer: { reference: `Device/${id}` } },
    ...(patient === null ? {} : { entity: [{ what: { reference: `Patient/${patient}` }, role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' } }] }),
  };
}
