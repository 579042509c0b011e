import { ACTIONS, Purpose, RESOURCE_TYPES, ROLES } from './vocabulary.ts';

/**
 * Everything a policy may ask about a request, with its type. A rule that names anything else is refused when its
 * bundle is loaded, and a request that lacks or mistypes anything that is not optional is denied (SPEC.md, ACC-3).
 */
export type AttributeType = 'text' | 'number' | 'flag' | 'texts';
export type AttributeDeclaration = {
  readonly type: AttributeType;
  /** The closed set of values, where there is one: a rule cannot compare with anything outside it. */
  readonly values?: readonly (string | number)[];
  /** May be absent; a rule reads it only behind `has`. */
  readonly optional?: true;
};

/** Nobody is signed in. */
export const ANONYMOUS = 'anonymous';
export const SUBJECT_ROLES = [ANONYMOUS, ...ROLES] as const;

/**
 * Whom a call touches. `none`: no patient. `one`: a patient of this vault. `each`: many, every one of which is
 * decided again before anything of it is shown or counted. `unknown`: an id that names nobody here.
 */
export const PATIENT_SCOPES = ['none', 'one', 'each', 'unknown'] as const;
/** As in the contract's rows: no vault yet, nobody signed in, somebody is, integrity hold, lease over, closed by the organisation. */
export const SESSION_STATES = ['setup', 'locked', 'unlocked', 'held', 'lapsed', 'closed'] as const;

export const ATTRIBUTES = {
  subject: {
    role: { type: 'text', values: SUBJECT_ROLES },
    /** User id; empty while nobody is signed in. */
    id: { type: 'text' },
    /** 0 nobody; 1 password and device; 2 with one-time code; 3 one-time code again for what follows. */
    level: { type: 'number', values: [0, 1, 2, 3] },
    /** Seconds since the last accepted one-time code of this session, by the monotonic clock; absent where none was. */
    codeAgeS: { type: 'number', optional: true },
  },
  resource: {
    type: { type: 'text', values: RESOURCE_TYPES },
    patient: { type: 'text', values: PATIENT_SCOPES },
    /** The patient is marked restricted (FHIR `meta.security` R or V, or 42 CFR Part 2 data). */
    restricted: { type: 'flag' },
    /** Ids of the users with a care relationship to the patient. */
    careTeam: { type: 'texts' },
    /** Whether the patient belongs to the site at which this workstation stands; absent where no site is recorded. */
    ownSite: { type: 'flag', optional: true },
    /** The patient is the user; absent where the clinic keeps no such link. */
    isSelf: { type: 'flag', optional: true },
  },
  env: {
    purpose: { type: 'text', values: Purpose.options },
    sessionState: { type: 'text', values: SESSION_STATES },
    /** Integrity hold: the vault may be read and not written. */
    held: { type: 'flag' },
    /** This user has broken the glass for this patient and the time has not run out. */
    breakGlass: { type: 'flag' },
    /** The wall clock is behind its trusted floor or has jumped. */
    clockSuspect: { type: 'flag' },
  },
  action: { name: { type: 'text', values: ACTIONS } },
} as const satisfies Readonly<Record<string, Readonly<Record<string, AttributeDeclaration>>>>;

type Declared = typeof ATTRIBUTES;
type ValueOf<Declaration> = Declaration extends { readonly values: readonly (infer Value)[] }
  ? Value
  : Declaration extends { readonly type: 'text' }
    ? string
    : Declaration extends { readonly type: 'number' }
      ? number
      : Declaration extends { readonly type: 'flag' }
        ? boolean
        : readonly string[];
type Optional = { readonly optional: true };
type GroupOf<Group> = {
  readonly [Name in keyof Group as Group[Name] extends Optional ? never : Name]: ValueOf<Group[Name]>;
} & {
  readonly [Name in keyof Group as Group[Name] extends Optional ? Name : never]?: ValueOf<Group[Name]>;
};

/** One question to the decision point: who wants to do what to whose data, in which circumstances. */
export type AccessRequest = { readonly [Group in keyof Declared]: GroupOf<Declared[Group]> };

/** An attribute by its path, such as `subject.role`. */
export type Attribute = { readonly path: string; readonly group: string; readonly name: string; readonly declaration: AttributeDeclaration };

const BY_PATH: ReadonlyMap<string, Attribute> = new Map(
  Object.entries(ATTRIBUTES).flatMap(([group, names]) =>
    Object.entries<AttributeDeclaration>(names).map(([name, declaration]) => [`${group}.${name}`, frozen(group, name, declaration)]),
  ),
);
const NAMES_OF: ReadonlyMap<string, ReadonlySet<string>> = new Map(Object.entries(ATTRIBUTES).map(([group, names]) => [group, new Set(Object.keys(names))]));

function frozen(group: string, name: string, { values, ...declaration }: AttributeDeclaration): Attribute {
  const own = values === undefined ? declaration : { ...declaration, values: Object.freeze([...values]) };
  return Object.freeze({ path: `${group}.${name}`, group, name, declaration: Object.freeze(own) });
}

export const ATTRIBUTE_PATHS: readonly string[] = [...BY_PATH.keys()];

export function attributeAt(path: string): Attribute | undefined {
  return BY_PATH.get(path);
}

/** The value of an attribute, by own properties only; undefined where it is absent. */
export function readAttribute(request: unknown, { group, name }: Attribute): unknown {
  const holder = ownValue(request, group);
  return ownValue(holder, name);
}

/** Whether a value is of the declared type and set. Numbers are finite. */
export function fits(declaration: AttributeDeclaration, value: unknown): boolean {
  if (!hasType(declaration.type, value)) return false;
  return declaration.values === undefined || declaration.values.includes(value as string | number);
}

/** The path of the first attribute that is missing, mistyped or not declared; null where the request is whole. */
export function requestFault(request: unknown): string | null {
  for (const attribute of BY_PATH.values()) {
    const holder = ownValue(request, attribute.group);
    const absent = !isRecord(holder) || !Object.hasOwn(holder, attribute.name);
    if (absent && attribute.declaration.optional === true && isRecord(holder)) continue;
    if (absent || !fits(attribute.declaration, holder[attribute.name])) return attribute.path;
  }
  return undeclared(request);
}

function undeclared(request: unknown): string | null {
  if (!isRecord(request)) return 'request';
  for (const group of Object.keys(request)) {
    const names = NAMES_OF.get(group);
    const holder = request[group];
    if (names === undefined || !isRecord(holder)) return 'request';
    for (const name of Object.keys(holder)) if (!names.has(name)) return group;
  }
  return null;
}

function hasType(type: AttributeType, value: unknown): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ownValue(holder: unknown, name: string): unknown {
  return isRecord(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
}
