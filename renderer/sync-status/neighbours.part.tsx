import { useState } from 'react';
import { useOutside } from '../outpost/audience.ts';
import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { useCall } from '../outpost/queries.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { Button } from '../ui/button.tsx';
import { formatAgo, formatDateTime, formatNumber } from '../ui/format.ts';
import { FaultNotice } from '../ui/message.tsx';
import { syncWords as sync } from '../words/sync.ts';
import { neighboursWords as words } from '../words/neighbours.ts';
import { NeighboursDialog } from './neighbours.dialog.tsx';
import { NumbersHead } from './numbers-head.tsx';

export type NeighboursView = CallOutput<'neighbours.status'>;

const STATUS_EVERY_MS = 5000;
const AGES_EVERY_MS = 10_000;

/** Who of the clinic's own network is near, and what came by them. Nothing where nobody is, unless one may change that. */
export function Neighbours() {
  const status = useCall('neighbours.status', {}, { every: STATUS_EVERY_MS });
  const mayChange = !useOutside('joining');
  const [changing, setChanging] = useState(false);
  if (status.at === 'failed') return <FaultNotice fault={status.fault} />;
  if (status.at !== 'ready') return null;
  const { value } = status;
  const alone = value.answering === null && value.answeringFault === null && value.neighbours.length === 0;
  if (alone && !mayChange) return null;
  return (
    <section className="panel sync-panel" aria-label={words.title}>
      <div className="neighbours-head">
        <h2>{words.title}</h2>
        <span className="spring" />
        {mayChange ? <Button onPress={() => setChanging(true)}>{alone ? words.setUp : words.change}</Button> : null}
      </div>
      {alone ? <p className="muted">{words.alone}</p> : <Answering view={value} />}
      {value.neighbours.length === 0 ? null : <Near view={value} />}
      {changing ? <NeighboursDialog view={value} onClose={() => setChanging(false)} /> : null}
    </section>
  );
}

function Answering({ view: { answering, answeringFault } }: { readonly view: NeighboursView }) {
  if (answeringFault !== null) {
    return (
      <p>
        <span className="mark mark-attention" aria-hidden="true" /> {words.cannotAnswer(answeringFault)}
      </p>
    );
  }
  if (answering === null) return <p className="muted">{words.answersNobody}</p>;
  const callers = answering.callers.map(({ device, name }) => name ?? device);
  return (
    <p>
      {words.answers(answering.address)} <bdi>{callers.length === 0 ? words.nobodyReads : words.readBy(callers.join(', '))}</bdi>
    </p>
  );
}

function Near({ view }: { readonly view: NeighboursView }) {
  const { zone } = useClinicTime();
  const now = useNow(AGES_EVERY_MS);
  return (
    <>
      <table className="table neighbours-table">
        <NumbersHead row={words.whoHead} numbers={[words.broughtHead, words.safeHead]} />
        <tbody>
          {view.neighbours.map(({ device, name, address, state, fault, safe, seenAt, received, receivedAt }) => (
            <tr key={device}>
              <th scope="row">
                <span className={`light light-${state === 'connected' ? 'full' : state === 'connecting' ? 'half' : state === 'refused' ? 'cross' : 'empty'}`} aria-hidden="true" /> <bdi>{name ?? device}</bdi>
                <span className="neighbours-state">
                  {fault === 'PART' ? words.part : words.state[state]}
                  {state === 'connected' || seenAt === null ? '' : `, ${words.lastSeen(formatAgo(Math.min(seenAt, now), now))}`}
                  {state === 'refused' && fault !== null && fault !== 'PART' ? ` (${fault})` : ''}
                </span>
                <span className="small muted neighbours-address">{address}</span>
              </th>
              <td className="number">
                {formatNumber(received)}
                {receivedAt === null ? null : <span className="small muted neighbours-when">{formatDateTime(receivedAt, zone)}</span>}
              </td>
              <td className="number">{state === 'connected' ? formatNumber(safe) : sync.none}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small muted">{words.notSent}</p>
    </>
  );
}
