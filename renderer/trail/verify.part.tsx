import { useState } from 'react';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { formatDateTime, formatDuration, formatNumber } from '../ui/format.ts';
import { FaultNotice } from '../ui/message.tsx';
import { Progress } from '../ui/progress.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { trailWords } from '../words/trail.ts';

const words = trailWords.verify;
type Report = CallOutput<'audit.verify'>;

/** Checks the whole trail on demand, and says in one line whether it holds. */
export function VerifyTrail() {
  const verify = useCommand('audit.verify');
  const [report, setReport] = useState<Report | null>(null);
  const run = async (): Promise<void> => {
    setReport(null);
    const result = await verify.run({});
    if (result.ok) setReport(result.value);
  };
  useCommands([{ id: 'trail.verify', title: words.action, group: trailWords.group, run: () => void run() }]);
  return (
    <section className="trail-verify" aria-label={words.action}>
      <Button busy={verify.running} onPress={() => void run()}>
        {words.action}
      </Button>
      {verify.running ? <Progress label={words.running} done={0} total={null} amount={() => ''} /> : null}
      <FaultNotice fault={verify.fault} />
      {report === null ? null : <ReportView report={report} />}
    </section>
  );
}

const MS_PER_SECOND = 1000;

function ReportView({ report }: { readonly report: Report }) {
  const { zone } = useClinicTime();
  const holds = report.ok && report.projection === 'equal';
  const alarms = report.lags.some(({ alarm }) => alarm);
  const tone = !holds ? 'danger' : alarms ? 'attention' : 'quiet';
  const took = report.milliseconds < MS_PER_SECOND ? `${Math.round(report.milliseconds)} ms` : formatDuration(report.milliseconds);
  return (
    <div className={`notice ${tone === 'quiet' ? '' : `notice-${tone}`}`} role={tone === 'quiet' ? 'status' : 'alert'}>
      <span className={`mark mark-${tone}`} aria-hidden="true" />
      <div className="notice-text">
        <strong>{!holds ? words.bad : alarms ? words.okMissing : words.ok}</strong>. {holds ? words.okText(formatNumber(report.entries), formatNumber(report.segments), formatNumber(report.checkpoints), took) : null}
        {report.firstBad === null ? null : (
          <p>
            {words.firstBad(formatNumber(report.firstBad.position), report.firstBad.entry)} {report.firstBad.problem}
          </p>
        )}
        <p>{words.projection[report.projection]}</p>
        {report.cosigned === null ? null : <p>{words.cosigned(formatNumber(report.cosigned.entries), formatNumber(report.cosigned.of), report.cosigned.at === null ? null : formatDateTime(report.cosigned.at, zone))}</p>}
        {report.lags.map(({ deviceName, lane, held, sealed, sealedAt, alarm }) => (
          <p key={`${deviceName} ${lane} ${sealedAt}`} className={alarm ? 'trail-alarm' : ''}>
            {(alarm ? words.missing : words.late)(deviceName, words.lanes[lane], formatNumber(sealed - held), formatDateTime(sealedAt, zone))}
          </p>
        ))}
        {report.deliberate.erased === 0 ? null : <p>{words.erased(formatNumber(report.deliberate.erased))}</p>}
        {report.deliberate.leftOut === 0 ? null : <p>{words.leftOut(formatNumber(report.deliberate.leftOut))}</p>}
        {report.deliberate.removed === 0 ? null : <p>{words.removed(formatNumber(report.deliberate.removed))}</p>}
        {report.deliberate.unjudged === 0 ? null : <p>{words.unjudged(formatNumber(report.deliberate.unjudged))}</p>}
        {report.deliberate.closed === 0 ? null : <p>{words.closed(formatNumber(report.deliberate.closed))}</p>}
        {holds ? null : <p>{words.badTodo}</p>}
        {report.problems.length === 0 ? null : (
          <ul>
            {report.problems.map(({ where, problem }) => (
              <li key={`${where} ${problem}`}>{words.problem(where, problem)}</li>
            ))}
          </ul>
        )}
        <p className="small muted trail-hash">{words.head(report.head)}</p>
      </div>
    </div>
  );
}
