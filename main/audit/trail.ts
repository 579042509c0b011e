import type { z } from 'zod';
import type { AuditLine } from '../../shared/ipc/rows-system.ts';
import type { Authorship } from '../../shared/ipc/shapes.ts';
import { DeviceId, type RecordId } from '../../shared/base/ids.ts';
import { CallRefusedBody, ImportFileBody, SessionOpenBody, SessionRefusedBody, ViewedBody } from '../../shared/ledger/bodies.ts';
import { Header, idOf } from '../../shared/ledger/entry.ts';
import type { ReadHandle, SqlRow, SqlValue } from '../store/store.ts';
import { jsonOf } from './json-of.ts';

/** The ledger read as an audit trail: who did what to whom, when, where and by which rule. */

const SELECT = `SELECT ledger.position, ledger.header, ledger.kind, CASE WHEN ledger.kind IN ('session.refused', 'call.refused', 'import.file', 'patient.searched', 'chart.viewed', 'record.viewed', 'export.made', 'sync.refused') THEN ledger.body END AS body,
  segment.device, segment.device_name, session.body AS session, patient.family, patient.given
  FROM ledger JOIN segment ON segment.ref = ledger.segment
  LEFT JOIN session ON session.segment = ledger.segment AND session.sequence = CASE WHEN ledger.kind = 'session.open' THEN ledger.sequence ELSE ledger.session END
  LEFT JOIN patient ON patient.record = ledger.patient`;

/** A session that is opened again for another lane is one line: the first opening, or the copy while that has not come. */
const ONCE = `(ledger.kind <> 'session.open' OR session.original IS NULL OR NOT EXISTS (
  SELECT 1 FROM segment AS home JOIN session AS first ON first.segment = home.ref
  WHERE home.id = substr(session.original, 1, 16) AND first.sequence = CAST(substr(session.original, 18) AS INTEGER)))`;

export type TrailFilter = {
  readonly patient: RecordId | null;
  readonly userName: string | null;
  readonly kinds: readonly string[];
  readonly refusedOnly: boolean;
  readonly from: number | null;
  readonly to: number | null;
  /** Entries before this position; null starts at the newest. */
  readonly before: number | null;
  readonly limit: number;
};

const REFUSALS = ['session.refused', 'call.refused', 'sync.refused'];

export function readTrail(read: ReadHandle, filter: TrailFilter): { readonly lines: AuditLine[]; readonly next: number | null } {
  const conditions = ['ledger.position < ?', ONCE];
  const values: SqlValue[] = [filter.before ?? Number.MAX_SAFE_INTEGER];
  const add = (condition: string, ...more: readonly SqlValue[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  if (filter.patient !== null) add('ledger.patient = ?', filter.patient);
  if (filter.userName !== null) add('session.name = ?', filter.userName);
  if (filter.refusedOnly) add(`ledger.kind IN (${REFUSALS.map(() => '?').join(', ')})`, ...REFUSALS);
  else if (filter.kinds.length > 0) add(`ledger.kind IN (${filter.kinds.map(() => '?').join(', ')})`, ...filter.kinds);
  if (filter.from !== null) add('ledger.at >= ?', filter.from);
  if (filter.to !== null) add('ledger.at < ?', filter.to);
  const rows = read.all(`${SELECT} WHERE ${conditions.join(' AND ')} ORDER BY ledger.position DESC LIMIT ?`, ...values, filter.limit + 1);
  const lines = rows.slice(0, filter.limit).map(toLine);
  return { lines, next: rows.length > filter.limit ? Number(rows[filter.limit - 1]?.['position'] ?? 0) : null };
}

/** Every line in order, for export. */
export function* trailLines(read: ReadHandle, from: number | null, to: number | null): Generator<AuditLine> {
  for (const row of read.iterate(`${SELECT} WHERE ledger.at >= ? AND ledger.at < ? AND ${ONCE} ORDER BY ledger.position`, from ?? 0, to ?? Number.MAX_SAFE_INTEGER)) yield toLine(row);
}

/** Who made the entry of a row that has `header`, `device`, `device_name` and `session` (the body of its session). */
export function authorshipOf(row: SqlRow): Authorship {
  const header = Header.parse(JSON.parse(String(row['header'])));
  const session = sessionOf(row);
  return {
    entry: idOf(header),
    at: header.at,
    offsetMinutes: header.offset,
    zone: header.zone,
    clock: header.clockState,
    userName: session?.name ?? 'Outpost',
    role: session?.role ?? 'system',
    device: DeviceId.parse(row['device']),
    deviceName: String(row['device_name']),
  };
}

function sessionOf(row: SqlRow): SessionOpenBody | undefined {
  const text = row['session'];
  return typeof text === 'string' ? SessionOpenBody.safeParse(JSON.parse(text)).data : undefined;
}

function toLine(row: SqlRow): AuditLine {
  const header = Header.parse(JSON.parse(String(row['header'])));
  const session = sessionOf(row);
  const site = session?.site;
  const named = typeof row['family'] === 'string' ? `${String(row['family'])}, ${String(row['given'])}` : null;
  return {
    by: authorshipOf(row),
    kind: header.kind,
    purpose: header.purpose,
    decision: header.decision,
    patient: header.patient,
    patientName: named,
    record: header.record,
    addresses: session?.addresses ?? [],
    site: site?.name ?? '',
    coordinates: site !== undefined && site.latitude !== null && site.longitude !== null ? { latitude: site.latitude, longitude: site.longitude, source: site.source } : null,
    outcome: REFUSALS.includes(header.kind) ? 'refused' : 'done',
    summary: summaryOf(header.kind, row['body']),
  };
}

/** A few words of machine text behind the kind: what was looked at, which call was refused and by which rule. */
function summaryOf(kind: string, body: SqlValue | undefined): string {
  if (!(body instanceof Uint8Array)) return '';
  const schema = SUMMARIES[kind] ?? SUMMARIES['*'];
  return schema?.safeParse(jsonOf(body)).data ?? '';
}

const SUMMARIES: Readonly<Record<string, z.ZodType<string>>> = {
  'session.refused': SessionRefusedBody.transform(({ login, code }) => `${login}: ${code}`),
  'call.refused': CallRefusedBody.transform(({ call, code, rule }) => `${call}: ${code}${rule === null ? '' : ` (${rule})`}`),
  'import.file': ImportFileBody.transform(({ file, outcome, taken }) => `${file}: ${outcome}, ${taken}`),
  '*': ViewedBody.transform(({ what, count }) => (count === undefined ? what : `${what} (${count})`)),
};
