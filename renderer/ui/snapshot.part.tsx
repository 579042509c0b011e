import { FileTrigger } from 'react-aria-components/FileTrigger';
import { useCall } from '../outpost/queries.ts';
import { type Snapshot, useSnapshot } from '../outpost/snapshot.ts';
import { snapshotWords as words } from '../words/snapshot.ts';
import { Button } from './button.tsx';
import { formatNumber } from './format.ts';
import { FaultNotice, Notice } from './message.tsx';
import { Progress } from './progress.tsx';

/** Fills this workstation from a folder that central wrote: choose it, watch it, stop it, go on elsewhere meanwhile. */
export function SnapshotPart() {
  const snapshot = useSnapshot();
  const { state } = snapshot;
  const known = useCall('neighbours.status', {});
  return (
    <div className="snapshot">
      {state.at === 'running' ? null : (
        <>
          <p className="prose muted">{words.text}</p>
          {known.at === 'ready' ? <p className="small muted">{words.forWhom(known.value.id)}</p> : null}
          <Outcome snapshot={snapshot} />
          <FileTrigger acceptDirectory onSelect={(files) => (files === null ? undefined : snapshot.start([...files]))}>
            <Button>{state.at === 'idle' ? words.choose : words.chooseAgain}</Button>
          </FileTrigger>
        </>
      )}
      {state.at === 'running' ? <Running snapshot={snapshot} /> : null}
    </div>
  );
}

function Running({ snapshot: { state, cancel } }: { readonly snapshot: Snapshot }) {
  if (state.at !== 'running') return null;
  const { view, cancelling } = state;
  const total = view?.pages.total ?? null;
  return (
    <>
      <Progress label={cancelling ? words.cancelling : total === null ? words.preparing : words.loading} done={view?.pages.done ?? 0} total={total} amount={formatNumber} {...(cancelling ? {} : { onCancel: cancel })} />
      <p className="small muted">{words.workMeanwhile}</p>
    </>
  );
}

function Outcome({ snapshot: { state } }: { readonly snapshot: Snapshot }) {
  if (state.at === 'whole') return <Notice tone="quiet">{words.whole(formatNumber(state.view.applied))}</Notice>;
  if (state.at === 'cancelled') return <Notice tone="attention">{words.cancelled(formatNumber(state.view?.applied ?? 0))}</Notice>;
  if (state.at === 'missing') return <Notice tone="attention">{words.missing(state.file)}</Notice>;
  if (state.at !== 'refused') return null;
  const { code, detail } = state.fault;
  const why = code === 'SNAPSHOT_REFUSED' ? Object.entries(words.refused).find(([rule]) => rule === detail?.['rule'])?.[1] : undefined;
  return why === undefined ? <FaultNotice fault={state.fault} /> : <Notice tone="danger">{words.refusedBecause(why)}</Notice>;
}
