import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { ContestedTag } from '../ui/contested.tsx';
import { formatDate } from '../ui/format.ts';
import { bannerWords } from '../words/ui.ts';
import { chartWords, statusWord } from '../words/chart.ts';
import type { Chart } from './chart.data.ts';
import { itemDate } from './item-date.ts';
import type { SummaryList } from '../ui/current-items.ts';

const words = chartWords.summary;

type ItemPanelProps = {
  readonly title: string;
  readonly empty: string;
  readonly list: SummaryList;
  /** The list's name within a sentence: "3 more problems". */
  readonly what: string;
  readonly onOpen: (record: RecordId) => void;
  readonly onMore: () => void;
  readonly selected: RecordId | null;
  readonly dated?: boolean;
};

/** One list of the summary: a line each, the rest one press away in the timeline. */
export function ItemPanel({ title, empty, list, what, onOpen, onMore, selected, dated = false }: ItemPanelProps) {
  const { zone } = useClinicTime();
  return (
    <section className="panel summary-panel" aria-label={title}>
      <h2 className="summary-title">{title}</h2>
      {list.shown.length === 0 ? <p className="summary-empty">{empty}</p> : null}
      <ul className="plain">
        {list.shown.map((item) => (
          <li key={item.record}>
            <button type="button" className="summary-line" aria-current={item.record === selected ? 'true' : undefined} onClick={() => onOpen(item.record)} title={item.detail ?? undefined}>
              <span className="summary-words">
                <bdi>{item.title}</bdi>
                {item.detail === null ? null : <span className="summary-detail"> {item.detail}</span>}
              </span>
              <ContestedTag item={item} />
              {dated ? <span className="summary-date">{itemDate(item, zone)}</span> : null}
            </button>
          </li>
        ))}
      </ul>
      {list.more + list.ended === 0 ? null : (
        <button type="button" className="summary-more" onClick={onMore}>
          {[list.more === 0 ? null : words.more(list.more, what), list.ended === 0 ? null : words.ended(list.ended)].filter((part) => part !== null).join(' · ')}
        </button>
      )}
    </section>
  );
}

/** Four states that never look alike; the same as in the banner, with reactions and how to open each. */
export function AllergyPanel({ allergies, onOpen }: { readonly allergies: Chart['allergies']; readonly onOpen: (record: RecordId) => void }) {
  const { zone } = useClinicTime();
  return (
    <section className="panel summary-panel" aria-label={words.allergies}>
      <h2 className="summary-title">{words.allergies}</h2>
      {allergies.state === 'not-asked' ? (
        <p className="summary-empty">
          <strong className="tag tag-attention">{words.notAsked}</strong>
        </p>
      ) : null}
      {allergies.state === 'withheld' ? <p className="summary-empty muted">{bannerWords.withheld}</p> : null}
      {allergies.state === 'none-known' ? (
        <p className="summary-empty summary-asked">
          <span>{words.noneKnown}</span>
          <span className="summary-date">{allergies.askedAt === null ? '' : words.asked(formatDate(allergies.askedAt, zone))}</span>
        </p>
      ) : null}
      {allergies.state === 'conflict' ? (
        <p className="summary-empty">
          <strong className="tag tag-danger">{bannerWords.conflict}</strong>
        </p>
      ) : null}
      <ul className="plain">
        {allergies.items.map((item) => (
          // One allergy of which people wrote different substances stands here once for each.
          <li key={`${item.record} ${item.text}`}>
            <button type="button" className="summary-line" onClick={() => onOpen(item.record)}>
              <span className={`summary-words${item.criticality === 'high' ? ' allergy-severe' : ''}`}>
                <bdi>{item.criticality === 'high' ? item.text.toLocaleUpperCase() : item.text}</bdi>
                {item.reaction === null ? null : <span className="summary-detail"> {item.reaction}</span>}
              </span>
              <ContestedTag item={item} />
              {item.status === 'active' ? null : <span className="summary-date">{statusWord(item.status)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
