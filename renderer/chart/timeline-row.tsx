import { useClinicTime } from '../outpost/clinic-time.ts';
import { ContestedTag } from '../ui/contested.tsx';
import { formatTime } from '../ui/format.ts';
import { chartWords, statusWord, typeWord } from '../words/chart.ts';
import { tallMan } from '../words/tall-man.ts';
import { itemDate } from './item-date.ts';
import { itemDetail } from './item-words.ts';
import { groupOf, type TimelineRow } from './timeline-rows.ts';

const words = chartWords.timeline;
/** States that go without saying. */
const PLAIN_STATES = new Set(['final', 'finished', 'completed', 'current', 'active', 'available']);

/** One line: when, what kind, what, and anything unusual about it. */
export function TimelineRowView({ row: { item, nested, year, sameTime } }: { readonly row: TimelineRow }) {
  const { zone } = useClinicTime();
  const date = itemDate(item, zone) ?? words.undated;
  const time = item.at !== null && item.precision === 'time' ? formatTime(item.at, zone) : '';
  const detail = itemDetail(item);
  const title = groupOf(item.type) === 'medication' ? tallMan(item.title) : item.title;
  return (
    <div className={`event${nested ? ' event-nested' : ''}${item.type === 'Encounter' ? ' event-encounter' : ''}${year === null ? '' : ' event-year'}`}>
      <span className="event-when">
        {nested ? <span className="visually-hidden">{date}</span> : date}
        <span className={sameTime ? 'visually-hidden' : 'event-time'}> {time}</span>
      </span>
      <span className="event-type">{typeWord(item.type)}</span>
      <span className={item.type === 'Observation' ? 'event-words event-measured' : 'event-words'}>
        <bdi className="event-title">{title} </bdi>
        {detail === null ? null : <span className="event-detail">{detail}</span>}
      </span>
      <span className="event-signs">
        <ContestedTag item={item} brief />
        {item.amended ? <span className="tag">{words.amended}</span> : null}
        {item.status === null || PLAIN_STATES.has(item.status) ? null : <span className="event-status">{statusWord(item.status)}</span>}
      </span>
    </div>
  );
}
