/** Releases of FHIR told apart. R4 stands for R4 and R4B, which do not differ in what a chart holds. */
export type FhirRelease = 'DSTU2' | 'STU3' | 'R4' | 'R5';
export const RELEASES: readonly FhirRelease[] = ['DSTU2', 'STU3', 'R4', 'R5'];

/** The JSON shape of a member: `scalar` is a number or a truth value. */
export type Shape = 'text' | 'object' | 'list' | 'scalar';

/** A member that, in this shape when one is named, only the given releases have. `text` names it in a report. */
export type MemberRule = { readonly text: string; readonly name: string; readonly shape: Shape | null; readonly releases: readonly FhirRelease[] };

function releasesIn(words: string): readonly FhirRelease[] {
  return RELEASES.filter((release) => words.split(' ').includes(release));
}

/** Resource types that only some releases have, from the lists of resources of each release (`resourcelist.html`). */
const TYPES: Readonly<Record<string, string>> = {
  DSTU2: 'Conformance DeviceUseRequest DiagnosticOrder ImagingObjectSelection MedicationOrder Order OrderResponse',
  STU3: 'ExpansionProfile ImagingManifest Sequence ServiceDefinition',
  'DSTU2 STU3': 'BodySite DataElement DeviceComponent EligibilityRequest EligibilityResponse ProcedureRequest ProcessRequest ProcessResponse ReferralRequest',
  'DSTU2 STU3 R4': 'DeviceUseStatement DocumentManifest Media',
  'STU3 R4': 'RequestGroup',
  'STU3 R4 R5':
    'ActivityDefinition AdverseEvent CapabilityStatement CareTeam ChargeItem CodeSystem CompartmentDefinition Consent DeviceRequest Endpoint GraphDefinition GuidanceResponse Library Linkage Measure MeasureReport MedicationRequest MessageDefinition PlanDefinition PractitionerRole ResearchStudy ResearchSubject StructureMap Task TestReport',
  R4: 'CatalogEntry EffectEvidenceSynthesis MedicinalProduct ResearchDefinition ResearchElementDefinition RiskEvidenceSynthesis SubstanceSpecification',
  'R4 R5':
    'BiologicallyDerivedProduct BodyStructure ChargeItemDefinition Citation CoverageEligibilityRequest CoverageEligibilityResponse DeviceDefinition EventDefinition Evidence EvidenceReport EvidenceVariable ExampleScenario ImmunizationEvaluation InsurancePlan Invoice MedicationKnowledge MolecularSequence NutritionProduct ObservationDefinition OrganizationAffiliation ServiceRequest SpecimenDefinition SubscriptionStatus SubscriptionTopic TerminologyCapabilities VerificationResult',
  R5: 'ActorDefinition ArtifactAssessment BiologicallyDerivedProductDispense ConditionDefinition DeviceAssociation DeviceDispense DeviceUsage EncounterHistory FormularyItem GenomicStudy ImagingSelection InventoryItem InventoryReport NutritionIntake Permission RequestOrchestration Requirements TestPlan Transport',
};

