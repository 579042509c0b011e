import type { z } from 'zod';
import { AmendBody, BreakGlassBody, OrderAppliedBody, SessionOpenBody, SettingsBody, StaffBody } from '../../shared/ledger/bodies.ts';
import { READER_VERSION } from '../../shared/ledger/entry.ts';
import { ENTRY_KINDS } from '../../shared/ledger/kinds.ts';
import { expandEntry, isClinicalKind, parseBody } from './expansion.ts';
import { FOLDED, type Folding, type FoldOutcome } from './fold-context.ts';
import { createRecord, createRecordFromBody, setElements } from './fold-record.ts';
import { storeFaultOf } from '../store/store.ts';
import { sessionAuthor } from './sessions.ts';

/** From one ledger entry to the projection. What is not understood is parked, never dropped and never blocking. */
const PARKED_BODY: FoldOutcome = { folded: false, reason: 'unreadable-body' };
const OWN_KINDS: ReadonlySet<string> = new Set(ENTRY_KINDS);

/**
 * An entry of another device that cannot be folded is parked, whatever it holds: nobody stops everyone's sync by one
 * entry. One of our own that cannot be folded is a defect here, and its transaction rolls back.
 */
export function foldEntry(context: Folding): FoldOutcome {
  return context.segment.own ? foldTrusted(context) : foldForeign(context);
}

function foldForeign(context: Folding): FoldOutcome {
  const { write } = context;
  write.run('SAVEPOINT foreign_entry');
  try {
    const outcome = foldTrusted(context);
    write.run('RELEASE foreign_entry');
    return outcome;
  } catch (error) {
    // A full or broken disk is not the entry's doing.
    if (storeFaultOf(error) !== undefined) throw error;
    write.run('ROLLBACK TO foreign_entry');
    write.run('RELEASE foreign_entry');
    return PARKED_BODY;
  }
}

function foldTrusted(context: Folding): FoldOutcome {
  const { header, body } = context;
  if (header.minReader > READER_VERSION) return { folded: false, reason: 'newer-version' };
  if (!OWN_KINDS.has(header.kind)) return { folded: false, reason: 'unknown-kind' };
  if (body === null) return FOLDED;
  if (header.kind === 'resource') return createRecordFromBody(context, body) ? FOLDED : PARKED_BODY;
  if (isClinicalKind(header.kind)) return foldClinical(context, body);
  return FOLDS[header.kind]?.(context, parseBody(body)) ?? FOLDED;
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

type Fold = (context: Folding, body: unknown) => FoldOutcome;

function fold<Schema extends z.ZodType>(schema: Schema, apply: (context: Folding, body: z.output<Schema>) => void): Fold {
  return (context, raw) => {
    const parsed = schema.safeParse(raw);
    if (!parsed.success) return PARKED_BODY;
    apply(context, parsed.data);
    return FOLDED;
  };
}

/** Staff, settings and break-glass are each workstation's own; those of another device are history here. */
const FOLDS: Readonly<Record<string, Fold>> = {
  'session.open': fold(SessionOpenBody, ({ write, header, segment }, body) => {
    write.run(
      'INSERT INTO session (segment, sequence, user, name, role, level, body, original) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      segment.ref, header.sequence, body.user, body.name, body.role, body.level, JSON.stringify(body), body.original ?? null,
    );
  }),
  'staff.changed': fold(StaffBody, ({ write, segment }, body) => {
    if (!segment.own) return;
    write.run(
      'INSERT INTO staff (user, login, name, role, active) VALUES (?, ?, ?, ?, ?) ON CONFLICT (user) DO UPDATE SET login = excluded.login, name = excluded.name, role = excluded.role, active = excluded.active',
      body.user, body.login, body.name, body.role, body.active ? 1 : 0,
    );
  }),
  'settings.changed': fold(SettingsBody, ({ write, segment }, body) => {
    if (!segment.own) return;
    write.run("INSERT INTO setting (key, value) VALUES ('site', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", JSON.stringify(body));
  }),
  // The newest order of each kind, so that a page put back below main/orders is noticed. Versions rise: arrival does not count.
  'order.applied': fold(OrderAppliedBody, ({ write, segment }, { organization, kind, version, digest }) => {
    if (!segment.own) return;
    write.run(
      "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE json_extract(excluded.value, '$.version') > json_extract(setting.value, '$.version')",
      `order.${organization}.${kind}`, JSON.stringify({ version, digest }),
    );
  }),
  'breakglass.open': fold(BreakGlassBody, ({ write, header, segment }, body) => {
    if (!segment.own || header.patient === null) return;
    const { user } = sessionAuthor(write, segment.ref, header.session);
    write.run(
      'INSERT INTO break_glass (patient, user, until, reason) VALUES (?, ?, ?, ?) ON CONFLICT (patient, user) DO UPDATE SET until = excluded.until, reason = excluded.reason',
      header.patient, user, body.until, body.reason,
    );
  }),
  amend: fold(AmendBody, (context, body) => {
    if (context.header.record !== null) setElements(context, context.header.record, body.fields);
  }),
};
