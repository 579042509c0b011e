import { recordIdOf } from '../../shared/base/ids.ts';
import { idOf, type Header } from '../../shared/ledger/entry.ts';
import { expandClinical, isClinicalKind } from '../../shared/records/expansion.ts';
import type { Resource } from '../../shared/records/expand.ts';
import type { ReadHandle } from '../store/store.ts';
import { sessionAuthor } from './sessions.ts';

export { isClinicalKind, parseBody } from '../../shared/records/expansion.ts';

/** Whether an entry of this kind makes a chart look different. */
export function changesChart(kind: string): boolean {
  return isClinicalKind(kind) || kind === 'resource' || kind === 'amend' || kind === 'breakglass.open';
}

/** The resources of a clinical entry; undefined where this version cannot read its body. */
export function expandEntry(read: ReadHandle, segmentRef: number, header: Header, body: Uint8Array): readonly Resource[] | undefined {
  return expandClinical(header.kind, body, {
    record: (part) => recordIdOf(idOf(header), part),
    // A session that is opened later in its lane is nobody's yet, whenever the entry is folded.
    author: sessionAuthor(read, segmentRef, header.session !== null && header.session < header.sequence ? header.session : null),
    offsetMinutes: header.offset,
  });
}
