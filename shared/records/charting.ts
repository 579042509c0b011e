import { z } from 'zod';
import { RecordId } from '../base/ids.ts';
import { VitalValues } from './vital-signs.ts';

/** What staff chart all day, in compact shapes; `expand.ts` turns each into the FHIR R4 resources it stands for. */

const LINE_MAX_CHARACTERS = 400;
const TEXT_MAX_CHARACTERS = 100_000;
const line = z.string().trim().min(1).max(LINE_MAX_CHARACTERS);
const text = z.string().max(TEXT_MAX_CHARACTERS);

/** FHIR R4 `date`: year, year-month or full date. */
export const PartialDate = z.string().regex(/^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$/);
/** FHIR R4 AdministrativeGender, required binding. */
export const Sex = z.enum(['female', 'male', 'other', 'unknown']);

/** A coded meaning with the words the clinician saw; the code is absent for free text. */
export const Coded = z.strictObject({
  text: line,
  system: z.string().max(LINE_MAX_CHARACTERS).optional(),
  code: z.string().max(LINE_MAX_CHARACTERS).optional(),
});
export type Coded = z.infer<typeof Coded>;

export const Demographics = z.strictObject({
  family: line,
  given: z.string().trim().max(LINE_MAX_CHARACTERS),
  prefix: z.string().trim().max(40).optional(),
  birthDate: PartialDate.optional(),
  sex: Sex,
  phone: z.string().trim().max(60).optional(),
  address: z.strictObject({ line: z.string().max(LINE_MAX_CHARACTERS).optional(), city: z.string().max(LINE_MAX_CHARACTERS).optional(), postalCode: z.string().max(20).optional() }).optional(),
  nationalId: z.string().trim().max(60).optional(),
  language: z.string().max(20).optional(),
  contact: z.strictObject({ name: line, phone: z.string().max(60).optional(), relationship: z.string().max(100).optional() }).optional(),
});
export type Demographics = z.infer<typeof Demographics>;
/** Some of the fields, as a form sends them. */
export const DemographicChanges = Demographics.partial();
export type DemographicChanges = z.infer<typeof DemographicChanges>;

const when = { at: z.int().describe('epoch milliseconds when it happened') };
const inEncounter = { patient: RecordId, encounter: RecordId };

export const RegisterBody = z.strictObject({ demographics: Demographics, number: line });
/** FHIR v3 ActEncounterCode subset that a clinic uses. */
export const EncounterClass = z.enum(['AMB', 'EMER', 'HH', 'VR']);
export const EncounterBody = z.strictObject({ patient: RecordId, class: EncounterClass, reason: z.string().max(LINE_MAX_CHARACTERS).optional(), ...when });
export const VitalsBody = z.strictObject({ ...inEncounter, values: VitalValues, ...when });
export const AllergyBody = z.strictObject({
  patient: RecordId,
  encounter: RecordId.optional(),
  substance: Coded,
  category: z.enum(['food', 'medication', 'environment', 'biologic']),
  criticality: z.enum(['low', 'high', 'unable-to-assess']),
  reaction: z.string().max(LINE_MAX_CHARACTERS).optional(),
  ...when,
});
/** "No known allergies", asked now (SNOMED CT 716186003). */
export const NoKnownAllergiesBody = z.strictObject({ patient: RecordId, encounter: RecordId.optional(), ...when });
export const ProblemBody = z.strictObject({ patient: RecordId, encounter: RecordId.optional(), problem: Coded, onset: PartialDate.optional(), ...when });
export const MedicationBody = z.strictObject({
  ...inEncounter,
  medication: Coded,
  dose: line.describe('as written, such as "500 mg"'),
  route: z.string().max(100).optional(),
  frequency: line,
  durationDays: z.int().min(1).max(3650).optional(),
  reason: z.string().max(LINE_MAX_CHARACTERS).optional(),
  ...when,
});
export const ImmunizationBody = z.strictObject({
  patient: RecordId,
  encounter: RecordId.optional(),
  vaccine: Coded,
  lotNumber: z.string().max(60).optional(),
  doseNumber: z.int().min(1).max(20).optional(),
  site: z.string().max(100).optional(),
  ...when,
});
export const Soap = z.strictObject({ subjective: text, objective: text, assessment: text, plan: text });
export type Soap = z.infer<typeof Soap>;
export const NoteBody = z
  .strictObject({ ...inEncounter, soap: Soap, ...when })
  .refine(({ soap }) => Object.values(soap).some((part) => part.trim() !== ''), { message: 'an empty note cannot be signed' });
