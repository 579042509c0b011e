import type { Role } from '../../shared/access/vocabulary.ts';
import type { RecordId, UserId } from '../../shared/base/ids.ts';
import { localTimestamp } from '../../shared/base/time.ts';
import type { Asked } from '../../shared/ipc/rows-conflicts.ts';
import { isJsonObject, listOf, type JsonObject, type JsonValue } from '../../shared/records/json.ts';
import { authorshipOf } from '../audit/audit.ts';
import type { ReadHandle } from '../store/store.ts';
import { resourceTextOf } from './resource-text.ts';
import { WITH_AUTHOR } from './with-author.ts';

/** A question to a colleague: a FHIR R4 Task, so that it syncs, is exported and can be answered anywhere. */

export type Asker = { readonly userId: UserId; readonly name: string; readonly role: Role };
export type Question = { readonly patient: RecordId; readonly record: RecordId; readonly type: string; readonly field: string; readonly to: { readonly name: string | null; readonly role: string | null }; readonly question: string };

const TASK_CODES = 'urn:outpost:task';
const DECIDE = 'decide-conflict';
const FIELD_INPUT = 'field';

export function questionTask({ patient, record, type, field, to, question }: Question, asker: Asker, atMs: number, offsetMinutes: number): JsonObject {
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'proposal',
    code: { coding: [{ system: TASK_CODES, code: DECIDE }], text: 'Decide between values' },
    description: question,
    focus: { reference: `${type}/${record}` },
    for: { reference: `Patient/${patient}` },
    authoredOn: localTimestamp(atMs, offsetMinutes),
    requester: { display: asker.name, identifier: { system: 'urn:outpost:user', value: asker.userId } },
    ...(to.name === null ? {} : { owner: { display: to.name } }),
    ...(to.role === null ? {} : { performerType: [{ coding: [{ system: 'urn:outpost:role', code: to.role }], text: to.role }] }),
    input: [{ type: { text: FIELD_INPUT }, valueString: field }],
  };
}

/** What has been asked about this and not been answered, the newest first. */
export function questionsAbout(read: ReadHandle, patient: RecordId | null, record: RecordId, field: string, asker: Asker): readonly Asked[] {
  if (patient === null) return [];
  const rows = read.all("SELECT id, created FROM record WHERE patient = ? AND type = 'Task' AND code = ? AND status = 'requested' ORDER BY at DESC, id", patient, DECIDE);
  return rows.flatMap((row) => {
    const task = String(row['id']) as RecordId;
    const resource: unknown = JSON.parse(resourceTextOf(read, task) ?? 'null');
    if (!isJsonObject(resource) || !isAbout(resource, record, field)) return [];
    const author = read.get(`${WITH_AUTHOR} WHERE ledger.position = ?`, Number(row['created']));
    if (author === undefined) return [];
    const to = { name: member(resource['owner'], 'display'), role: member(listOf(childOf(listOf(resource['performerType'])[0], 'coding'))[0], 'code') };
    return [{ task, question: text(resource['description']) ?? '', to, by: authorshipOf(author), mine: to.name === asker.name || to.role === asker.role }];
  });
}

function isAbout(task: JsonObject, record: RecordId, field: string): boolean {
  const focus = member(task['focus'], 'reference') ?? '';
  return focus.endsWith(`/${record}`) && listOf(task['input']).some((each) => member(each, 'valueString') === field && member(childOf(each, 'type'), 'text') === FIELD_INPUT);
}

function childOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

function member(value: JsonValue | undefined, name: string): string | null {
  return text(childOf(value, name));
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
