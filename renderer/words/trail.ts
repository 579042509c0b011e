import type { EntryKind } from '../../shared/ledger/kinds.ts';

/** Words of the trail: who did what, when, where and why, and whether the trail itself holds. */

const KINDS: Readonly<Record<EntryKind, string>> = {
  'segment.open': 'Program started',
  'ledger.forked': 'Two histories contradict each other',
  'ledger.recovered': 'Own history recovered',
  checkpoint: 'Checkpoint signed',
  'session.open': 'Signed in',
  'session.close': 'Locked or signed out',
  'session.refused': 'Sign-in refused',
  'session.level': 'Confirmed by code',
  'breakglass.open': 'Emergency access opened',
  'call.refused': 'Tried',
  'vault.recovered': 'Vault recovered',
  'staff.changed': 'Staff changed',
  'settings.changed': 'Settings changed',
  'device.enrolled': 'Workstation joined',
  'order.applied': 'Order of the organisation followed',
  'order.refused': 'Order refused',
  'lease.over': 'Lease ran out',
  'history.contradicted': 'Central holds another history',
  'patient.register': 'Patient registered',
  encounter: 'Encounter started',
  vitals: 'Vitals charted',
  allergy: 'Allergy charted',
  'allergy.none': 'No known allergies charted',
  problem: 'Problem charted',
  medication: 'Medication prescribed',
  immunization: 'Immunisation charted',
  note: 'Note signed',
  resource: 'Record received',
  amend: 'Record amended',
  'patient.searched': 'Patients searched',
  'chart.viewed': 'Chart viewed',
  'record.viewed': 'Record viewed',
  'audit.viewed': 'Trail viewed',
  'staff.viewed': 'Staff list viewed',
  'sync.viewed': 'Sync viewed',
  'import.started': 'Import started',
  'import.file': 'File imported',
  'import.finished': 'Import finished',
  'export.made': 'Exported',
  'audit.exported': 'Trail exported',
  'audit.verified': 'Trail verified',
  'sync.done': 'Synchronised',
  'sync.refused': 'Sync refused',
};

/** What an entry is, in words; a kind of a newer version is shown by its own name. */
export function kindWord(kind: string): string {
  const kinds: Readonly<Record<string, string>> = KINDS;
  return kinds[kind] ?? kind;
}

const PURPOSES: Readonly<Record<string, string>> = { TREAT: 'Treatment', ETREAT: 'Emergency treatment', HOPERAT: 'Operations', SYSADMIN: 'System' };

/** HL7 v3 PurposeOfUse in words. */
export function purposeWord(purpose: string): string {
  return PURPOSES[purpose] ?? purpose;
}

export const trailWords = {
  group: 'Trail',
  title: 'Trail',
  titleOfPatient: 'Who looked at this chart',
  everything: 'The whole workstation',
  openChart: 'Open the chart',
  list: 'Entries, newest first',
  emptyTitle: 'No entries',
  empty: 'Nothing matches. Take a filter away to see more.',
  loadingMore: 'Reading further back…',
  moreFailed: 'Read further back again',
  columns: { when: 'When', who: 'Who', what: 'What', patient: 'Patient', purpose: 'Purpose', where: 'Where' },
  filters: {
    region: 'Filter',
    user: 'Who',
    group: 'What',
    groups: { all: 'Everything', reads: 'Looking', writes: 'Writing', sessions: 'Signing in', breakGlass: 'Emergency access', transfer: 'Import and export', sync: 'Sync', administration: 'Administration' },
    refusedOnly: 'Refused only',
    from: 'From',
    to: 'Until',
    dateHint: '2026-07-14',
    badDate: 'Write a full date: 2026-07-14.',
    apply: 'Filter',
    clear: 'Clear',
  },
  who: (name: string, role: string) => `${name}, ${role}`,
  refused: 'refused',
  clockSuspect: 'clock not trusted',
  details: {
    title: 'Entry',
    entry: 'Entry',
    when: 'When',
    zone: (zone: string) => `(${zone})`,
    who: 'Who',
    device: 'Workstation',
    addresses: 'Addresses',
    noAddresses: 'No network',
    site: 'Site',
    coordinates: 'Coordinates',
    coordinatesText: (latitude: string, longitude: string, source: string) => `${latitude}, ${longitude} (${source})`,
    notKnown: 'Not known',
    what: 'What',
    patient: 'Patient',
    noPatient: 'None',
    record: 'Record',
    purpose: 'Purpose',
    decision: 'Decided by',
    outcome: 'Outcome',
    done: 'Done',
    close: 'Close',
  },
  verify: {
    action: 'Verify the trail',
    running: 'Checking every entry, signature and checkpoint',
    ok: 'The trail holds',
    okText: (entries: string, segments: string, checkpoints: string, seconds: string) => `${entries} entries in ${segments} segments with ${checkpoints} signed checkpoints were checked in ${seconds}. Nothing was changed, removed or put in.`,
    bad: 'The trail does not hold',
    firstBad: (position: string, entry: string) => `First bad entry: number ${position} (${entry}).`,
    badTodo: 'Do not delete anything. Write this down, tell your administrator now, and do not use this workstation for charting until it is cleared.',
    projection: { equal: 'The charts equal what the trail says.', differs: 'The charts differ from what the trail says.' },
    cosigned: (entries: string, of: string, at: string | null) => (at === null ? `Central has signed ${entries} of the ${of} entries of this workstation.` : `Co-signed by central: ${entries} of the ${of} entries of this workstation, last on ${at}.`),
    problems: 'All findings',
    head: (head: string) => `Head ${head}`,
    problem: (where: string, problem: string) => `${where}: ${problem}`,
  },
  export: {
    text: 'To hand the trail over, an administrator or auditor writes it to a file from the command line:',
    command: 'outpost audit export --out FILE',
    care: 'The file names patients and staff and is not encrypted: keep it as you keep a chart.',
  },
} as const;
