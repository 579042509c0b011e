import type { DemographicChanges, Demographics } from './charting.ts';

/** Between the registration form's fields and the FHIR R4 Patient elements they stand for. */

export const CLINIC_NUMBER_SYSTEM = 'urn:outpost:patient-number';
export const NATIONAL_ID_SYSTEM = 'urn:outpost:national-id';

type Elements = Record<string, unknown>;

/** All elements of a new patient. Order is the order of the FHIR page. */
export function patientElements(demographics: Demographics, number: string): Elements {
  return {
    identifier: identifiers(demographics.nationalId, number),
    name: [humanName(demographics)],
    ...(demographics.phone === undefined ? {} : { telecom: phone(demographics.phone) }),
    gender: demographics.sex,
    ...(demographics.birthDate === undefined ? {} : { birthDate: demographics.birthDate }),
    ...(demographics.address === undefined ? {} : { address: [address(demographics.address)] }),
    ...(demographics.contact === undefined ? {} : { contact: [contact(demographics.contact)] }),
    ...(demographics.language === undefined ? {} : { communication: [{ language: { text: demographics.language } }] }),
  };
}

/** Only the elements that the given fields change; the rest of the current resource is kept where an element holds both. */
export function changedElements(changes: DemographicChanges, current: Readonly<Elements>): Elements {
  const changed: Elements = {};
  const has = (...fields: readonly (keyof Demographics)[]) => fields.some((field) => changes[field] !== undefined);
  if (has('family', 'given', 'prefix')) changed['name'] = renamed(changes, current['name']);
  if (changes.phone !== undefined) changed['telecom'] = [...phone(changes.phone), ...others(current['telecom'], (each) => each['system'] !== 'phone')];
  if (changes.sex !== undefined) changed['gender'] = changes.sex;
  if (changes.birthDate !== undefined) changed['birthDate'] = changes.birthDate;
  if (changes.address !== undefined) changed['address'] = [address(changes.address), ...others(current['address'], () => true).slice(1)];
  if (changes.contact !== undefined) changed['contact'] = [contact(changes.contact)];
  if (changes.language !== undefined) changed['communication'] = [{ language: { text: changes.language } }];
  if (changes.nationalId !== undefined) {
    changed['identifier'] = [
      ...others(current['identifier'], (each) => each['system'] !== NATIONAL_ID_SYSTEM),
      ...(changes.nationalId === '' ? [] : [{ system: NATIONAL_ID_SYSTEM, value: changes.nationalId }]),
    ];
  }
  return changed;
}

function identifiers(nationalId: string | undefined, number: string): Elements[] {
  const own = { use: 'usual', type: { text: 'Clinic number' }, system: CLINIC_NUMBER_SYSTEM, value: number };
  return nationalId === undefined || nationalId === '' ? [own] : [own, { system: NATIONAL_ID_SYSTEM, value: nationalId }];
}

function humanName({ family, given, prefix }: DemographicChanges): Elements {
  return {
    use: 'official',
    ...(family === undefined ? {} : { family }),
    ...(given === undefined || given === '' ? {} : { given: given.split(/\s+/) }),
    ...(prefix === undefined || prefix === '' ? {} : { prefix: [prefix] }),
  };
}

function renamed(changes: DemographicChanges, current: unknown): Elements[] {
  const [first, ...rest] = others(current, () => true);
  const kept = { ...first };
  const next = humanName(changes);
  if (changes.given === '') delete kept['given'];
  if (changes.prefix === '') delete kept['prefix'];
  return [{ ...kept, ...next }, ...rest];
}

const phone = (value: string): Elements[] => (value === '' ? [] : [{ system: 'phone', value }]);

function address(value: NonNullable<Demographics['address']>): Elements {
  return {
    ...(value.line === undefined ? {} : { line: [value.line] }),
    ...(value.city === undefined ? {} : { city: value.city }),
    ...(value.postalCode === undefined ? {} : { postalCode: value.postalCode }),
  };
}

function contact(value: NonNullable<Demographics['contact']>): Elements {
  return {
    ...(value.relationship === undefined ? {} : { relationship: [{ text: value.relationship }] }),
    name: { text: value.name },
    ...(value.phone === undefined ? {} : { telecom: phone(value.phone) }),
  };
}

function others(list: unknown, keep: (each: Elements) => boolean): Elements[] {
  if (!Array.isArray(list)) return [];
  return list.filter((each): each is Elements => typeof each === 'object' && each !== null && !Array.isArray(each)).filter(keep);
}
