import { utf8 } from '../../shared/base/bytes.ts';
import type { RecordId } from '../../shared/base/ids.ts';
import type { ReadHandle } from '../store/store.ts';
import { createTargets, type ExportedRecord, type Targets } from './export-targets.ts';

/**
 * Gives records back as FHIR R4 (docs/decisions/0007-import.md). Promises: a resource that came in and was never
 * amended goes out byte for byte; nothing of a patient goes out whom the caller may not see; what the exported
 * records refer to is there too, and their references resolve.
 */
export type ExportRequest = {
  readonly read: ReadHandle;
  /** One patient's chart; null for everything the caller may see, records of no patient included. */
  readonly patient: RecordId | null;
  readonly format: 'bundle' | 'ndjson';
  readonly maySee: (patient: RecordId) => boolean;
  /** Takes the next bytes; resolves when there is room for more. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  readonly yieldNow: () => Promise<void>;
};

export type Exported = { readonly resources: number; readonly bytes: number };

const SLICE_RECORDS = 500;
const CHUNK_CHARACTERS = 256 * 1024;
const BUNDLE_HEAD = '{"resourceType":"Bundle","type":"collection"';

/** A record that is erased meanwhile is left out. Rejects with what `write` rejects with. */
export async function exportRecords(request: ExportRequest): Promise<Exported> {
  const { read, patient, format, maySee } = request;
  const out = createOutput(request);
  const targets = createTargets(read, format);
  const slices = patient === null ? everything(read, cached(maySee)) : maySee(patient) ? chartOf(read, patient, targets) : [];
  for (const records of slices) {
    for (const record of records) {
      const text = targets.textOf(record);
      if (text !== undefined) await out.resource(record.id, text);
    }
    await request.yieldNow();
  }
  return out.end();
}

const COLUMNS = 'ref, id, type, patient, created';

/** Keyset pages, so that a write may come between two of them. */
function* pages(read: ReadHandle, where: string, ...values: readonly string[]): Generator<readonly ExportedRecord[]> {
  for (let after = 0; ; ) {
    const rows = read.all(`SELECT ${COLUMNS} FROM record WHERE ${where} AND ref > ? ORDER BY ref LIMIT ?`, ...values, after, SLICE_RECORDS);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = Number(last['ref']);
    yield rows.map((row) => ({
      id: String(row['id']) as RecordId,
      type: String(row['type']),
      patient: row['patient'] === null ? null : (String(row['patient']) as RecordId),
      created: Number(row['created']),
    }));
  }
}

function* everything(read: ReadHandle, maySee: (patient: RecordId) => boolean): Generator<readonly ExportedRecord[]> {
  for (const page of pages(read, 'true')) yield page.filter(({ patient }) => patient === null || maySee(patient));
}

/** The patient first, the chart as it was written, and in the end what the chart refers to and is nobody's. */
function* chartOf(read: ReadHandle, patient: RecordId, targets: Targets): Generator<readonly ExportedRecord[]> {
  const found = new Map<RecordId, ExportedRecord>();
  for (const where of ["patient = ? AND type = 'Patient'", "patient = ? AND type <> 'Patient'"]) {
    for (const page of pages(read, where, patient)) {
      targets.collect(page, found);
      yield page;
    }
  }
  const given = new Set<RecordId>();
  for (let next = [...found.values()]; next.length > 0; next = [...found.values()].filter(({ id }) => !given.has(id))) {
    for (const { id } of next) given.add(id);
    targets.collect(next, found);
    yield next;
  }
}

function cached(maySee: (patient: RecordId) => boolean): (patient: RecordId) => boolean {
  const known = new Map<RecordId, boolean>();
  return (patient) => {
    let may = known.get(patient);
    if (may === undefined) {
      may = maySee(patient);
      known.set(patient, may);
    }
    return may;
  };
}

type Output = { resource(id: RecordId, text: string): Promise<void>; end(): Promise<Exported> };

function createOutput({ format, write }: Pick<ExportRequest, 'format' | 'write'>): Output {
  const isBundle = format === 'bundle';
  let buffer = '';
  let resources = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const chunk = utf8(buffer);
    buffer = '';
    bytes += chunk.length;
    if (chunk.length > 0) await write(chunk);
  };
  return {
    async resource(id, text) {
      const before = resources === 0 ? `${BUNDLE_HEAD},"entry":[\n` : ',\n';
      buffer += isBundle ? `${before}{"fullUrl":"urn:uuid:${id}","resource":${text}}` : `${text}\n`;
      resources += 1;
      if (buffer.length >= CHUNK_CHARACTERS) await flush();
    },
    async end() {
      // FHIR allows no empty array.
      if (isBundle) buffer += resources === 0 ? `${BUNDLE_HEAD}}\n` : '\n]}\n';
      await flush();
      return { resources, bytes };
    },
  };
}
