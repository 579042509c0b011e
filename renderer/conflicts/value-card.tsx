import { useClinicTime } from '../outpost/clinic-time.ts';
import { useValueWords } from '../ui/contested.tsx';
import { formatDateTime, formatName, formatPartialDate, formatSex } from '../ui/format.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import { bannerWords } from '../words/ui.ts';
import type { Conflict, Value } from './conflicts.data.ts';

/** The values as cards that only show. Where one is chosen, `ConflictDecision` draws the same cards to choose from. */
export function ValueCards({ conflict, numbered }: { readonly conflict: Conflict; readonly numbered: boolean }) {
  return (
    <ul className={`plain ${valuesClass(conflict)}`} aria-label={words.values}>
      {conflict.values.map((value, index) => (
        <li key={value.by[0]?.entry ?? index} className="conflict-value">
          <ValueFacts conflict={conflict} value={value} caption={numbered ? String(index + 1) : null} />
        </li>
      ))}
    </ul>
  );
}

/** What one value says, then who wrote it, when, where, why and knowing what. */
export function ValueFacts({ conflict, value, caption, meanwhile = true }: { readonly conflict: Conflict; readonly value: Value; readonly caption: string | null; readonly meanwhile?: boolean }) {
  const { zone } = useClinicTime();
  const valueWords = useValueWords();
  const field = conflict.kind === 'field';
  const [author] = value.by;
  if (author === undefined) return null;
  const inForce = conflict.basis === 'unsettled' ? words.shownMeanwhile : words.inForce;
  return (
    <>
      <span className="conflict-said">
        <span className="conflict-card-head">
          {caption === null ? null : <kbd>{caption}</kbd>}
          {meanwhile && value.used && (field || conflict.kind === 'none-known') ? (
            <span className={conflict.basis === 'unsettled' ? 'tag tag-attention' : 'tag tag-action'}>
              <span className="mark mark-attention" aria-hidden="true" />
              {inForce}
            </span>
          ) : null}
        </span>
        <strong className="conflict-text">
          <bdi>{field ? valueWords(conflict.field, value.json) : value.text}</bdi>
          {conflict.kind === 'double-booked' && value.json !== null ? <> {valueWords('start', value.json)}</> : null}
        </strong>
        {value.companion === null || conflict.companionField === null ? null : <span>{words.certainty(valueWords(conflict.companionField, value.companion))}</span>}
        {value.reason === null ? null : <bdi>{words.reasonGiven(value.reason)}</bdi>}
      </span>
      <span className="conflict-told">
        <span>
          <bdi>{author.userName}</bdi>
          {words.ofRole(author.role)}
          {value.by.length === 1 ? null : <span className="muted"> {words.others(value.by.length - 1)}</span>}
        </span>
        <span className="muted">
          {words.at(formatDateTime(author.at, zone))} {words.on(author.deviceName, value.site)}
          {author.clock === 'suspect' ? <span className="tag tag-attention">{words.clockSuspect}</span> : null}
        </span>
        {value.correctedAt === null ? null : <span className="muted">{words.corrected(formatDateTime(value.correctedAt, zone))}</span>}
        {field ? (
          <span className="small muted">
            {value.knew.length === 0 ? words.knewNothing : `${words.knew}: ${value.knew.map(({ json, by }) => (by === null ? valueWords(conflict.field, json) : words.knewBy(valueWords(conflict.field, json), by.userName))).join('; ')}`}
          </span>
        ) : null}
      </span>
    </>
  );
}

/** Two side by side; more than that stand as rows, so that all of them are seen at once. */
const SIDE_BY_SIDE_MAX = 2;

export function valuesClass({ values }: Pick<Conflict, 'values'>): string {
  return values.length > SIDE_BY_SIDE_MAX ? 'conflict-values conflict-values-rows' : 'conflict-values';
}

/** Two people who may be one: what tells them apart, side by side. */
export function PersonCards({ conflict }: { readonly conflict: Conflict }) {
  return (
    <ul className="plain conflict-values" aria-label={words.values}>
      {conflict.values.map(({ person, by }) =>
        person === null ? null : (
          <li key={person.patient} className="conflict-value">
            <strong className="conflict-text">
              <bdi>{formatName(person)}</bdi>
            </strong>
            <span>
              {bannerWords.born} {formatPartialDate(person.birthDate)} · {formatSex(person.sex)}
            </span>
            <span>{person.number === null ? bannerWords.noNumber : `${bannerWords.number} ${person.number}`}</span>
            {person.place === null ? null : <bdi>{person.place}</bdi>}
            {person.phone === null ? null : <span>{person.phone}</span>}
            {by[0] === undefined ? null : <span className="small muted">{words.by(by[0].userName, by[0].role)}</span>}
          </li>
        ),
      )}
    </ul>
  );
}
