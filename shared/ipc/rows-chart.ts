import { z } from 'zod';
import { EntryId, RecordId } from '../base/ids.ts';
import { AllergyBody, DemographicChanges, Demographics, EncounterBody, ImmunizationBody, MedicationBody, NoKnownAllergiesBody, NoteBody, ProblemBody, Soap, VitalsBody } from '../records/charting.ts';
import { AMENDED_ELEMENTS_MAX } from '../records/amendable.ts';
import { VITAL_SIGN_NAMES } from '../records/vital-signs.ts';
import { row } from './row.ts';
import { PRESCRIBING } from './rows-conflicts.ts';
import { AllergyState, Authorship, Banner, ChartItem, Nothing, PatientLine, Trend } from './shapes.ts';

/** Patients, charts, charting, drafts. */

const SEARCH_MAX_CHARACTERS = 200;
const SEARCH_MAX_RESULTS = 50;
const TIMELINE_MAX_ITEMS = 500;
const none = { by: 'none' } as const;
const ofPatient = { by: 'patient', field: 'patient' } as const;
const ofRecord = { by: 'record', field: 'record' } as const;
const reading = ['unlocked', 'held', 'lapsed'] as const;
const writing = ['unlocked'] as const;
/** What an emergency asks for, and what was begun before the lease ended. */
const alsoLapsed = ['unlocked', 'lapsed'] as const;
const written = z.strictObject({ record: RecordId, entry: EntryId });

export const patientRows = {
  'patients.search': row({
    type: 'query',
    input: z.strictObject({ text: z.string().max(SEARCH_MAX_CHARACTERS), limit: z.int().min(1).max(SEARCH_MAX_RESULTS) }),
    output: z.strictObject({ patients: z.array(PatientLine), more: z.boolean() }),
    faults: [],
    states: reading,
    access: { action: 'patient.search', resource: 'Patient', subject: none },
    audit: { trace: 'before-data', kind: 'patient.searched' },
  }),
  /** Patients of this workstation's last encounters, newest first; the empty search. */
  'patients.recent': row({
    type: 'query',
    input: z.strictObject({ limit: z.int().min(1).max(SEARCH_MAX_RESULTS) }),
    output: z.strictObject({ patients: z.array(PatientLine.extend({ openEncounter: RecordId.nullable(), lastSeenAt: z.number().nullable(), reason: z.string().nullable() })), total: z.int() }),
    faults: [],
    states: reading,
    access: { action: 'patient.search', resource: 'Patient', subject: none },
    audit: { trace: 'before-data', kind: 'patient.searched' },
  }),
  /** People who may be the one being registered, with what agrees and what differs. */
  'patients.duplicates': row({
    type: 'query',
    input: z.strictObject({ demographics: DemographicChanges }),
    output: z.strictObject({ candidates: z.array(z.strictObject({ line: PatientLine, strength: z.enum(['strong', 'weak']), agrees: z.array(z.string()), differs: z.array(z.string()) })) }),
    faults: [],
    states: reading,
    access: { action: 'patient.search', resource: 'Patient', subject: none },
    audit: { trace: 'before-data', kind: 'patient.searched' },
  }),
  'patients.register': row({
    type: 'command',
    input: z.strictObject({ demographics: Demographics, /** Set once the clerk has seen the strong match and says it is another person. */ notDuplicate: z.boolean() }),
    output: z.strictObject({ patient: RecordId, number: z.string(), entry: EntryId }),
    faults: ['DUPLICATE_SUSPECTED'],
    states: writing,
    access: { action: 'patient.register', resource: 'Patient', subject: none },
    audit: { trace: 'is-the-write', kinds: ['patient.register'] },
  }),
  /** Sets demographic elements anew; `parents` are the entries whose values the clerk saw (from chart.record). */
  'patients.amend': row({
    type: 'command',
    input: z.strictObject({ patient: RecordId, demographics: DemographicChanges }),
    output: written,
    faults: ['EMPTY', 'CHANGED_MEANWHILE'],
    states: writing,
    access: { action: 'patient.amend', resource: 'Patient', subject: ofPatient },
    audit: { trace: 'is-the-write', kinds: ['amend'] },
  }),
};

