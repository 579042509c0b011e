import { z } from 'zod';
import { Role } from '../access/vocabulary.ts';
import { EntryId, RecordId } from '../base/ids.ts';
import { ITEM_KINDS } from '../records/items.ts';
import { MERGE_BASES } from '../records/merge.ts';
import { row } from './row.ts';
import { Authorship, PatientLine } from './shapes.ts';

/** What needs a person: values that compete, statements that contradict each other, charts that may be of one person. */

const LINES_MAX = 100;
const REASON_MAX_CHARACTERS = 1000;
const VALUE_MAX_CHARACTERS = 100_000;
const SEEN_MAX_ENTRIES = 100;
const ofRecord = { by: 'record', field: 'record' } as const;
const reading = ['unlocked', 'held', 'lapsed'] as const;
const writing = ['unlocked'] as const;
/** Whoever changes dose, drug or status of a prescription prescribes. */
export const PRESCRIBING = { MedicationRequest: 'medication.prescribe' } as const;
const written = z.strictObject({ record: RecordId, entry: EntryId });

/** A FHIR element name, or the name of an item (shared/records/items.ts). */
const Field = z.string().regex(/^(_?[a-z][A-Za-z0-9]{0,63}|#[a-z-]{1,20}(:[0-9a-f-]{36})?)$/);
const Severity = z.enum(['safety', 'review']);
const reason = z.string().trim().max(REASON_MAX_CHARACTERS);

/** A question that waits for an answer: a Task that syncs. It is answered by deciding. */
export const Asked = z.strictObject({
  task: RecordId,
  question: z.string(),
  to: z.strictObject({ name: z.string().nullable(), role: z.string().nullable() }),
  by: Authorship,
  /** Whether it asks the person who is signed in. */
  mine: z.boolean(),
});
export type Asked = z.infer<typeof Asked>;

export const ConflictLine = z.strictObject({
  kind: z.enum(ITEM_KINDS),
  record: RecordId,
  field: Field,
  type: z.string(),
  title: z.string(),
  patient: RecordId.nullable(),
  patientName: z.string(),
  /** `safety`: a person must decide. `review`: the newest counts, all are kept. */
  severity: Severity,
  /** Why one of the values counts meanwhile (shared/records/merge.ts). */
  basis: z.enum(MERGE_BASES),
  /** Epoch milliseconds: when the second of the values was written. */
  since: z.number(),
  asked: Asked.nullable(),
});
export type ConflictLine = z.infer<typeof ConflictLine>;

export const ConflictValue = z.strictObject({
  /** In few words; a window that knows the element says it better from `json`. */
  text: z.string(),
  /** The element's JSON text; null where it was taken out, and where the item is no field. */
  json: z.string().nullable(),
  /** What the same entry says of the other half of the record's state. */
  companion: z.string().nullable(),
  used: z.boolean(),
  /** Everybody who wrote this, the newest first. */
  by: z.array(Authorship).min(1),
  site: z.string(),
  /** `at` of the newest entry by central's clock, where that workstation's offset is known. */
  correctedAt: z.number().nullable(),
  reason: z.string().nullable(),
  /** What its author saw before: the values it took the place of; empty for what was first written. */
  knew: z.array(z.strictObject({ text: z.string(), json: z.string().nullable(), by: Authorship.nullable() })),
  /** Where the value is a person: two charts that may be of one. */
  person: PatientLine.nullable(),
});
export type ConflictValue = z.infer<typeof ConflictValue>;

export const ConflictView = ConflictLine.extend({
  detail: z.string().nullable(),
  values: z.array(ConflictValue),
  /** The element that is decided together with this one. */
  companionField: z.string().nullable(),
  questions: z.array(Asked),
  /** Colleagues who can be asked by name: those of this workstation, and the authors. */
  people: z.array(z.strictObject({ name: z.string(), role: z.string() })),
});
export type ConflictView = z.infer<typeof ConflictView>;

const Cursor = z.strictObject({ since: z.number(), record: RecordId, field: Field });

export const conflictRows = {
  /** One page, the oldest first; `next` is where the next page begins. */
  'conflicts.list': row({
    type: 'query',
    input: z.strictObject({ patient: RecordId.nullable(), severity: Severity, after: Cursor.nullable(), limit: z.int().min(1).max(LINES_MAX) }),
    output: z.strictObject({ conflicts: z.array(ConflictLine), next: Cursor.nullable() }),
    faults: [],
    states: reading,
    access: { action: 'chart.read', resource: 'Chart', subject: { by: 'patient', field: 'patient' } },
    audit: { trace: 'before-data', kind: 'chart.viewed' },
  }),
  /** Every value of one, with who wrote it, when, where and knowing what. */
  'conflicts.view': row({
    type: 'query',
    input: z.strictObject({ record: RecordId, field: Field }),
    output: ConflictView,
    faults: [],
    states: reading,
    access: { action: 'chart.read', resource: 'Chart', subject: ofRecord },
    audit: { trace: 'before-data', kind: 'record.viewed' },
  }),
  /** Says which value of a field is right. Again, with the decision itself as what was seen, it decides otherwise. */
  'conflicts.resolve': row({
    type: 'command',
    input: z.strictObject({
      record: RecordId,
      field: Field,
      /** The JSON text to keep; null removes the element. */
      value: z.string().max(VALUE_MAX_CHARACTERS).nullable(),
      /** Every value that was on the screen; refused if another has arrived meanwhile. */
      seen: z.array(EntryId).min(1).max(SEEN_MAX_ENTRIES),
      /** EMPTY without one where a person must decide. */
      reason,
    }),
    output: written,
    faults: ['CHANGED_MEANWHILE', 'EMPTY', 'MALFORMED'],
    states: writing,
    access: { action: 'conflict.resolve', resource: 'Chart', subject: ofRecord, byType: PRESCRIBING },
    audit: { trace: 'is-the-write', kinds: ['amend'] },
  }),
  /** Settles what is no field: contradicted allergies, parallel amendments, two charts of one person. */
  'conflicts.settle': row({
    type: 'command',
    input: z.strictObject({
      record: RecordId,
      field: Field,
      choice: z.enum(['allergy-stands', 'none-known', 'seen', 'same-person', 'other-person', 'meant-so', 'cancel-one', 'cancel-other']),
      seen: z.array(EntryId).min(1).max(SEEN_MAX_ENTRIES),
      reason,
    }),
    output: written,
    faults: ['CHANGED_MEANWHILE', 'EMPTY', 'MALFORMED'],
    states: writing,
    access: { action: 'conflict.resolve', resource: 'Chart', subject: ofRecord },
    audit: { trace: 'is-the-write', kinds: ['amend'] },
  }),
  /** Asks a colleague, or whoever has a role, to decide. */
  'conflicts.ask': row({
    type: 'command',
    input: z.strictObject({
      record: RecordId,
      field: Field,
      to: z.union([z.strictObject({ name: z.string().trim().min(1).max(200), role: z.null() }), z.strictObject({ name: z.null(), role: Role })]),
      question: z.string().trim().min(3).max(REASON_MAX_CHARACTERS),
    }),
    output: written,
    faults: ['CHANGED_MEANWHILE'],
    states: writing,
    access: { action: 'chart.write', resource: 'Chart', subject: ofRecord },
    audit: { trace: 'is-the-write', kinds: ['resource'] },
  }),
};
