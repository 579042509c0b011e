import { Button } from '../ui/button.tsx';
import { medicineList, summaryList } from '../ui/current-items.ts';
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
      <Items title={words.beside.problems} lines={summaryList(chart.problems, SHOWN_MAX).shown.map(({ record, title, detail }) => ({ key: record, title, detail }))} />
      <Items title={words.beside.medications} lines={medicineList(chart.medications, SHOWN_MAX).shown.map(({ newest }) => ({ key: newest.record, title: tallMan(newest.title), detail: newest.detail }))} />
    </aside>
  );
}

type Line = { readonly key: string; readonly title: string; readonly detail: string | null };

function Items({ title, lines }: { readonly title: string; readonly lines: readonly Line[] }) {
  return (
    <section className="panel beside-panel">
      <h2>{title}</h2>
      {lines.length === 0 ? <p className="muted">{words.beside.none}</p> : null}
      <ul className="plain">
        {lines.map((line) => (
          <li key={line.key}>
            <bdi>{line.title}</bdi>
            {line.detail === null ? null : <span className="muted"> {line.detail}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
