import type { z } from 'zod';
import type { RecordId } from '../base/ids.ts';
import { localTimestamp } from '../base/time.ts';
import type { AllergyBody, Coded, EncounterBody, ImmunizationBody, MedicationBody, NoKnownAllergiesBody, NoteBody, ProblemBody, RegisterBody, VitalsBody } from './charting.ts';
import { patientElements } from './demographics.ts';
import { utf8 } from '../base/bytes.ts';
import { toBase64 } from '../base/base64.ts';
import { VITAL_SIGN_NAMES, VITAL_SIGNS } from './vital-signs.ts';

/**
 * Turns compact ledger bodies into the FHIR R4 resources they stand for. Pure and frozen: an entry written years
 * ago must expand to the same resources for ever, so a change of meaning is a new kind, never a new expansion.
 */
export type ExpandContext = {
  /** Id of the n-th record the entry makes. */
  readonly record: (part: number) => RecordId;
  readonly author: { readonly name: string; readonly user: string };
  readonly offsetMinutes: number;
};
export type Resource = { readonly resourceType: string; readonly id: string } & Readonly<Record<string, unknown>>;
type Made = readonly Resource[];

const SNOMED = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';

const patientReference = (patient: string) => ({ reference: `Patient/${patient}` });
const encounterReference = (encounter: string | undefined) => (encounter === undefined ? {} : { encounter: { reference: `Encounter/${encounter}` } });
const coding = (system: string, code: string, display?: string) => ({ coding: [{ system, code, ...(display === undefined ? {} : { display }) }] });
const concept = (coded: Coded) => ({
  ...(coded.code === undefined ? {} : { coding: [{ ...(coded.system === undefined ? {} : { system: coded.system }), code: coded.code, display: coded.text }] }),
  text: coded.text,
});
const author = (context: ExpandContext) => ({ display: context.author.name, identifier: { system: 'urn:outpost:user', value: context.author.user } });
const timestamp = (context: ExpandContext, at: number) => localTimestamp(at, context.offsetMinutes);

export function expandRegister(body: z.infer<typeof RegisterBody>, context: ExpandContext): Made {
  return [{ resourceType: 'Patient', id: context.record(0), active: true, ...patientElements(body.demographics, body.number) }];
}


export function expandEncounter(body: z.infer<typeof EncounterBody>, context: ExpandContext): Made {
  return [
    {
      resourceType: 'Encounter',
      id: context.record(0),
      status: 'in-progress',
      class: { system: `${TERMINOLOGY}/v3-ActCode`, code: body.class },
      subject: patientReference(body.patient),
      participant: [{ individual: author(context) }],
      period: { start: timestamp(context, body.at) },
      ...(body.reason === undefined ? {} : { reasonCode: [{ text: body.reason }] }),
    },
  ];
}

export function expandVitals(body: z.infer<typeof VitalsBody>, context: ExpandContext): Made {
  const made: Resource[] = [];
  const common = {
    status: 'final',
    category: [coding(`${TERMINOLOGY}/observation-category`, 'vital-signs', 'Vital Signs')],
    subject: patientReference(body.patient),
    ...encounterReference(body.encounter),
    effectiveDateTime: timestamp(context, body.at),
    performer: [author(context)],
  };
  const quantity = (value: number, unit: string) => ({ value, unit, system: UCUM, code: unit });
  const next = () => ({ resourceType: 'Observation', id: context.record(made.length), ...common });
  if (body.values.systolic !== undefined && body.values.diastolic !== undefined) {
    const part = (sign: 'systolic' | 'diastolic', value: number) => ({
      code: coding(LOINC, VITAL_SIGNS[sign].code, VITAL_SIGNS[sign].display),
      valueQuantity: quantity(value, VITAL_SIGNS[sign].unit),
    });
    made.push({
      ...next(),
      code: { ...coding(LOINC, '85354-9', 'Blood pressure panel'), text: 'Blood pressure' },
      component: [part('systolic', body.values.systolic), part('diastolic', body.values.diastolic)],
    });
  }
  for (const sign of VITAL_SIGN_NAMES) {
    const value = body.values[sign];
    if (value === undefined || sign === 'systolic' || sign === 'diastolic') continue;
    const { code, display, unit } = VITAL_SIGNS[sign];
    made.push({ ...next(), code: { ...coding(LOINC, code, display), text: display }, valueQuantity: quantity(value, unit) });
  }
  return made;
}

const active = (system: string) => coding(`${TERMINOLOGY}/${system}`, 'active');
const confirmed = (system: string) => coding(`${TERMINOLOGY}/${system}`, 'confirmed');

