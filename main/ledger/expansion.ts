import type { z } from 'zod';
import { fromUtf8 } from '../../shared/base/bytes.ts';
import { recordIdOf } from '../../shared/base/ids.ts';
import { idOf, type Header } from '../../shared/ledger/entry.ts';
import { AllergyBody, EncounterBody, ImmunizationBody, MedicationBody, NoKnownAllergiesBody, NoteBody, ProblemBody, RegisterBody, VitalsBody } from '../../shared/records/charting.ts';
import { expandAllergy, expandEncounter, expandImmunization, expandMedication, expandNoKnownAllergies, expandNote, expandProblem, expandRegister, expandVitals, type ExpandContext, type Resource } from '../../shared/records/expand.ts';
import type { ReadHandle } from '../store/store.ts';
import { sessionAuthor } from './sessions.ts';

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

/** Whether an entry of this kind makes a chart look different. */
export function changesChart(kind: string): boolean {
  return isClinicalKind(kind) || kind === 'resource' || kind === 'amend' || kind === 'breakglass.open';
}

/** The resources of a clinical entry; undefined where this version cannot read its body. */
export function expandEntry(read: ReadHandle, segmentRef: number, header: Header, body: Uint8Array): readonly Resource[] | undefined {
  const parsed = parseBody(body);
  const context: ExpandContext = {
    record: (part) => recordIdOf(idOf(header), part),
    author: sessionAuthor(read, segmentRef, header.session),
    offsetMinutes: header.offset,
  };
  return parsed === undefined ? undefined : EXPANSIONS[header.kind]?.(parsed, context);
}

/** The body as JSON; undefined where it is not JSON in UTF-8. */
export function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body));
  } catch {
    return undefined;
  }
}
