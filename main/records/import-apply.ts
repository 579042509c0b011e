import { utf8 } from '../../shared/base/bytes.ts';
import { recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { identifyImported, importedRecordId } from '../../shared/records/imported-identity.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import { isJsonObject, listOf } from '../../shared/records/json.ts';
import { namesOfResource } from '../../shared/records/references.ts';
import type { LedgerTransaction } from '../ledger/ledger.ts';
import { entryText, type Incoming } from './import-incoming.ts';
import type { BatchNames, PatientFound } from './import-names.ts';
import { madeEarlier, presenceOf } from './import-present.ts';
import { tallySkipped, type Tally } from './import-report.ts';

/** Why a resource that could be read is not taken. Its patient is not known, or somebody else's record has its id. */
export type ApplySkip = 'patient-not-found' | 'patient-ambiguous' | 'differs-from-present';

/** Writes resources into the ledger, each as one entry with its bytes as they came; counts what became of each. */
export function applyIncoming(tx: LedgerTransaction, incoming: readonly Incoming[], names: BatchNames, tally: Tally): void {
  for (const each of incoming) {
    const outcome = applyOne(tx, each, names);
    if (outcome === 'taken') tally.taken += 1;
    else if (outcome === 'present') tally.alreadyPresent += 1;
    else tallySkipped(tally, entryText(each), outcome);
  }
}

function applyOne(tx: LedgerTransaction, incoming: Incoming, names: BatchNames): 'taken' | 'present' | ApplySkip {
  const { type, id, fullUrl, text, value } = incoming;
  const found = patientOf(tx, incoming, names);
  if (found === 'unknown') return 'patient-not-found';
  if (found === 'ambiguous') return 'patient-ambiguous';
  const recordId = importedRecordId(id, fullUrl);
  const isPatient = type === 'Patient';
  const bytes = utf8(text);
  const presence = recordId === null ? 'other-type' : presenceOf(tx.write, recordId, type, text, bytes);
  if (recordId !== null && presence !== 'other-type') {
    if (isPatient) names.add(identifyImported(type, id, fullUrl).names, recordId);
    if (presence === 'same') return 'present';
    if (presence === 'differs') return 'differs-from-present';
    tx.append({ kind: 'resource', lane: LANE.bulk, body: bytes, parsed: value, record: recordId, patient: isPatient ? recordId : found.patient });
    return 'taken';
  }
  const earlier = madeEarlier(tx.write, incoming, bytes, found.patient);
  const record = earlier ?? recordIdOf(tx.append({ kind: 'resource', lane: LANE.bulk, body: bytes, parsed: value, patient: isPatient ? 'made' : found.patient }).entry);
  if (isPatient) names.add(namesOfResource(type, id, fullUrl), record);
  return earlier === null ? 'taken' : 'present';
}

function patientOf(tx: LedgerTransaction, { type, patientReference, fullUrl, value }: Incoming, names: BatchNames): PatientFound {
  if (patientReference !== null) return names.find(tx.write, patientReference, fullUrl);
  return type === 'Provenance' ? patientOfTargets(tx, value['target'], fullUrl, names) : { patient: null };
}

/** A Provenance names no patient, only what it tells the origin of; it belongs to the one patient among that. */
function patientOfTargets(tx: LedgerTransaction, targets: Incoming['value'][string] | undefined, fullUrl: string | null, names: BatchNames): PatientFound {
  const patients = new Set<RecordId>();
  for (const target of listOf(targets)) {
    const reference = isJsonObject(target) ? target['reference'] : undefined;
    const found = typeof reference === 'string' ? names.find(tx.write, reference, fullUrl) : 'unknown';
    const patient = typeof found === 'string' ? null : found.patient;
    if (patient !== null && tx.write.get('SELECT 1 FROM patient WHERE record = ?', patient) !== undefined) patients.add(patient);
  }
  const [only] = patients;
  return { patient: patients.size === 1 && only !== undefined ? only : null };
}