export const chartRows = {
  'chart.open': row({
    type: 'query',
    input: z.strictObject({ patient: RecordId }),
    output: z.strictObject({
      banner: Banner,
      problems: z.array(ChartItem),
      medications: z.array(ChartItem),
      allergies: AllergyState,
      immunizations: z.array(ChartItem),
      encounters: z.array(ChartItem),
      openEncounter: ChartItem.nullable(),
      /** The latest value of each vital sign with the points of its sparkline. */
      vitals: z.array(Trend.extend({ sign: z.enum(VITAL_SIGN_NAMES as [string, ...string[]]).nullable() })),
      counts: z.record(z.string(), z.int()),
      total: z.int(),
      draft: z.boolean(),
    }),
    faults: [],
    states: reading,
    access: { action: 'chart.read', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'before-data', kind: 'chart.viewed' },
  }),
  /** Name, allergies and flags only, for dialogs that write into a chart already open. */
  'chart.banner': row({
    type: 'query',
    input: z.strictObject({ patient: RecordId }),
    output: Banner,
    faults: [],
    states: reading,
    access: { action: 'patient.read', resource: 'Patient', subject: ofPatient },
    audit: { trace: 'before-data', kind: 'chart.viewed' },
  }),
  'chart.timeline': row({
    type: 'query',
    input: z.strictObject({
      patient: RecordId,
      /** FHIR resource types; empty means all. */
      types: z.array(z.string().max(64)).max(40),
      /** Items strictly before this position in time order; null starts at the newest. */
      before: z.strictObject({ at: z.number(), record: RecordId }).nullable(),
      limit: z.int().min(1).max(TIMELINE_MAX_ITEMS),
    }),
    output: z.strictObject({ items: z.array(ChartItem), more: z.boolean(), years: z.array(z.strictObject({ year: z.int(), count: z.int() })) }),
    faults: [],
    states: reading,
    access: { action: 'chart.read', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'before-data', kind: 'chart.viewed' },
  }),
  'chart.trend': row({
    type: 'query',
    input: z.strictObject({ patient: RecordId, /** LOINC code. */ code: z.string().max(40) }),
    output: Trend,
    faults: [],
    states: reading,
    access: { action: 'chart.read', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'before-data', kind: 'chart.viewed' },
  }),
  /** One record whole, as FHIR R4, with who wrote what and when. */
  'chart.record': row({
    type: 'query',
    input: z.strictObject({ record: RecordId }),
    output: z.strictObject({
      record: RecordId,
      patient: RecordId.nullable(),
      type: z.string(),
      item: ChartItem,
      /** The FHIR resource as JSON text, so that decimals keep their digits. */
      resourceText: z.string(),
      history: z.array(z.strictObject({ by: Authorship, kind: z.string(), changes: z.array(z.strictObject({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() })), reason: z.string().nullable() })),
      /** The plain text of a note, where the record holds one. */
      note: z.strictObject({ soap: Soap.nullable(), text: z.string() }).nullable(),
    }),
    faults: [],
    states: reading,
    access: { action: 'chart.read', resource: 'Chart', subject: ofRecord },
    audit: { trace: 'before-data', kind: 'record.viewed' },
  }),
  /** Break-glass: one patient, one hour, with a reason, always reviewed (45 CFR 164.312(a)(2)(ii)). */
  'chart.breakGlass': row({
    type: 'command',
    input: z.strictObject({ patient: RecordId, reason: z.enum(['emergency', 'cross-cover', 'other']), explanation: z.string().trim().min(10).max(1000), code: z.string().max(32) }),
    output: z.strictObject({ until: z.number() }),
    faults: ['CODE_REFUSED', 'TRY_LATER'],
    states: alsoLapsed,
    access: { action: 'breakglass.open', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'is-the-write', kinds: ['breakglass.open'] },
  }),
};

const charting = { type: 'command', output: written, states: writing } as const;
const write = { action: 'chart.write', resource: 'Chart', subject: ofPatient } as const;

