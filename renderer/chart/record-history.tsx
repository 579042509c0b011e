import { useClinicTime } from '../outpost/clinic-time.ts';
import { formatDateTime } from '../ui/format.ts';
import { chartWords, elementWord } from '../words/chart.ts';
import type { RecordView } from './chart.data.ts';
import { elementText } from '../ui/resource-words.ts';

const words = chartWords.record;

/** Who wrote what, when, where, and what it was before. Newest first; what was written first stands above, in full. */
export function RecordHistory({ history }: { readonly history: RecordView['history'] }) {
  const { zone } = useClinicTime();
  const newestFirst = history.toSorted((a, b) => b.by.at - a.by.at);
  return (
    <section>
      <h3>{words.history}</h3>
      <ol className="plain history">
        {newestFirst.map(({ by, kind, changes, reason }) => (
          <li key={by.entry} className="history-entry">
            <p>
              <strong>{kindWord(kind)}</strong> {formatDateTime(by.at, zone)}
              {by.clock === 'suspect' ? <span className="tag tag-attention">{words.clockSuspect}</span> : null}
              <span className="muted">
                {' '}
                {words.by(by.userName, by.role)} {words.on(by.deviceName)}
              </span>
            </p>
            {reason === null ? null : (
              <p>
                <span className="muted">{words.reason}</span> {reason}
              </p>
            )}
            {changes.every(({ before }) => before === null) ? null : <Changes changes={changes} />}
          </li>
        ))}
      </ol>
    </section>
  );
}

function kindWord(kind: string): string {
  if (kind === 'amend') return words.changed;
  return kind === 'resource' ? words.imported : words.firstWritten;
}

type Change = RecordView['history'][number]['changes'][number];

function Changes({ changes }: { readonly changes: readonly Change[] }) {
  const { zone } = useClinicTime();
  return (
    <table className="table changes">
      <thead>
        <tr>
          <th scope="col">{words.element}</th>
          <th scope="col">{words.before}</th>
          <th scope="col">{words.after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ field, before, after }) => (
          <tr key={field}>
            <th scope="row">{elementWord(field)}</th>
            <td>{before === null ? words.nothing : elementText(field, before, zone)}</td>
            <td>{after === null ? words.nothing : elementText(field, after, zone)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
