import { createWriteStream, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { zstdCompressSync, constants } from 'node:zlib';
import { z } from 'zod';
import type { BenchVault } from './bench-vault.ts';

/**
 * The same week as FHIR R4 JSON: its records, and an AuditEvent for every entry of the trail, as a system that keeps
 * documents would store and send them. `since`: the ledger's position before the week.
 */
export type FhirWeek = { readonly folder: string; readonly documents: number; readonly bytes: number; /** By zstd at level 9, a thousand documents at a time. */ readonly zstdBytes: number };

const BATCH_DOCUMENTS = 1000;
const ZSTD_LEVEL = 9;
/** Kinds that leave no record in the chart, only a line in the trail. */
const TRAIL = "kind IN ('chart.viewed', 'record.viewed', 'patient.searched', 'session.open', 'session.close')";
/** As it is exported: with its record's id. */
const RecordText = z
  .object({ id: z.string(), resource: z.string().nullable(), body: z.instanceof(Uint8Array) })
  .transform(({ id, resource, body }) => JSON.stringify({ ...z.looseObject({}).parse(JSON.parse(resource ?? Buffer.from(body).toString('utf8'))), id }));
const Row = z.object({ id: z.string(), sequence: z.int(), kind: z.string(), at: z.int(), patient: z.string().nullable(), session: z.int().nullable() });

export async function writeFhirWeek({ store }: BenchVault, since: number, folder: string): Promise<FhirWeek> {
  mkdirSync(folder, { recursive: true });
  const lines: string[] = [];
  // A record that came as FHIR is its entry's body; one that was amended is there once, as it is at the end of the week.
  const records = store.read.iterate(`SELECT record.id, resource, body FROM record JOIN ledger ON ledger.position = record.created WHERE ledger.position > ? OR record.id IN (SELECT record FROM ledger WHERE position > ? AND kind = 'amend') ORDER BY record.id`, since, since);
  for (const row of records) lines.push(RecordText.parse(row));
  for (const row of store.read.iterate(`SELECT segment.id AS id, sequence, kind, at, patient, session FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE position > ? AND ${TRAIL} ORDER BY position`, since)) lines.push(JSON.stringify(auditEvent(Row.parse(row))));
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
