/**
 * The search parameters answered for each resource type (hl7.org/fhir/R4/searchparameter-registry.html). `paths` are
 * element paths; a name ending in [x] stands for every choice of type.
 */
export type SearchParameter = { readonly name: string; readonly type: 'token' | 'string' | 'date' | 'reference'; readonly paths: readonly string[]; readonly targets?: readonly string[] };

const token = (name: string, ...paths: string[]): SearchParameter => ({ name, type: 'token', paths: paths.length > 0 ? paths : [name] });
const text = (name: string, ...paths: string[]): SearchParameter => ({ name, type: 'string', paths: paths.length > 0 ? paths : [name] });
const date = (name: string, ...paths: string[]): SearchParameter => ({ name, type: 'date', paths: paths.length > 0 ? paths : [name] });
const reference = (name: string, targets: readonly string[], ...paths: string[]): SearchParameter => ({ name, type: 'reference', targets, paths: paths.length > 0 ? paths : [name] });

const identifier = token('identifier');
const status = token('status');
const category = token('category');
const code = token('code');
const PATIENT = ['Patient'];
const subject = reference('subject', ['Patient', 'Group'], 'subject');
/** `patient` where the element is called subject. */
const patientSubject = reference('patient', PATIENT, 'subject');
const patient = reference('patient', PATIENT, 'patient');
const encounter = reference('encounter', ['Encounter']);
const performer = reference('performer', ['Practitioner', 'Organization', 'Patient', 'CareTeam', 'RelatedPerson'], 'performer');
const ACTORS = ['Practitioner', 'PractitionerRole', 'Organization', 'Patient', 'RelatedPerson', 'Device'];
const PERSON = [
  text('name', 'name.text', 'name.family', 'name.given', 'name.prefix', 'name.suffix'), text('family', 'name.family'), text('given', 'name.given'),
  token('phone', 'telecom'), token('telecom', 'telecom'), token('gender'), text('address', 'address.text', 'address.line', 'address.city', 'address.district', 'address.state', 'address.country', 'address.postalCode'),
  text('address-city', 'address.city'), text('address-postalcode', 'address.postalCode'),
] as const;

export const SEARCH_PARAMETERS: Readonly<Record<string, readonly SearchParameter[]>> = {
  Patient: [identifier, ...PERSON, date('birthdate', 'birthDate'), token('active'), date('death-date', 'deceasedDateTime'), reference('general-practitioner', ['Practitioner', 'Organization'], 'generalPractitioner')],
  RelatedPerson: [identifier, ...PERSON, date('birthdate', 'birthDate'), token('active'), patient],
  Practitioner: [identifier, ...PERSON, token('active')],
  CareTeam: [identifier, status, category, patientSubject, subject, encounter, reference('participant', ACTORS, 'participant.member')],
  Location: [identifier, status, text('name', 'name', 'alias'), token('type'), text('address-city', 'address.city'), reference('organization', ['Organization'], 'managingOrganization')],
  Organization: [identifier, token('active'), text('name', 'name', 'alias'), token('type')],
  Encounter: [identifier, status, token('class'), token('type'), date('date', 'period'), patientSubject, subject, reference('participant', ACTORS, 'participant.individual'), reference('location', ['Location'], 'location.location'), reference('service-provider', ['Organization'], 'serviceProvider')],
  Condition: [identifier, code, category, token('clinical-status', 'clinicalStatus'), token('verification-status', 'verificationStatus'), token('severity'), date('onset-date', 'onset[x]'), date('recorded-date', 'recordedDate'), patientSubject, subject, encounter],
  AllergyIntolerance: [identifier, token('code', 'code', 'reaction.substance'), category, token('clinical-status', 'clinicalStatus'), token('verification-status', 'verificationStatus'), token('criticality'), token('type'), date('date', 'recordedDate'), patient],
  MedicationRequest: [identifier, status, token('intent'), token('priority'), category, token('code', 'medicationCodeableConcept'), date('authoredon', 'authoredOn'), patientSubject, subject, encounter, reference('requester', ACTORS), reference('medication', ['Medication'], 'medicationReference')],
  MedicationStatement: [identifier, status, category, token('code', 'medicationCodeableConcept'), date('effective', 'effective[x]'), patientSubject, subject, reference('context', ['Encounter', 'EpisodeOfCare'])],
  Immunization: [identifier, status, token('vaccine-code', 'vaccineCode'), date('date', 'occurrence[x]'), text('lot-number', 'lotNumber'), patient, reference('location', ['Location'])],
  Observation: [identifier, status, code, category, token('combo-code', 'code', 'component.code'), token('value-concept', 'valueCodeableConcept'), text('value-string', 'valueString'), date('date', 'effective[x]'), patientSubject, subject, encounter, performer],
  DiagnosticReport: [identifier, status, code, category, date('date', 'effective[x]'), date('issued'), patientSubject, subject, encounter, performer, reference('result', ['Observation'])],
  ServiceRequest: [identifier, status, token('intent'), token('priority'), code, category, date('authored', 'authoredOn'), date('occurrence', 'occurrence[x]'), patientSubject, subject, encounter, reference('requester', ACTORS), performer],
  Procedure: [identifier, status, code, category, date('date', 'performed[x]'), patientSubject, subject, encounter, reference('performer', ACTORS, 'performer.actor')],
  DocumentReference: [identifier, status, token('type'), category, date('date'), date('period', 'context.period'), text('description'), patientSubject, subject, reference('encounter', ['Encounter'], 'context.encounter'), reference('author', ACTORS)],
  QuestionnaireResponse: [identifier, status, date('authored'), patientSubject, subject, encounter, reference('author', ACTORS)],
  Appointment: [identifier, status, date('date', 'start'), token('appointment-type', 'appointmentType'), token('service-type', 'serviceType'), reference('patient', PATIENT, 'participant.actor'), reference('actor', [...ACTORS, 'Location'], 'participant.actor')],
  Task: [identifier, status, token('intent'), token('priority'), code, date('authored-on', 'authoredOn'), date('modified', 'lastModified'), reference('patient', PATIENT, 'for'), reference('subject', PATIENT, 'for'), encounter, reference('focus', []), reference('owner', ACTORS), reference('requester', ACTORS)],
  Flag: [identifier, token('status'), category, code, date('date', 'period'), patientSubject, subject, encounter, reference('author', ACTORS)],
  Consent: [identifier, status, token('scope'), category, date('date', 'dateTime'), date('period', 'provision.period'), patient],
};

/** Of types beyond those, resources are kept and given out by id; they are searched by `_id` and `_lastUpdated` alone. */
export function searchParametersOf(type: string): readonly SearchParameter[] {
  return Object.hasOwn(SEARCH_PARAMETERS, type) ? (SEARCH_PARAMETERS[type] ?? []) : [];
}
