import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatDateTime } from '../ui/format.ts';
import { FaultNotice } from '../ui/message.tsx';
import { VirtualList } from '../ui/virtual-list.tsx';
import { summaryWords } from '../words/trail-summary.ts';
import { kindWord, purposeWord, trailWords as words } from '../words/trail.ts';
import type { AuditLine, Trail } from './trail.data.ts';

const ROW_HEIGHT = 34;

type Props = { readonly trail: Extract<Trail, { at: 'ready' }>; readonly withPatient: boolean; readonly onOpen: (line: AuditLine) => void };

export function TrailList({ trail, withPatient, onOpen }: Props) {
  const shape = withPatient ? 'trail-row' : 'trail-row trail-row-one';
  return (
    <div className="trail-table">
      {/* Each row says all of this in order; the heads are for the eye. */}
      <div className={`${shape} trail-columns`} aria-hidden="true">
        <span>{words.columns.when}</span>
        <span>{words.columns.who}</span>
        <span>{words.columns.what}</span>
        {withPatient ? <span>{words.columns.patient}</span> : null}
        <span>{words.columns.purpose}</span>
        <span>{words.columns.where}</span>
      </div>
      <VirtualList
        label={words.list}
        items={trail.lines}
        keyOf={({ by }) => by.entry}
        rowHeight={ROW_HEIGHT}
        renderRow={(line) => <TrailRow line={line} shape={shape} withPatient={withPatient} />}
        onOpen={onOpen}
        {...(trail.more ? { onNearEnd: trail.readMore } : {})}
      />
      {trail.loadingMore ? <output className="trail-foot">{words.loadingMore}</output> : null}
      {trail.moreFault === null ? null : (
        <div className="trail-foot">
          <FaultNotice fault={trail.moreFault} />
          <Button onPress={trail.readMore}>{words.moreFailed}</Button>
        </div>
      )}
    </div>
  );
}

function TrailRow({ line, shape, withPatient }: { readonly line: AuditLine; readonly shape: string; readonly withPatient: boolean }) {
  const { zone } = useClinicTime();
  const { by } = line;
  return (
    <div className={shape}>
      <span>
        {formatDateTime(by.at, zone)} {by.clock === 'suspect' ? <span className="tag tag-attention">{words.clockSuspect}</span> : null}
      </span>
      <span>
        <bdi>{by.userName}</bdi> <span className="muted">{by.role}</span>
      </span>
      <span>
        {kindWord(line.kind)} {line.outcome === 'refused' ? <strong className="tag tag-danger">{words.refused}</strong> : null} <span className="muted">{summaryWords(line.summary)}</span>
      </span>
      {withPatient ? (
        <span>
          <bdi>{line.patientName ?? ''}</bdi>
        </span>
      ) : null}
      <span>{purposeWord(line.purpose)}</span>
      <span className="muted">{by.deviceName}</span>
    </div>
  );
}