export const chartingRows = {
  'encounter.start': row({ ...charting, input: EncounterBody, faults: ['ENCOUNTER_CLOSED'], access: write, audit: { trace: 'is-the-write', kinds: ['encounter'] } }),
  'encounter.finish': row({
    ...charting,
    input: z.strictObject({ patient: RecordId, record: RecordId, at: z.int() }),
    faults: ['ENCOUNTER_CLOSED', 'EMPTY', 'CHANGED_MEANWHILE'],
    access: write,
    audit: { trace: 'is-the-write', kinds: ['amend'] },
  }),
  'vitals.record': row({ ...charting, input: VitalsBody, faults: ['ENCOUNTER_CLOSED'], access: write, audit: { trace: 'is-the-write', kinds: ['vitals'] } }),
  'allergy.record': row({ ...charting, input: AllergyBody, faults: ['ENCOUNTER_CLOSED'], access: write, audit: { trace: 'is-the-write', kinds: ['allergy'] } }),
  'allergy.noneKnown': row({ ...charting, input: NoKnownAllergiesBody, faults: ['ENCOUNTER_CLOSED'], access: write, audit: { trace: 'is-the-write', kinds: ['allergy.none'] } }),
  'problem.record': row({ ...charting, input: ProblemBody, faults: ['ENCOUNTER_CLOSED'], access: write, audit: { trace: 'is-the-write', kinds: ['problem'] } }),
  'medication.record': row({
    ...charting,
    input: MedicationBody,
    faults: ['ENCOUNTER_CLOSED'],
    access: { action: 'medication.prescribe', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'is-the-write', kinds: ['medication'] },
  }),
  'immunization.record': row({ ...charting, input: ImmunizationBody, faults: ['ENCOUNTER_CLOSED'], access: write, audit: { trace: 'is-the-write', kinds: ['immunization'] } }),
  /** Signs the note and removes its draft in the same commit. */
  'note.sign': row({
    ...charting,
    states: alsoLapsed,
    input: NoteBody,
    faults: ['EMPTY', 'ENCOUNTER_CLOSED'],
    access: { action: 'note.sign', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'is-the-write', kinds: ['note'] },
  }),
  /** Status and the other changeable elements of a record; a signed entry is amended, never changed. */
  'record.amend': row({
    ...charting,
    input: z.strictObject({
      record: RecordId,
      /** FHIR element name to its new JSON text; null removes the element. */
      fields: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/), z.string().max(100_000).nullable()).refine((fields) => Object.keys(fields).length <= AMENDED_ELEMENTS_MAX),
      reason: z.string().trim().min(3).max(1000),
      /** The entries whose values were on the screen, from chart.record. */
      seen: z.array(EntryId).max(100),
    }),
    faults: ['EMPTY', 'CHANGED_MEANWHILE', 'MALFORMED'],
    access: { action: 'chart.write', resource: 'Chart', subject: ofRecord, byType: PRESCRIBING },
    audit: { trace: 'is-the-write', kinds: ['amend'] },
  }),
};

export const draftRows = {
  /** Keeps what is being typed, encrypted in the vault, for this user alone. */
  'drafts.save': row({
    type: 'command',
    input: z.strictObject({ patient: RecordId, encounter: RecordId.nullable(), soap: Soap }),
    output: z.strictObject({ savedAt: z.number() }),
    faults: [],
    states: alsoLapsed,
    access: { action: 'chart.write', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'none', because: 'a draft is private to its author and no part of the chart until signed' },
  }),
  'drafts.load': row({
    type: 'query',
    input: z.strictObject({ patient: RecordId }),
    output: z.strictObject({ draft: z.strictObject({ encounter: RecordId.nullable(), soap: Soap, savedAt: z.number() }).nullable() }),
    faults: [],
    states: reading,
    access: { action: 'chart.read', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'none', because: 'the author reads back own unsigned words' },
  }),
  'drafts.list': row({
    type: 'query',
    input: Nothing,
    output: z.strictObject({ drafts: z.array(z.strictObject({ patient: RecordId, family: z.string(), given: z.string(), savedAt: z.number() })) }),
    faults: [],
    states: reading,
    access: { action: 'patient.search', resource: 'Patient', subject: none },
    audit: { trace: 'before-data', kind: 'patient.searched' },
  }),
  'drafts.discard': row({
    type: 'command',
    input: z.strictObject({ patient: RecordId }),
    output: Nothing,
    faults: [],
    states: alsoLapsed,
    access: { action: 'chart.write', resource: 'Chart', subject: ofPatient },
    audit: { trace: 'none', because: 'a draft is private to its author and no part of the chart until signed' },
  }),
};
