import { ok, refuse } from '../../shared/base/result.ts';
import { localTimestamp } from '../../shared/base/time.ts';
import type { RecordId } from '../../shared/base/ids.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { Banner, PatientLine } from '../../shared/ipc/shapes.ts';
import { amend, amendDemographics, chart, duplicateCandidates, finishEncounter, listDrafts, loadDraft, noteRecent, readBanner, readChart, readRecord, readTimeline, readTrend, recentPatients, registerPatient, removeDraft, saveDraft, searchPatients } from '../records/records.ts';
import type { Handlers } from './handler.ts';
import type { Workstation } from './workstation.ts';

/** Patients, charts and charting. */

const BREAK_GLASS_MS = 60 * 60_000;

type ChartHandlers = Pick<Handlers, Extract<keyof Handlers, `${'patients' | 'chart' | 'encounter' | 'vitals' | 'allergy' | 'problem' | 'medication' | 'immunization' | 'note' | 'record' | 'drafts'}.${string}`>>;

export const chartHandlers: ChartHandlers = {
  'patients.search'({ input, workstation }) {
    const { ledger, search } = workstation.required();
    const found = searchPatients(ledger.read, input.text, input.limit + 1, search);
    return ok({ patients: listable(workstation, found.slice(0, input.limit)), more: found.length > input.limit });
  },
  'patients.recent'({ input, workstation }) {
    const { patients, total } = recentPatients(workstation.required().ledger.read, input.limit);
    return ok({ patients: listable(workstation, patients).map((line) => (mayReadChart(workstation, line.patient) ? line : { ...line, ...withheldVisit(workstation, line) })), total });
  },
  'patients.duplicates'({ input, workstation }) {
    const { ledger, search } = workstation.required();
    const candidates = duplicateCandidates(ledger.read, input.demographics, search);
    return ok({
      candidates: candidates.map((each) => {
        const open = !each.line.restricted || mayRead(workstation, each.line.patient);
        return { ...each, line: withheld(workstation, each.line), agrees: open ? [...each.agrees] : [], differs: open ? [...each.differs] : [] };
      }),
    });
  },
  'patients.register'({ input, grant, workstation }) {
    const { ledger, keys, search } = workstation.required();
    const strong = input.notDuplicate ? [] : duplicateCandidates(ledger.read, input.demographics, search).filter(({ strength }) => strength === 'strong');
    if (strong.length > 0) return refuse('DUPLICATE_SUSPECTED', { candidates: strong.length });
    const registered = registerPatient(ledger, grant, keys.deviceId, input.demographics);
    if (registered.ok) noteRecent(ledger, registered.value.patient, workstation.world.clock.now());
    return registered;
  },
  'patients.amend': ({ input, grant, workstation }) => (amendDemographics(workstation.required().ledger, grant, input.patient, input.demographics)),

  'chart.open'({ input, workstation }) {
    const { ledger, staff } = workstation.required();
    const now = workstation.world.clock.now();
    const found = readChart(ledger.read, input.patient, staff.userId, now);
    if (found === undefined) return refuse('NOT_FOUND');
    noteRecent(ledger, input.patient, now);
    return ok({ ...found, banner: withoutOthers(workstation, found.banner) });
  },
  'chart.banner'({ input, workstation }) {
    const { ledger, staff } = workstation.required();
    const found = readBanner(ledger.read, input.patient, staff.userId, workstation.world.clock.now());
    if (found === undefined) return refuse('NOT_FOUND');
    const banner = withoutOthers(workstation, found);
    return ok(mayReadChart(workstation, input.patient) ? banner : { ...banner, allergies: WITHHELD, weight: null, openConflicts: 0 });
  },
  'chart.timeline': ({ input, workstation }) => ok(readTimeline(workstation.required().ledger.read, input, workstation.world.clock.offsetMinutes(workstation.world.clock.now()))),
  'chart.trend': ({ input, workstation }) => ok(readTrend(workstation.required().ledger.read, input.patient, input.code)),
  'chart.record'({ input, workstation }) {
    const detail = readRecord(workstation.required().ledger.read, input.record);
    return detail === undefined ? refuse('NOT_FOUND') : ok(detail);
  },
  async 'chart.breakGlass'({ input, grant, workstation }) {
    const raised = await workstation.world.auth.stepUp(input.code);
    if (!raised.ok) return refuse(raised.fault.code === 'TRY_LATER' ? 'TRY_LATER' : 'CODE_REFUSED', raised.fault.detail);
    const until = Math.floor(workstation.world.clock.now()) + BREAK_GLASS_MS;
    const written = workstation.required().ledger.append(grant, [{ kind: 'breakglass.open', patient: input.patient, body: { reason: input.reason, explanation: input.explanation, until } }]);
    return written.ok ? ok({ until }) : written;
  },

  'encounter.start': ({ input, grant, workstation }) => (chart(workstation.required().ledger, grant, { kind: 'encounter', body: input, mustBeOpen: false })),
  'encounter.finish'({ input, grant, workstation }) {
    const { ledger } = workstation.required();
    const end = localTimestamp(input.at, workstation.world.clock.offsetMinutes(input.at));
    return (finishEncounter(ledger, grant, input.record, input.patient, end));
  },
  'vitals.record': ({ input, grant, workstation }) => chart(workstation.required().ledger, grant, { kind: 'vitals', body: input, mustBeOpen: true }),
  'allergy.record': ({ input, grant, workstation }) => (chart(workstation.required().ledger, grant, { kind: 'allergy', body: input, mustBeOpen: false })),
  'allergy.noneKnown': ({ input, grant, workstation }) => (chart(workstation.required().ledger, grant, { kind: 'allergy.none', body: input, mustBeOpen: false })),
  'problem.record': ({ input, grant, workstation }) => (chart(workstation.required().ledger, grant, { kind: 'problem', body: input, mustBeOpen: false })),
  'medication.record': ({ input, grant, workstation }) => chart(workstation.required().ledger, grant, { kind: 'medication', body: input, mustBeOpen: true }),
  'immunization.record': ({ input, grant, workstation }) => (chart(workstation.required().ledger, grant, { kind: 'immunization', body: input, mustBeOpen: false })),
  'note.sign'({ input, grant, workstation }) {
    const { ledger, staff } = workstation.required();
    if (!mayWriteNote(workstation, input.patient)) return refuse('LEASE_OVER');
    return chart(ledger, grant, { kind: 'note', body: input, mustBeOpen: true, also: (write) => removeDraft(write, staff.userId, input.patient) });
  },
  'record.amend'({ input, grant, workstation }) {
    return amend(workstation.required().ledger, grant, { record: input.record, patient: grant.patient, fields: input.fields, reason: input.reason, seen: input.seen });
  },

  'drafts.save': ({ input, workstation }) =>
    mayWriteNote(workstation, input.patient) ? saveDraft(workstation.required().ledger, workstation.required().staff.userId, input, workstation.world.clock.now()) : refuse('LEASE_OVER'),
  'drafts.load': ({ input, workstation }) => ok(loadDraft(workstation.required().ledger.read, workstation.required().staff.userId, input.patient)),
  'drafts.list': ({ workstation }) => ok(listDrafts(workstation.required().ledger.read, workstation.required().staff.userId)),
  'drafts.discard'({ input, workstation }) {
    const { ledger, staff } = workstation.required();
    return ledger.keep((write) => {
      removeDraft(write, staff.userId, input.patient);
      return ok({});
    });
  },

};

