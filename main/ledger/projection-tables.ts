/** Everything that is folded, with the columns of a stable order. `record.ref` and positions are local and left out. */
export const PROJECTION_TABLES = {
  session: 'segment, sequence',
  record: 'id',
  head: 'record, element, entry',
  conflict: 'record, element',
  measurement: 'patient, code, at, record, part',
  patient: 'record',
  search_key: 'kind, key, patient',
  person_key: 'key, patient',
  booking: 'actor, starts_at, record',
  care_team: 'patient, user',
  break_glass: 'patient, user',
  staff: 'user',
  setting: 'key',
  imported_identity: 'reference, digest, record',
  encounter_name: 'record',
  parked: 'position',
  out_of_scope: 'patient',
} as const;
export type ProjectionTable = keyof typeof PROJECTION_TABLES;
