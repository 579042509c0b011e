import type { Demographics } from '../../shared/records/charting.ts';
import type { CivilDate } from '../ui/civil-date.ts';
import { readBirth } from './birth-text.ts';

/** The register page as it is typed: every field a text, nothing lost while it is not right yet. */
export type RegisterForm = {
  readonly family: string;
  readonly given: string;
  readonly prefix: string;
  readonly birth: string;
  readonly sex: Demographics['sex'] | null;
  readonly phone: string;
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
  readonly nationalId: string;
  readonly language: string;
  readonly contactName: string;
  readonly contactPhone: string;
  readonly contactRelationship: string;
};

export const EMPTY_REGISTER: RegisterForm = { family: '', given: '', prefix: '', birth: '', sex: null, phone: '', street: '', city: '', postalCode: '', nationalId: '', language: '', contactName: '', contactPhone: '', contactRelationship: '' };

/** Begins with what was searched for: digits are a number or a year, "Family, Given" or the first word is the family name. */
export function formFromTyped(typed: string | undefined): RegisterForm {
  const text = (typed ?? '').trim();
  if (text === '' || /\d/.test(text)) return EMPTY_REGISTER;
  const [family = '', ...rest] = text.includes(',') ? text.split(',') : text.split(/\s+/);
  return { ...EMPTY_REGISTER, family: capital(family.trim()), given: rest.map((word) => capital(word.trim())).join(' ').trim() };
}

/** The demographics typed so far, without the parts that are empty or cannot be read; what the engine compares with. */
export function demographicsSoFar(form: RegisterForm, today: CivilDate): Partial<Demographics> {
  const birth = readBirth(form.birth, today);
  const text = (value: string): string | undefined => (value.trim() === '' ? undefined : value.trim());
  const address = withoutUndefined({ line: text(form.street), city: text(form.city), postalCode: text(form.postalCode) });
  const contactName = text(form.contactName);
  const contact = contactName === undefined ? undefined : { name: contactName, ...withoutUndefined({ phone: text(form.contactPhone), relationship: text(form.contactRelationship) }) };
  return withoutUndefined({
    family: text(form.family),
    given: text(form.given),
    prefix: text(form.prefix),
    birthDate: birth.reads === 'date' ? birth.date : undefined,
    sex: form.sex ?? undefined,
    phone: text(form.phone),
    address: Object.keys(address).length === 0 ? undefined : address,
    nationalId: text(form.nationalId),
    language: text(form.language),
    contact,
  });
}

export type RegisterProblem = { readonly field: 'family' | 'birth' | 'sex' };

/** What keeps the form from being saved, in the order of its fields. */
export function registerProblems(form: RegisterForm, today: CivilDate): readonly RegisterProblem['field'][] {
  const problems: RegisterProblem['field'][] = [];
  if (form.family.trim() === '') problems.push('family');
  if (readBirth(form.birth, today).reads === 'problem') problems.push('birth');
  if (form.sex === null) problems.push('sex');
  return problems;
}

/** Complete demographics; null while `registerProblems` names one. */
export function completeDemographics(form: RegisterForm, today: CivilDate): Demographics | null {
  const { family, sex, given, ...rest } = demographicsSoFar(form, today);
  if (family === undefined || sex === undefined || registerProblems(form, today).length > 0) return null;
  return { ...rest, family, given: given ?? '', sex };
}

type Defined<Shape> = { [Key in keyof Shape]?: Exclude<Shape[Key], undefined> };

function withoutUndefined<Shape extends object>(shape: Shape): Defined<Shape> {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Defined<Shape>;
}

function capital(word: string): string {
  const [first = ''] = word;
  return `${first.toLocaleUpperCase()}${word.slice(first.length)}`;
}
