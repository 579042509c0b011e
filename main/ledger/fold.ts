import type { z } from 'zod';
import { AmendBody, BreakGlassBody, OrderAppliedBody, SessionOpenBody, SettingsBody, StaffBody } from '../../shared/ledger/bodies.ts';
import { Header, READER_VERSION } from '../../shared/ledger/entry.ts';
import { ENTRY_KINDS } from '../../shared/ledger/kinds.ts';
import { expandEntry, isClinicalKind, parseBody } from './expansion.ts';
import { FOLDED, type Folding, type FoldOutcome } from './fold-context.ts';
import { foldSettings, foldStaff } from './fold-own.ts';
import { foldScope, isOutOfScope } from './fold-scope.ts';
import { createRecord, createRecordFromBody, setElements } from './fold-record.ts';
import { storeFaultOf, type SqlRow, type WriteHandle } from '../store/store.ts';
import { sessionAuthor } from './sessions.ts';

/**
 * From one ledger entry to the projection. Promises: the projection is a function of the set of entries held, whatever
 * order lanes and devices brought them in; what is not understood is parked, never dropped and never blocking.
 */
const PARKED_BODY: FoldOutcome = { folded: false, reason: 'unreadable-body' };

/** What a version of the program understands: which kinds, and up to which `minReader`. */
export type Reader = { readonly version: number; readonly folds: Readonly<Record<string, Fold>> };
export type Fold = (context: Folding, body: Uint8Array) => FoldOutcome;

/**
 * `guarded`: the entry came from elsewhere, and if it cannot be folded it is parked, whatever it holds: nobody stops
 * everyone's sync by one entry. One just written here that cannot be folded is a defect, and its transaction rolls back.
 * Without a guard it throws.
 */
export function foldEntry(context: Folding, guarded: boolean, reader: Reader = THIS_READER): FoldOutcome {
  const { header, body } = context;
  if (header.patient !== null && isOutOfScope(context.write, header.patient)) return FOLDED;
  if (header.minReader > reader.version) return { folded: false, reason: 'newer-version' };
  const fold = Object.hasOwn(reader.folds, header.kind) ? reader.folds[header.kind] : undefined;
  if (fold === undefined) return { folded: false, reason: 'unknown-kind' };
  if (body === null || fold === TRAIL_ONLY) return FOLDED;
  return guarded ? (attempt(context.write, () => fold(context, body)) ?? PARKED_BODY) : fold(context, body);
}

/** Folds the entry of a ledger row, or parks it. */
export function foldRow(write: WriteHandle, row: SqlRow, own: boolean, reader?: Reader): boolean {
  const position = Number(row['position']);
  const header = Header.parse(JSON.parse(String(row['header'])));
  const body = row['body'] instanceof Uint8Array ? row['body'] : null;
  const outcome = foldEntry({ write, position, header, body, segment: { ref: Number(row['segment']), own } }, true, reader);
  if (!outcome.folded) write.run('INSERT INTO parked (position, reason) VALUES (?, ?) ON CONFLICT DO NOTHING', position, outcome.reason);
  return outcome.folded;
}

/** What the work gives; null where it threw, and then nothing of it is left. */
export function attempt<Value>(write: WriteHandle, work: () => Value): Value | null {
  write.run('SAVEPOINT attempt');
  try {
    const outcome = work();
    write.run('RELEASE attempt');
    return outcome;
  } catch (error) {
    // A full or broken disk is not the entries' doing.
    if (storeFaultOf(error) !== undefined) throw error;
    write.run('ROLLBACK TO attempt');
    write.run('RELEASE attempt');
    return null;
  }
}

function foldClinical(context: Folding, body: Uint8Array): FoldOutcome {
  const made = expandEntry(context.write, context.segment.ref, context.header, body);
  if (made === undefined) return PARKED_BODY;
  for (const [part, resource] of made.entries()) createRecord(context, part, resource);
  joinCareTeam(context);
  return FOLDED;
}

/**
 * Whoever charts for a patient here has a treatment relationship from then on. Accounts are each workstation's own, so
 * a user id that comes from elsewhere is nobody's here, and it must not open a restricted chart.
 */
function joinCareTeam({ write, header, segment }: Folding): void {
  if (!segment.own || header.patient === null || header.session === null) return;
  const { user } = sessionAuthor(write, segment.ref, header.session);
  write.run('INSERT INTO care_team (patient, user, since) VALUES (?, ?, ?) ON CONFLICT (patient, user) DO UPDATE SET since = min(since, excluded.since)', header.patient, user, header.at);
}

function fold<Schema extends z.ZodType>(schema: Schema, apply: (context: Folding, body: z.output<Schema>) => void): Fold {
  return (context, raw) => {
    const parsed = schema.safeParse(parseBody(raw));
    if (!parsed.success) return PARKED_BODY;
    apply(context, parsed.data);
    return FOLDED;
  };
}

/** Staff, settings and break-glass are each workstation's own; those of another device are history here. */
const FOLDS: Readonly<Record<string, Fold>> = {
  resource: (context, body) => (createRecordFromBody(context, body) ? FOLDED : PARKED_BODY),
  'session.open': fold(SessionOpenBody, ({ write, header, segment }, body) => {
    write.run(
      'INSERT INTO session (segment, sequence, user, name, role, level, body, original) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      segment.ref, header.sequence, body.user, body.name, body.role, body.level, JSON.stringify(body), body.original ?? null,
    );
  }),
  'staff.changed': fold(StaffBody, ({ write, segment }, { user }) => {
    if (segment.own) foldStaff(write, user);
  }),
  'settings.changed': fold(SettingsBody, ({ write, segment }) => {
    if (segment.own) foldSettings(write);
  }),
  // The newest order of each kind, so that a page put back below main/orders is noticed.
  'order.applied': fold(OrderAppliedBody, ({ write, segment }, { organization, kind, version, digest }) => {
    if (!segment.own) return;
    write.run(
      `INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value
       WHERE (json_extract(excluded.value, '$.version'), excluded.value) > (json_extract(setting.value, '$.version'), setting.value)`,
      `order.${organization}.${kind}`, JSON.stringify({ version, digest }),
    );
  }),
  'breakglass.open': fold(BreakGlassBody, ({ write, header, segment }, body) => {
    if (!segment.own || header.patient === null) return;
    const { user } = sessionAuthor(write, segment.ref, header.session);
    write.run(
      `INSERT INTO break_glass (patient, user, until, reason) VALUES (?, ?, ?, ?) ON CONFLICT (patient, user) DO UPDATE SET until = excluded.until, reason = excluded.reason
       WHERE (excluded.until, excluded.reason) > (break_glass.until, break_glass.reason)`,
      header.patient, user, body.until, body.reason,
    );
  }),
  'scope.evicted': (context) => (foldScope(context, (row, own) => void foldRow(context.write, row, own)), FOLDED),
  'scope.admitted': (context) => (foldScope(context, (row, own) => void foldRow(context.write, row, own)), FOLDED),
  amend: fold(AmendBody, (context, body) => {
    if (context.header.record !== null) setElements(context, context.header.record, body.fields);
  }),
};

const TRAIL_ONLY: Fold = () => FOLDED;

export const THIS_READER: Reader = {
  version: READER_VERSION,
  folds: Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, FOLDS[kind] ?? (isClinicalKind(kind) ? foldClinical : TRAIL_ONLY)])),
};