/** Members that tell releases apart, from the definitions of each release; those of single codes are left out. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AllergyIntolerance: { DSTU2: 'category=text onset reporter status substance', STU3: 'assertedDate clinicalStatus=text verificationStatus=text', 'DSTU2 R4 R5': 'recordedDate', 'STU3 R4 R5': 'category=list code', 'R4 R5': 'clinicalStatus=object verificationStatus=object', R5: 'type=object participant' },
  Appointment: { DSTU2: 'reason=object type', STU3: 'incomingReferral indication', R4: 'cancelationReason reasonCode reasonReference', R5: 'cancellationReason class originatingAppointment subject', 'R4 R5': 'basedOn serviceCategory=list' },
  CarePlan: { DSTU2: 'modified participant relatedPlan', 'DSTU2 STU3': 'author=list context', 'STU3 R4 R5': 'careTeam intent', 'R4 R5': 'contributor encounter', R4: 'author=object', R5: 'custodian' },
  CareTeam: { STU3: 'context', R4: 'encounter', 'STU3 R4': 'reasonCode reasonReference', R5: 'reason' },
  Claim: { DSTU2: 'coverage target type=text', 'DSTU2 STU3': 'organization', STU3: 'employmentImpacted information', 'STU3 R4 R5': 'billablePeriod insurance total', 'R4 R5': 'supportingInfo', R5: 'diagnosisRelatedGroup patientPaid' },
  ClinicalImpression: { DSTU2: 'patient', STU3: 'context', 'R4 R5': 'encounter statusReason', 'DSTU2 STU3 R4': 'assessor', R5: 'changePattern performer' },
  Communication: { DSTU2: 'category=object requestDetail', STU3: 'context notDone topic=list', 'STU3 R4': 'reasonCode reasonReference', 'R4 R5': 'inResponseTo priority topic=object' },
  Composition: { 'DSTU2 STU3': 'class', 'DSTU2 STU3 R4': 'confidentiality subject=object', 'R4 R5': 'category', R5: 'subject=list version' },
  Condition: { DSTU2: 'category=object dateRecorded notes patient', 'DSTU2 STU3': 'clinicalStatus=text stage=object verificationStatus=text', STU3: 'assertedDate context', 'DSTU2 R4 R5': 'encounter', 'STU3 R4 R5': 'subject', 'R4 R5': 'clinicalStatus=object recordedDate stage=list verificationStatus=object', 'DSTU2 STU3 R4': 'asserter', R4: 'recorder', R5: 'participant' },
  Consent: { STU3: 'action actor consentingParty except', 'STU3 R4': 'dateTime patient', R4: 'performer provision=object scope', R5: 'controller decision grantee grantor provision=list' },
  Coverage: { DSTU2: 'bin issuer subPlan', 'STU3 R4': 'payor', 'STU3 R4 R5': 'beneficiary', 'R4 R5': 'costToBeneficiary', R5: 'insurer kind' },
  Device: { DSTU2: 'expiry udi=text', STU3: 'udi=object', 'DSTU2 STU3': 'model', 'R4 R5': 'modelNumber serialNumber udiCarrier', R4: 'deviceName distinctIdentifier', 'DSTU2 STU3 R4': 'patient type=object', R5: 'name type=list' },
  DiagnosticReport: { DSTU2: 'performer=object request', STU3: 'context', 'DSTU2 STU3': 'category=object codedDiagnosis image', 'DSTU2 R4 R5': 'encounter', 'R4 R5': 'category=list conclusionCode media resultsInterpreter', R5: 'composition study supportingInfo' },
  DocumentReference: { 'DSTU2 STU3': 'class created indexed', 'DSTU2 STU3 R4': 'context=object masterIdentifier', 'R4 R5': 'category date', R5: 'attester context=list version' },
  Encounter: { DSTU2: 'class=text indication patient', 'DSTU2 STU3': 'incomingReferral', 'STU3 R4': 'class=object classHistory', 'STU3 R4 R5': 'subject', 'DSTU2 STU3 R5': 'reason', 'DSTU2 STU3 R4': 'hospitalization period', R4: 'reasonCode reasonReference', R5: 'actualPeriod admission class=list' },
  ExplanationOfBenefit: { STU3: 'information outcome=object totalCost', 'DSTU2 STU3': 'organization', 'R4 R5': 'insurance=list supportingInfo use', R5: 'diagnosisRelatedGroup patientPaid' },
  FamilyMemberHistory: { 'DSTU2 STU3': 'gender', STU3: 'notDone', 'STU3 R4': 'reasonCode reasonReference', 'R4 R5': 'dataAbsentReason sex', R5: 'participant reason' },
  Flag: { 'DSTU2 STU3': 'category=object', 'R4 R5': 'category=list' },
  Goal: { DSTU2: 'author description=text targetDate', 'DSTU2 STU3': 'status', STU3: 'target=object', 'R4 R5': 'achievementStatus lifecycleStatus target=list', R5: 'continuous' },
  ImagingStudy: { 'DSTU2 STU3': 'accession patient uid', STU3: 'context', 'R4 R5': 'encounter status subject', R4: 'reasonCode reasonReference', R5: 'partOf' },
  Immunization: { DSTU2: 'reported requester wasNotGiven', STU3: 'notGiven practitioner', 'DSTU2 STU3': 'date explanation vaccinationProtocol', 'STU3 R4': 'reportOrigin', 'R4 R5': 'isSubpotent occurrenceDateTime occurrenceString protocolApplied statusReason', R4: 'education reasonCode reasonReference recorded', R5: 'administeredProduct basedOn informationSource reason' },
  Location: { 'DSTU2 STU3': 'type=object', 'R4 R5': 'type=list', 'DSTU2 STU3 R4': 'physicalType telecom', R5: 'contact form' },
  Medication: { DSTU2: 'product', 'DSTU2 STU3': 'isBrand package', 'STU3 R4': 'form', 'R4 R5': 'batch identifier', R4: 'amount', R5: 'doseForm totalVolume' },
  MedicationAdministration: { DSTU2: 'effectiveTimeDateTime effectiveTimePeriod patient wasNotGiven', STU3: 'notGiven', 'DSTU2 STU3': 'prescription', 'STU3 R4': 'context effectiveDateTime effectivePeriod', R5: 'medication occurenceDateTime occurencePeriod' },
  MedicationDispense: { DSTU2: 'dispenser patient', STU3: 'notDone', 'STU3 R4': 'context', R4: 'statusReasonCodeableConcept', R5: 'medication notPerformedReason' },
  MedicationRequest: { STU3: 'category=object context definition', 'STU3 R4': 'medicationCodeableConcept medicationReference reasonCode reasonReference', R4: 'performer=object reportedBoolean reportedReference', 'R4 R5': 'category=list courseOfTherapyType doNotPerform encounter statusReason', R5: 'informationSource medication reason' },
  MedicationStatement: { DSTU2: 'patient reasonForUseCodeableConcept wasNotTaken', STU3: 'taken', 'DSTU2 STU3': 'reasonNotTaken', 'STU3 R4': 'context reasonCode reasonReference', R4: 'statusReason', R5: 'adherence encounter medication' },
  Observation: { DSTU2: 'category=object comments', STU3: 'comment context', 'DSTU2 STU3': 'interpretation=object related', 'DSTU2 R4 R5': 'encounter', 'STU3 R4 R5': 'basedOn category=list', 'R4 R5': 'derivedFrom effectiveInstant focus hasMember interpretation=list note partOf', R5: 'bodyStructure triggeredBy' },
  Organization: { DSTU2: 'type=object', 'STU3 R4 R5': 'type=list', 'DSTU2 STU3 R4': 'address telecom', R5: 'qualification' },
  Patient: { DSTU2: 'careProvider', 'DSTU2 STU3': 'animal', 'STU3 R4 R5': 'generalPractitioner' },
  Practitioner: { DSTU2: 'name=object practitionerRole', 'STU3 R4 R5': 'name=list' },
  PractitionerRole: { 'STU3 R4': 'availableTime telecom', R5: 'availability contact' },
  Procedure: { DSTU2: 'notPerformed reasonCodeableConcept reasonReference=object', STU3: 'context definition notDone', 'DSTU2 R4 R5': 'encounter', 'STU3 R4': 'reasonCode reasonReference=list', 'DSTU2 STU3 R4': 'performedDateTime performedPeriod', R4: 'asserter', 'R4 R5': 'recorder statusReason', R5: 'occurrenceDateTime occurrencePeriod reason' },
  Provenance: { 'DSTU2 STU3': 'period', 'DSTU2 STU3 R4': 'reason', 'R4 R5': 'occurredDateTime occurredPeriod', R5: 'authorization patient' },
  Questionnaire: { DSTU2: 'group', 'STU3 R4 R5': 'item' },
  QuestionnaireResponse: { DSTU2: 'group', STU3: 'context parent', 'DSTU2 STU3': 'questionnaire=object', 'STU3 R4 R5': 'item', 'R4 R5': 'questionnaire=text partOf' },
  RelatedPerson: { DSTU2: 'name=object', 'DSTU2 STU3': 'relationship=object', 'R4 R5': 'communication relationship=list' },
  RiskAssessment: { STU3: 'context', 'DSTU2 R4 R5': 'encounter', R4: 'reasonCode', R5: 'reason' },
  ServiceRequest: { R4: 'reasonCode reasonReference', R5: 'bodyStructure reason' },
  Task: { STU3: 'context reason=object', R4: 'reasonCode reasonReference', 'R4 R5': 'encounter insurance location', R5: 'reason=list requestedPeriod' },
};

function memberRules(of: Readonly<Record<string, string>>): readonly MemberRule[] {
  return Object.entries(of).flatMap(([words, texts]) =>
    texts.split(' ').map((text) => {
      const [name = '', shape = null] = text.split('=');
      return { text, name, shape: shape as Shape | null, releases: releasesIn(words) };
    }),
  );
}

export const RELEASES_OF_TYPE: ReadonlyMap<string, readonly FhirRelease[]> = new Map(
  Object.entries(TYPES).flatMap(([words, names]) => names.split(' ').map((name): [string, readonly FhirRelease[]] => [name, releasesIn(words)])),
);

export const RULES_OF_TYPE: ReadonlyMap<string, readonly MemberRule[]> = new Map(Object.entries(MEMBERS).map(([type, of]) => [type, memberRules(of)]));
