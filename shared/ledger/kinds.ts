/**
 * The kinds of ledger entries this version writes. Entries of other kinds (from a newer version) are kept, shown as
 * "not understood here", passed on unchanged and folded after an upgrade; so the kind in an entry's header is a
 * plain string and this list closes only what we ourselves may write.
 */
export const ENTRY_KINDS = [
  // the ledger's own
  'segment.open', 'checkpoint', 'ledger.forked', 'ledger.recovered',
  // who is at the keyboard
  'session.open', 'session.close', 'session.refused', 'session.level', 'breakglass.open', 'call.refused', 'vault.recovered',
  // staff and settings
  'staff.changed', 'settings.changed', 'device.enrolled', 'neighbours.changed',
  // the organisation's orders
  'order.applied', 'order.refused', 'lease.over', 'history.contradicted',
  // compact clinical kinds, expanded to FHIR by shared/records/expand.ts
  'patient.register', 'encounter', 'vitals', 'allergy', 'allergy.none', 'problem', 'medication', 'immunization', 'note',
  // any FHIR R4 resource, exactly as it came
  'resource',
  // fields of an existing record set anew; the parents are the entries whose values were seen
  'amend',
  // reads
  'patient.searched', 'chart.viewed', 'record.viewed', 'audit.viewed', 'staff.viewed', 'sync.viewed',
  // bulk
  'import.started', 'import.file', 'import.finished', 'export.made', 'audit.exported', 'audit.verified',
  // sync
  'sync.done', 'sync.refused', 'scope.evicted', 'scope.admitted',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];
