import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { chartWords } from '../words/chart.ts';
import { tallMan } from '../words/tall-man.ts';
import { ContestedFields, ContestedTag } from '../ui/contested.tsx';
import type { MedicineLine, MedicineList } from '../ui/current-items.ts';
import { yearOf } from './timeline-rows.ts';

const words = chartWords.summary;

/** FHIR elements that say how a medicine is taken. */
const DOSES: ReadonlySet<string> = new Set(['dosageInstruction', 'dosage']);

type Props = { readonly list: MedicineList; readonly onOpen: (record: RecordId) => void; readonly onMore: () => void; readonly selected: RecordId | null };

/** What is taken now, a medicine each: name and how to take it on a line of their own, for half a dose is a wrong dose. */
export function MedicinesPanel({ list, onOpen, onMore, selected }: Props) {
  const { shown, more, ended } = list;
  return (
    <section className="panel summary-panel" aria-label={words.medications}>
      <h2 className="summary-title">{words.medications}</h2>
      {shown.length === 0 ? <p className="summary-empty">{words.noMedications}</p> : null}
      <ul className="plain">
        {shown.map((line) => (
          <li key={line.newest.record}>
            <button type="button" className="summary-line medicine-line" aria-current={line.newest.record === selected ? 'true' : undefined} onClick={() => onOpen(line.newest.record)}>
              <Medicine line={line} />
            </button>
          </li>
        ))}
      </ul>
      {more + ended === 0 ? null : (
        <button type="button" className="summary-more" onClick={onMore}>
          {[more === 0 ? null : words.more(more, words.medications.toLowerCase()), ended === 0 ? null : words.ended(ended)].filter((part) => part !== null).join(' · ')}
        </button>
      )}
    </section>
  );
}

function Medicine({ line: { newest, times, since, differs } }: { readonly line: MedicineLine }) {
  const { zone } = useClinicTime();
  const year = since === null ? null : yearOf(since, zone);
  // Two ways to take one medicine are both shown: neither is the one to hand out unseen.
  const dose = newest.contested.find(({ field }) => DOSES.has(field));
  return (
    <>
      <span className="medicine-name">
        <bdi>{tallMan(newest.title)}</bdi>
        {dose === undefined ? <ContestedTag item={newest} /> : null}
      </span>
      {dose === undefined ? null : (
        <span className="medicine-how">
          <ContestedFields contested={[dose]} named={false} />
        </span>
      )}
      {dose !== undefined || (newest.detail === null && times === 1) ? null : (
        <span className="medicine-how">
          {newest.detail === null ? null : <bdi className="medicine-dose">{newest.detail}</bdi>}
          {times === 1 ? null : <span className="medicine-times"> {words.times(times, year === null ? null : String(year))}</span>}
          {differs ? <span className="medicine-times"> {words.differs}</span> : null}
        </span>
      )}
    </>
  );
}
