import type { CallName } from '../../shared/ipc/contract.ts';

const PATIENT_LISTS = ['patients.recent', 'patients.search'] as const satisfies readonly CallName[];
const CHART_READS = ['chart.open', 'chart.banner', 'chart.timeline', 'chart.trend', 'chart.record', 'conflicts.list', 'conflicts.view'] as const satisfies readonly CallName[];
const CHARTED = [...CHART_READS, 'patients.recent', 'sync.status'] as const satisfies readonly CallName[];
const SESSION = ['app.status', 'session.people'] as const satisfies readonly CallName[];

/** Reads that show a patient and may be out of date once the engine says that the patient changed. */
export const PATIENT_READS: readonly CallName[] = [...CHART_READS, ...PATIENT_LISTS];

/**
 * What the window asks again after a command has succeeded. Reads that name a patient are asked again only for the
 * patient of the command. Commands that are absent change nothing that is on a screen: every read leaves an entry in
 * the trail, so a draft saved each second must not re-read the chart each second.
 */
export const REFRESHED_AFTER: { readonly [Name in CallName]?: readonly CallName[] } = {
  'setup.create': SESSION,
  'session.signIn': SESSION,
  'session.recover': SESSION,
  'session.lock': SESSION,
  'session.stepUp': ['app.status'],
  'staff.add': ['staff.list', 'session.people'],
  'staff.setActive': ['staff.list', 'session.people'],
  'settings.setSite': ['settings.site', 'app.status'],
  'patients.register': [...PATIENT_LISTS, 'sync.status'],
  'patients.amend': [...CHARTED, 'patients.search'],
  'chart.breakGlass': CHART_READS,
  'encounter.start': CHARTED,
  'encounter.finish': CHARTED,
  'vitals.record': CHARTED,
  'allergy.record': CHARTED,
  'allergy.noneKnown': CHARTED,
  'problem.record': CHARTED,
  'medication.record': CHARTED,
  'immunization.record': CHARTED,
  'note.sign': [...CHARTED, 'drafts.list', 'drafts.load'],
  'record.amend': CHARTED,
  'drafts.discard': ['drafts.list', 'drafts.load'],
  'conflicts.resolve': CHARTED,
  'conflicts.settle': CHARTED,
  'conflicts.ask': CHARTED,
  'sync.now': ['sync.status'],
  'sync.stop': ['sync.status'],
  'sync.enrol': ['sync.status', 'app.status'],
  'neighbours.answer': ['neighbours.status'],
  'neighbours.set': ['neighbours.status'],
};
