import { z } from 'zod';
import { ok, refuse, type Result } from '../base/result.ts';
import { FhirAddress, FhirContactPoint, FhirHumanName, FhirId, FhirIdentifier, FhirReference } from './fhir-shapes.ts';
import type { JsonObject } from './json.ts';
import { parsePartialDate, type Precision } from './partial-date.ts';

export type PersonName = { readonly use: string | null; readonly family: string; readonly given: readonly string[]; readonly text: string };
export type BirthDate = { readonly ms: number; readonly precision: Precision; readonly text: string };

/** What a patient is found, told apart and announced by (FHIR R4 patient.html). */
export type PatientSummary = {
  readonly id: string | null;
  readonly active: boolean;
  /** The name to show first: official, else usual, else the first that is not old. Empty only for a nameless patient. */
  readonly names: readonly PersonName[];
  readonly birthDate: BirthDate | null;
  readonly gender: 'male' | 'female' | 'other' | 'unknown' | null;
  readonly deceased: boolean;
  readonly identifiers: readonly { readonly system: string | null; readonly value: string; readonly type: string | null }[];
  readonly phones: readonly string[];
  readonly addresses: readonly { readonly lines: readonly string[]; readonly city: string | null; readonly postalCode: string | null; readonly text: string }[];
  /** Born as one of several: a reason to look twice. Its place in the birth order is not told. */
  readonly multipleBirth: boolean;
  /** The record that took this one's place after a merge, as reference text. */
  readonly replacedBy: string | null;
};

const Patient = z.object({
  resourceType: z.literal('Patient'),
  id: FhirId.optional(),
  active: z.boolean().optional(),
  name: z.array(FhirHumanName).optional(),
  birthDate: z.string().optional(),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  deceasedBoolean: z.boolean().optional(),
  deceasedDateTime: z.string().optional(),
  identifier: z.array(FhirIdentifier).optional(),
  telecom: z.array(FhirContactPoint).optional(),
  address: z.array(FhirAddress).optional(),
  multipleBirthBoolean: z.boolean().optional(),
  multipleBirthInteger: z.number().optional(),
  link: z.array(z.object({ other: FhirReference.optional(), type: z.string().optional() })).optional(),
});

const USES_FIRST = ['official', 'usual', undefined, 'nickname', 'temp', 'anonymous', 'maiden', 'old'];

function present(parts: readonly (string | null)[] | undefined): readonly string[] {
  return (parts ?? []).flatMap((part) => (part === null || part.trim() === '' ? [] : [part.trim()]));
}

function namesOf(names: readonly FhirHumanName[]): readonly PersonName[] {
  const rank = ({ use }: FhirHumanName): number => (USES_FIRST.includes(use) ? USES_FIRST.indexOf(use) : USES_FIRST.length);
  const read = names
    .toSorted((a, b) => rank(a) - rank(b))
    .map((name) => {
      const given = present(name.given);
      const family = name.family?.trim() ?? '';
      const joined = [...present(name.prefix), ...given, family, ...present(name.suffix)].filter((part) => part !== '').join(' ');
      return { use: name.use ?? null, family, given, text: name.text?.trim() ?? joined };
    });
  return read.filter(({ text, family, given }) => text !== '' || family !== '' || given.length > 0);
}

function addressOf(address: FhirAddress): PatientSummary['addresses'][number] {
  const lines = present(address.line);
  const joined = present([...lines, address.city ?? null, address.district ?? null, address.state ?? null, address.postalCode ?? null, address.country ?? null]).join(', ');
  return { lines, city: address.city ?? null, postalCode: address.postalCode ?? null, text: address.text ?? joined };
}

/** Reads a Patient resource; refuses one whose demographics do not have FHIR's shapes, naming the member. */
export function summarisePatient(resource: JsonObject): Result<PatientSummary, 'malformed-resource'> {
  const parsed = Patient.safeParse(resource);
  if (!parsed.success) return refuse('malformed-resource', { path: parsed.error.issues[0]?.path.join('.') ?? '' });
  const patient = parsed.data;
  const birth = patient.birthDate === undefined ? null : parsePartialDate(patient.birthDate);
  return ok({
    id: patient.id ?? null,
    active: patient.active ?? true,
    names: namesOf(patient.name ?? []),
    birthDate: birth === null ? null : { ...birth, text: patient.birthDate ?? '' },
    gender: patient.gender ?? null,
    deceased: patient.deceasedBoolean === true || patient.deceasedDateTime !== undefined,
    identifiers: (patient.identifier ?? []).flatMap(({ system, value, type }) => (value === undefined ? [] : [{ system: system ?? null, value, type: type?.coding?.[0]?.code ?? type?.text ?? null }])),
    phones: (patient.telecom ?? []).flatMap(({ system, value }) => (system === 'phone' || system === 'sms' ? present([value ?? null]) : [])),
    addresses: (patient.address ?? []).map(addressOf),
    multipleBirth: patient.multipleBirthBoolean === true || patient.multipleBirthInteger !== undefined,
    replacedBy: patient.link?.find(({ type }) => type === 'replaced-by')?.other?.reference ?? null,
  });
}
