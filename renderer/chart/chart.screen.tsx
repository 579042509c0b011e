import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { Fault } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { useOutside } from '../outpost/audience.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { Message } from '../ui/message.tsx';
import { useNavigation, type ChartPanel } from '../ui/navigation.ts';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { chartAccessWords } from '../words/audience.ts';
import { chartWords as words } from '../words/chart.ts';
import { faultRule } from '../words/faults.ts';
import { uiWords } from '../words/ui.ts';
import { ChartActions } from './chart-actions.tsx';
import { type Chart, useChart } from './chart.data.ts';
import './chart.css';
import { FrontDesk } from './front-desk.tsx';
import { RecordDetail } from './record-detail.tsx';
import { Summary } from './summary.tsx';
import { Timeline } from './timeline.tsx';
import type { TypeFilter } from './timeline-rows.ts';

export type ChartScreenProps = {
  readonly patient: RecordId;
  /** Stands beside the summary instead of the timeline; null for the timeline. */
  readonly record: RecordId | null;
};

/** One patient's chart: banner, summary on the left, timeline or one record on the right. */
export function ChartScreen({ patient, record }: ChartScreenProps) {
  const outside = useOutside('charts');
  return outside ? <FrontDesk key={patient} patient={patient} /> : <ClinicalChart patient={patient} record={record} />;
}

function ClinicalChart({ patient, record }: ChartScreenProps) {
  const { go } = useNavigation();
  const chart = useChart(patient);
  return (
    <div className="chart" key={patient}>
      {chart.at === 'failed' && chart.fault.code === 'DENIED' ? (
        <Restricted fault={chart.fault} onEmergency={() => go({ to: 'chart', patient, panel: 'break-glass' })} />
      ) : (
        <CallView state={chart} skeletonLines={14}>
          {(value) => <OpenChart patient={patient} chart={value} record={record} />}
        </CallView>
      )}
    </div>
  );
}

/** To a clinician who may open charts this one is refused: why that is so, and the way for when the patient cannot wait. */
function Restricted({ fault, onEmergency }: { readonly fault: Fault<FaultCode>; readonly onEmergency: () => void }) {
  const rule = faultRule(fault);
  return (
    <Message
      tone="attention"
      title={chartAccessWords.restricted.title}
      actions={
        <Button kind="danger" onPress={onEmergency}>
          {words.emergencyAccess}
        </Button>
      }
    >
      <p>{chartAccessWords.restricted.what}</p>
      <p>{chartAccessWords.restricted.todo}</p>
      {rule === null ? null : <p className="small muted">{uiWords.rule(rule)}</p>}
    </Message>
  );
}

function OpenChart({ patient, chart, record }: { readonly patient: RecordId; readonly chart: Chart; readonly record: RecordId | null }) {
  const { go } = useNavigation();
  const [filter, setFilter] = useState<TypeFilter>('all');
  const show = (panel: ChartPanel) => () => go({ to: 'chart', patient, panel, ...(record === null ? {} : { record }) });
  const open = (item: RecordId): void => go({ to: 'chart', patient, record: item });
  useCommands([
    { id: 'chart.vitals', title: words.actions.vitals, keys: 'V', group: words.group, run: show('vitals') },
    { id: 'chart.note', title: words.actions.note, keys: 'S', group: words.group, run: () => go({ to: 'note', patient }) },
    { id: 'chart.medication', title: words.actions.medication, keys: 'M', group: words.group, run: show('medication') },
    { id: 'chart.allergy', title: words.actions.allergy, keys: 'A', group: words.group, run: show('allergy') },
    { id: 'chart.problem', title: words.actions.problem, keys: 'P', group: words.group, run: show('problem') },
    { id: 'chart.immunization', title: words.actions.immunization, keys: 'I', group: words.group, run: show('immunization') },
    // The frame's own N registers a patient; within a chart the new thing is an encounter.
    { id: 'register', title: chart.openEncounter === null ? words.actions.startEncounter : words.actions.finishEncounter, keys: 'N', group: words.group, run: show('encounter') },
    ...(chart.banner.openConflicts === 0 ? [] : [{ id: 'chart.conflicts', title: words.summary.decide, keys: 'C', group: words.group, run: () => go({ to: 'conflicts', patient }) }]),
    { id: 'chart.trail', title: words.actions.trailOfChart, group: words.group, run: () => go({ to: 'trail', patient }) },
  ]);
  return (
    <>
      <PatientBanner banner={chart.banner} onConflicts={() => go({ to: 'conflicts', patient })} />
      <ChartActions chart={chart} onShow={(panel) => show(panel)()} onNote={() => go({ to: 'note', patient })} onTrail={() => go({ to: 'trail', patient })} />
      <div className="chart-columns">
        <Summary patient={patient} chart={chart} onOpen={open} onFilter={setFilter} selected={record} />
        <div className="chart-right">
          <Timeline patient={patient} counts={chart.counts} total={chart.total} filter={filter} onFilter={setFilter} onOpen={open} covered={record !== null} />
          {record === null ? null : <RecordDetail key={record} record={record} banner={chart.banner} onClose={() => go({ to: 'chart', patient })} />}
        </div>
      </div>
    </>
  );
}
