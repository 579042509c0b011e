import { useState } from 'react';
import type { FileReport } from '../../shared/ipc/rows-system.ts';
import { formatBytes, formatNumber } from '../ui/format.ts';
import { VirtualList } from '../ui/virtual-list.tsx';
import { typeWord } from '../words/chart.ts';
import { codeSentence } from '../words/fault-codes.ts';
import { transferWords as words } from '../words/transfer.ts';

const ROW_HEIGHT = 34;

type Props = {
  readonly files: readonly FileReport[];
  /** Nothing changes any more: what went wrong may stand on top, and no line jumps under the hand. */
  readonly settled: boolean;
};

/** What each file came to; the chosen one in full. */
export function FileReports({ files, settled }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const numbered = files.map((report, index) => ({ report, index }));
  const listed = settled ? numbered.toSorted((a, b) => trouble(a.report) - trouble(b.report)) : numbered;
  // What went wrong is what one wants to read first.
  const open = (chosen === null ? (numbered.find(({ report }) => report.outcome === 'refused') ?? numbered.find(({ report }) => report.skippedCount > 0) ?? numbered[0]) : numbered[chosen]) ?? null;
  return (
    <div className="reports">
      <div className="reports-list">
        <div className="report-row report-columns" aria-hidden="true">
          <span>{words.columns.file}</span>
          <span className="number">{words.columns.size}</span>
          <span>{words.columns.outcome}</span>
          <span className="number">{words.columns.taken}</span>
          <span className="number">{words.columns.present}</span>
          <span className="number">{words.columns.skipped}</span>
        </div>
        <VirtualList
          label={words.files}
          items={listed}
          keyOf={({ index }) => String(index)}
          rowHeight={ROW_HEIGHT}
          selectedKey={open === null ? null : String(open.index)}
          onOpen={({ index }) => setChosen(index)}
          renderRow={({ report }) => <ReportRow report={report} />}
        />
      </div>
      {open === null ? null : <ReportDetail key={open.index} report={open.report} />}
    </div>
  );
}

/** Refused files before those of which something was skipped, and both before the rest. */
function trouble({ outcome, skippedCount }: FileReport): number {
  if (outcome === 'refused') return 0;
  return skippedCount > 0 ? 1 : 2;
}

function ReportRow({ report }: { readonly report: FileReport }) {
  return (
    <div className="report-row">
      <span>
        <bdi>{report.file}</bdi>
      </span>
      <span className="number">{formatBytes(report.bytes)}</span>
      <span className={report.outcome === 'refused' ? 'report-refused' : ''}>{words.outcome[report.outcome]}</span>
      <span className="number">{formatNumber(report.taken)}</span>
      <span className="number">{formatNumber(report.alreadyPresent)}</span>
      <span className="number">{formatNumber(report.skippedCount)}</span>
    </div>
  );
}

function ReportDetail({ report }: { readonly report: FileReport }) {
  const types = Object.entries(report.read).toSorted(([, a], [, b]) => b - a);
  return (
    <section className="panel report-detail" aria-label={words.reportOf(report.file)}>
      <h2>
        <bdi>{report.file}</bdi>
      </h2>
      {report.fault === null ? null : (
        <p className="report-refused">
          {codeSentence(report.fault.code)} {report.fault.where === null ? '' : words.where(report.fault.where)}
        </p>
      )}
      {types.length === 0 ? null : (
        <>
          <h3>{words.byType}</h3>
          <dl className="report-types">
            {types.map(([type, count]) => (
              <div key={type}>
                <dt>{typeWord(type)}</dt>
                <dd className="number">{formatNumber(count)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {report.skipped.length === 0 ? null : (
        <>
          <h3>{words.skippedTitle(report.skipped.length, report.skippedCount)}</h3>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{words.skippedEntry}</th>
                <th scope="col">{words.skippedReason}</th>
              </tr>
            </thead>
            <tbody>
              {report.skipped.map(({ entry, reason }) => (
                <tr key={`${entry} ${reason}`}>
                  <td>{entry}</td>
                  <td>{reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
