import type { z } from 'zod';
import { fromUtf8 } from '../base/bytes.ts';
import { AllergyBody, EncounterBody, ImmunizationBody, MedicationBody, NoKnownAllergiesBody, NoteBody, ProblemBody, RegisterBody, VitalsBody } from './charting.ts';
import { expandAllergy, expandEncounter, expandImmunization, expandMedication, expandNoKnownAllergies, expandNote, expandProblem, expandRegister, expandVitals, type ExpandContext, type Resource } from './expand.ts';

/** The compact clinical kinds and the FHIR resources that one entry of each stands for. */
type Expansion = (body: unknown, context: ExpandContext) => readonly Resource[] | undefined;

function expansion<Schema extends z.ZodType>(schema: Schema, expand: (body: z.output<Schema>, context: ExpandContext) => readonly Resource[]): Expansion {
  return (raw, context) => {
    const parsed = schema.safeParse(raw);
    return parsed.success ? expand(parsed.data, context) : undefined;
  };
}

const EXPANSIONS: Readonly<Record<string, Expansion>> = {
  'patient.register': expansion(RegisterBody, expandRegister),
  encounter: expansion(EncounterBody, expandEncounter),
  vitals: expansion(VitalsBody, expandVitals),
  allergy: expansion(AllergyBody, expandAllergy),
  'allergy.none': expansion(NoKnownAllergiesBody, expandNoKnownAllergies),
  problem: expansion(ProblemBody, expandProblem),
  medication: expansion(MedicationBody, expandMedication),
  immunization: expansion(ImmunizationBody, expandImmunization),
  note: expansion(NoteBody, expandNote),
};

export function isClinicalKind(kind: string): boolean {
  return Object.hasOwn(EXPANSIONS, kind);
}

/** The resources of a clinical entry; undefined where this version cannot read its body. */
export function expandClinical(kind: string, body: Uint8Array, context: ExpandContext): readonly Resource[] | undefined {
  const parsed = parseBody(body);
  return parsed === undefined ? undefined : EXPANSIONS[kind]?.(parsed, context);
}

/** The body as JSON; undefined where it is not JSON in UTF-8. */
export function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body));
  } catch {
    return undefined;
  }
}
