import { z } from 'zod';
import { Role } from '../access/vocabulary.ts';
import { EntryId, RecordId, UserId } from '../base/ids.ts';
import { MERGE_BASES } from '../records/merge.ts';

/** Shapes that several rows of the contract share. Times are epoch milliseconds unless a field says otherwise. */

const LOGIN_MAX_CHARACTERS = 64;
const PASSWORD_MAX_CHARACTERS = 1024;
const NAME_MAX_CHARACTERS = 200;

export const Nothing = z.strictObject({});
export const Login = z.string().trim().toLowerCase().regex(/^[\p{L}\p{N}._-]+$/u).max(LOGIN_MAX_CHARACTERS);
export const Password = z.string().min(1).max(PASSWORD_MAX_CHARACTERS);
/** Six digits as typed; the door checks the length only, so that a malformed code is refused like a wrong one. */
export const OneTimeCode = z.string().max(32);
export const PersonName = z.string().trim().min(1).max(NAME_MAX_CHARACTERS);

export const Site = z.strictObject({
  name: PersonName,
  address: z.string().trim().max(400),
  latitude: z.number().min(-90).max(90).nullable(),
  longitude: z.number().min(-180).max(180).nullable(),
});
export type Site = z.infer<typeof Site>;

export const StaffMember = z.strictObject({ userId: UserId, login: z.string(), name: z.string(), role: Role, active: z.boolean() });
export type StaffMember = z.infer<typeof StaffMember>;

/** What the organisation has said to this workstation, and what follows from it (shared/orders/SPEC.md). */
export const OrdersView = z.strictObject({
  /** Why nobody works here for now. */
  closed: z.enum(['erasing', 'revoked', 'behind', 'sealed', 'suspended']).nullable(),
  /** Null where the organisation gave none: the workstation then works for good. Ends are null without limit, else by this workstation's clock. */
  lease: z.strictObject({ state: z.enum(['working', 'lapsed', 'sealed']), givenAt: z.number(), endsAt: z.number().nullable(), graceEndsAt: z.number().nullable() }).nullable(),
  policy: z.strictObject({ version: z.int(), issuedAt: z.number() }),
  roster: z.strictObject({ version: z.int(), issuedAt: z.number() }).nullable(),
  /** The organisation gives this workstation the records of some patients only: whoever is not found here may be on file elsewhere. */
  partial: z.boolean(),
  revokedAt: z.number().nullable(),
  erasing: z.enum(['after-drain', 'now']).nullable(),
  /** Kinds of orders of a newer version, kept unread. */
  unread: z.array(z.string()),
  /** Central's latest signature on what it holds of this workstation's history. */
  cosigned: z.strictObject({ at: z.number(), segments: z.int(), entries: z.int(), lsn: z.int() }).nullable(),
});
export type OrdersView = z.infer<typeof OrdersView>;

/** A one-time-code secret shown once: as a QR code (the URI) and to type (base32). */
export const TotpEnrolment = z.strictObject({ secretBase32: z.string(), otpauthUri: z.string() });

/** FHIR date with its precision, kept as text: `1985`, `1985-07` or `1985-07-14`. */
export const PartialDateText = z.string();

/** Who wrote an entry, where and when, as the audit screens and the chart show it. */
export const Authorship = z.strictObject({
  entry: EntryId,
  at: z.number(),
  offsetMinutes: z.number(),
  zone: z.string(),
  clock: z.enum(['ok', 'suspect']),
  userName: z.string(),
  role: z.string(),
  device: z.string(),
  deviceName: z.string(),
});
export type Authorship = z.infer<typeof Authorship>;

export const PatientLine = z.strictObject({
  patient: RecordId,
  family: z.string(),
  given: z.string(),
  prefix: z.string().nullable(),
  birthDate: PartialDateText.nullable(),
  sex: z.string(),
  number: z.string().nullable(),
  place: z.string().nullable(),
  phone: z.string().nullable(),
  deceased: z.boolean(),
  restricted: z.boolean(),
  /** Why this patient is in the list, strongest first. */
  matchedBy: z.array(z.enum(['name', 'sounds-like', 'spelt-like', 'birth-date', 'number', 'phone', 'recent'])),
});
export type PatientLine = z.infer<typeof PatientLine>;

/** A field with several live values, every one of them; the one that counts meanwhile first. */
export const Contested = z.strictObject({
  field: z.string(),
  severity: z.enum(['safety', 'review']),
  /** Why the first counts (shared/records/merge.ts); `unsettled`: not to be used without looking at all. */
  basis: z.enum(MERGE_BASES),
  values: z.array(z.strictObject({ text: z.string(), json: z.string().nullable(), used: z.boolean() })),
});
export type Contested = z.infer<typeof Contested>;

export const AllergyItem = z.strictObject({
  record: RecordId,
  text: z.string(),
  criticality: z.string().nullable(),
  reaction: z.string().nullable(),
  status: z.string(),
  conflict: z.boolean(),
  contested: z.array(Contested),
});
/** Different things that never look alike (UX: patient banner). */
export const AllergyState = z.strictObject({
  /** `withheld`: the caller's role does not see clinical data. */
  state: z.enum(['list', 'none-known', 'not-asked', 'conflict', 'withheld']),
  askedAt: z.number().nullable(),
  items: z.array(AllergyItem),
});

export const Measurement = z.strictObject({ value: z.number(), unit: z.string(), at: z.number() });

export const Banner = z.strictObject({
  patient: RecordId,
  family: z.string(),
  given: z.string(),
  prefix: z.string().nullable(),
  birthDate: PartialDateText.nullable(),
  deceased: z.boolean(),
  sex: z.string(),
  number: z.string().nullable(),
  allergies: AllergyState,
  weight: Measurement.extend({ contested: Contested.nullable() }).nullable(),
  /** Fields of the person that have several live values. */
  contested: z.array(Contested),
  /** Other charts that somebody said are of the same person. */
  sameAs: z.array(z.strictObject({ patient: RecordId, family: z.string(), given: z.string(), number: z.string().nullable() })),
  openConflicts: z.int(),
  restricted: z.boolean(),
  breakGlass: z.strictObject({ until: z.number(), reason: z.string() }).nullable(),
});
export type Banner = z.infer<typeof Banner>;

/** One line of a chart's lists and timeline. */
export const ChartItem = z.strictObject({
  record: RecordId,
  /** FHIR resource type. */
  type: z.string(),
  /** When it happened; null where the source says nothing. */
  at: z.number().nullable(),
  /** How much of the date is known. */
  precision: z.enum(['year', 'month', 'day', 'time']).nullable(),
  title: z.string(),
  detail: z.string().nullable(),
  status: z.string().nullable(),
  encounter: RecordId.nullable(),
  conflict: z.boolean(),
  contested: z.array(Contested),
  amended: z.boolean(),
});
export type ChartItem = z.infer<typeof ChartItem>;

export const TrendPoint = z.strictObject({ at: z.number(), value: z.number(), record: RecordId });
export const Trend = z.strictObject({
  /** LOINC code. */
  code: z.string(),
  display: z.string(),
  unit: z.string(),
  points: z.array(TrendPoint),
});
export type Trend = z.infer<typeof Trend>;
