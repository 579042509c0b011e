import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useOutside } from '../outpost/audience.ts';
import { Button } from '../ui/button.tsx';
import { FaultMessage, Message } from '../ui/message.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { NotForRole } from '../ui/not-for-role.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { trailWords as words } from '../words/trail.ts';
import { ExportHint } from './export-hint.tsx';
import { LineDialog } from './line.dialog.tsx';
import { type AuditLine, useTrail } from './trail.data.ts';
import { TrailFilters } from './trail-filters.tsx';
import { NO_FILTER, readFilter, type TypedFilter } from './trail-filter.ts';
import { TrailList } from './trail-list.tsx';
import { VerifyTrail } from './verify.part.tsx';
import './trail.css';

export type TrailScreenProps = {
  /** The access history of one patient; null for the whole workstation. */
  readonly patient: RecordId | null;
};

export function TrailScreen({ patient }: TrailScreenProps) {
  // Said before asking: a question that is refused would itself stand in the trail.
  const outside = useOutside('trail');
  if (!outside) return <OpenTrail patient={patient} />;
  return (
    <div className="screen">
      <h1>{patient === null ? words.title : words.titleOfPatient}</h1>
      <NotForRole part="trail" />
    </div>
  );
}

function OpenTrail({ patient }: TrailScreenProps) {
  const noCharts = useOutside('charts');
  const { go } = useNavigation();
  const { zone } = useClinicTime();
  const [typed, setTyped] = useState<TypedFilter>(NO_FILTER);
  const [open, setOpen] = useState<AuditLine | null>(null);
  const { filter } = readFilter(typed, zone);
  const trail = useTrail(patient, filter);
  return (
    <div className="trail">
      <header className="trail-head">
        <h1>{patient === null ? words.title : words.titleOfPatient}</h1>
        {patient === null || trail.at !== 'ready' ? null : (
          <strong>
            <bdi>{trail.lines.find((line) => line.patientName !== null)?.patientName}</bdi>
          </strong>
        )}
        <span className="spring" />
        {patient === null ? null : (
          <>
            {noCharts ? null : <Button onPress={() => go({ to: 'chart', patient })}>{words.openChart}</Button>}
            <Button kind="quiet" onPress={() => go({ to: 'trail' })}>
              {words.everything}
            </Button>
          </>
        )}
      </header>
      <VerifyTrail />
      {patient === null && trail.at !== 'failed' ? <TrailFilters filter={typed} onFilter={setTyped} /> : null}
      {trail.at === 'loading' ? <Skeleton lines={12} /> : null}
      {trail.at === 'failed' ? <FaultMessage fault={trail.fault} onRetry={trail.again} /> : null}
      {trail.at === 'ready' && trail.lines.length === 0 ? (
        <Message tone="quiet" title={words.emptyTitle}>
          {patient === null ? words.empty : null}
        </Message>
      ) : null}
      {trail.at === 'ready' && trail.lines.length > 0 ? <TrailList key={JSON.stringify(filter)} trail={trail} withPatient={patient === null} onOpen={setOpen} /> : null}
      {patient === null ? <ExportHint /> : null}
      {open === null ? null : <LineDialog line={open} onClose={() => setOpen(null)} {...(patient === null ? { onPatient: (whose: RecordId) => go({ to: 'trail', patient: whose }) } : {})} />}
    </div>
  );
}
