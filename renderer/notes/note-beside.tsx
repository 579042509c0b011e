import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { Button } from '../ui/button.tsx';
import { notesWords as words } from '../words/notes.ts';
import { tallMan } from '../words/tall-man.ts';
import type { Chart } from './notes.data.ts';

const SHOWN_MAX = 8;

type Props = { readonly chart: Chart; readonly vitals: string | null; readonly onInsertVitals: () => void };

/** What one looks up while writing: today's vitals, problems, medications. */
export function NoteBeside({ chart, vitals, onInsertVitals }: Props) {
  return (
    <aside className="note-beside" aria-label={words.beside.region}>
      <section className="panel beside-panel">
        <h2>{words.beside.vitals}</h2>
        <p className={vitals === null ? 'muted' : ''}>{vitals ?? words.noVitalsToday}</p>
        {vitals === null ? null : <Button onPress={onInsertVitals}>{words.insertVitals}</Button>}
      </section>
      <Items title={words.beside.problems} items={chart.problems} write={(text) => text} />
      <Items title={words.beside.medications} items={chart.medications} write={tallMan} />
    </aside>
  );
}

function Items({ title, items, write }: { readonly title: string; readonly items: readonly ChartItem[]; readonly write: (text: string) => string }) {
  const current = items.filter(({ status }) => status === null || status === 'active').slice(0, SHOWN_MAX);
  return (
    <section className="panel beside-panel">
      <h2>{title}</h2>
      {current.length === 0 ? <p className="muted">{words.beside.none}</p> : null}
      <ul className="plain">
        {current.map((item) => (
          <li key={item.record}>
            {write(item.title)}
            {item.detail === null ? null : <span className="muted"> {item.detail}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