export function expandAllergy(body: z.infer<typeof AllergyBody>, context: ExpandContext): Made {
  return [
    {
      resourceType: 'AllergyIntolerance',
      id: context.record(0),
      clinicalStatus: active('allergyintolerance-clinical'),
      verificationStatus: confirmed('allergyintolerance-verification'),
      category: [body.category],
      criticality: body.criticality,
      code: concept(body.substance),
      patient: patientReference(body.patient),
      ...encounterReference(body.encounter),
      recordedDate: timestamp(context, body.at),
      recorder: author(context),
      ...(body.reaction === undefined ? {} : { reaction: [{ manifestation: [{ text: body.reaction }] }] }),
    },
  ];
}

export const NO_KNOWN_ALLERGY_CODE = '716186003';

export function expandNoKnownAllergies(body: z.infer<typeof NoKnownAllergiesBody>, context: ExpandContext): Made {
  return [
    {
      resourceType: 'AllergyIntolerance',
      id: context.record(0),
      clinicalStatus: active('allergyintolerance-clinical'),
      verificationStatus: confirmed('allergyintolerance-verification'),
      code: { ...coding(SNOMED, NO_KNOWN_ALLERGY_CODE, 'No known allergy'), text: 'No known allergies' },
      patient: patientReference(body.patient),
      ...encounterReference(body.encounter),
      recordedDate: timestamp(context, body.at),
      recorder: author(context),
    },
  ];
}

export function expandProblem(body: z.infer<typeof ProblemBody>, context: ExpandContext): Made {
  return [
    {
      resourceType: 'Condition',
      id: context.record(0),
      clinicalStatus: active('condition-clinical'),
      verificationStatus: confirmed('condition-ver-status'),
      category: [coding(`${TERMINOLOGY}/condition-category`, 'problem-list-item')],
      code: concept(body.problem),
      subject: patientReference(body.patient),
      ...encounterReference(body.encounter),
      ...(body.onset === undefined ? {} : { onsetDateTime: body.onset }),
      recordedDate: timestamp(context, body.at),
      recorder: author(context),
    },
  ];
}

export function expandMedication(body: z.infer<typeof MedicationBody>, context: ExpandContext): Made {
  const words = [body.dose, body.route, body.frequency, body.durationDays === undefined ? undefined : `for ${body.durationDays} days`];
  return [
    {
      resourceType: 'MedicationRequest',
      id: context.record(0),
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: concept(body.medication),
      subject: patientReference(body.patient),
      ...encounterReference(body.encounter),
      authoredOn: timestamp(context, body.at),
      requester: author(context),
      ...(body.reason === undefined ? {} : { reasonCode: [{ text: body.reason }] }),
      dosageInstruction: [
        {
          text: words.filter((word) => word !== undefined).join(', '),
          ...(body.route === undefined ? {} : { route: { text: body.route } }),
          timing: {
            code: { text: body.frequency },
            ...(body.durationDays === undefined ? {} : { repeat: { boundsDuration: { value: body.durationDays, unit: 'd', system: UCUM, code: 'd' } } }),
          },
        },
      ],
    },
  ];
}

export function expandImmunization(body: z.infer<typeof ImmunizationBody>, context: ExpandContext): Made {
  return [
    {
      resourceType: 'Immunization',
      id: context.record(0),
      status: 'completed',
      vaccineCode: concept(body.vaccine),
      patient: patientReference(body.patient),
      ...encounterReference(body.encounter),
      occurrenceDateTime: timestamp(context, body.at),
      ...(body.lotNumber === undefined ? {} : { lotNumber: body.lotNumber }),
      ...(body.site === undefined ? {} : { site: { text: body.site } }),
      performer: [{ actor: author(context) }],
      ...(body.doseNumber === undefined ? {} : { protocolApplied: [{ doseNumberPositiveInt: body.doseNumber }] }),
    },
  ];
}

const SOAP_HEADINGS = { subjective: 'Subjective', objective: 'Objective', assessment: 'Assessment', plan: 'Plan' } as const;

/** The note's plain text, one headed part after another; empty parts are left out. */
export function soapText(soap: z.infer<typeof NoteBody>['soap']): string {
  return (Object.keys(SOAP_HEADINGS) as (keyof typeof SOAP_HEADINGS)[])
    .filter((part) => soap[part].trim() !== '')
    .map((part) => `${SOAP_HEADINGS[part]}\n${soap[part].trim()}`)
    .join('\n\n');
}

export function expandNote(body: z.infer<typeof NoteBody>, context: ExpandContext): Made {
  return [
    {
      resourceType: 'DocumentReference',
      id: context.record(0),
      status: 'current',
      docStatus: 'final',
      type: { ...coding(LOINC, '34133-9', 'Summary of episode note'), text: 'SOAP note' },
      category: [coding('http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category', 'clinical-note')],
      subject: patientReference(body.patient),
      date: timestamp(context, body.at),
      author: [author(context)],
      content: [{ attachment: { contentType: 'text/plain; charset=utf-8', data: toBase64(utf8(soapText(body.soap))), title: 'SOAP note' } }],
      context: { encounter: [{ reference: `Encounter/${body.encounter}` }], period: { start: timestamp(context, body.at) } },
    },
  ];
}