/**
 * A restricted patient is listed by name, so that nobody is registered twice, but tells strangers nothing else: not
 * what is on file, and not that a number or a birth date they guessed is right.
 */
function withheld<Line extends PatientLine>(workstation: Workstation, line: Line): Line {
  if (!line.restricted || mayRead(workstation, line.patient)) return line;
  return { ...line, birthDate: null, place: null, phone: null, number: null, matchedBy: line.matchedBy.filter((reason) => BY_NAME.has(reason)) };
}

/** Why somebody came is part of the chart. The front desk sees that a visit is open; of a restricted patient strangers see nothing of it. */
function withheldVisit(workstation: Workstation, { patient, openEncounter, lastSeenAt }: CallOutput<'patients.recent'>['patients'][number]): Pick<CallOutput<'patients.recent'>['patients'][number], 'reason' | 'openEncounter' | 'lastSeenAt'> {
  return mayRead(workstation, patient) ? { reason: null, openEncounter, lastSeenAt } : { reason: null, openEncounter: null, lastSeenAt: null };
}

const BY_NAME: ReadonlySet<string> = new Set(['name', 'sounds-like', 'spelt-like', 'recent']);

function listable<Line extends PatientLine>(workstation: Workstation, lines: readonly Line[]): Line[] {
  return lines.map((line) => withheld(workstation, line)).filter(({ matchedBy }) => matchedBy.length > 0);
}

/** Another chart of the same person may be closed to whoever may see this one. */
function withoutOthers(workstation: Workstation, banner: Banner): Banner {
  return { ...banner, sameAs: banner.sameAs.filter(({ patient }) => mayRead(workstation, patient)) };
}

/** Minimum necessary (45 CFR 164.514(d)): the front desk sees who somebody is, nothing clinical. */
const WITHHELD = { state: 'withheld' as const, askedAt: null, items: [] };

function mayReadChart(workstation: Workstation, patient: RecordId): boolean {
  const caller = workstation.caller();
  return caller !== null && workstation.access.maySee(patient, 'chart.read', caller, workstation.circumstances());
}

export function mayRead(workstation: Workstation, patient: RecordId): boolean {
  const caller = workstation.caller();
  return caller !== null && workstation.access.maySee(patient, caller.role === 'registrar' ? 'patient.read' : 'chart.read', caller, workstation.circumstances());
}

/** Once the lease is over a note that was begun can be finished and signed, and none is begun (security case 44). */
function mayWriteNote(workstation: Workstation, patient: RecordId): boolean {
  const { ledger, staff } = workstation.required();
  return workstation.state() !== 'lapsed' || loadDraft(ledger.read, staff.userId, patient).draft !== null;
}
