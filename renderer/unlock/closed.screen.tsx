import { useState } from 'react';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { OrdersView } from '../../shared/ipc/shapes.ts';
import { Button } from '../ui/button.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { formatNumber } from '../ui/format.ts';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { TextField } from '../ui/text-field.tsx';
import { ordersWords as words } from '../words/orders.ts';
import { useEnrolAgain, useLock, useReachCentral, useUnsent } from './unlock.data.ts';

export type ClosedScreenProps = { readonly closed: NonNullable<OrdersView['closed']>; readonly session: NonNullable<CallOutput<'app.status'>['session']> };

/** As sync.enrol has it. */
const CODE_MAX_CHARACTERS = 400;

/** Somebody is signed in, and the organisation closed the workstation to all but reaching it. No chart stands behind it. */
export function ClosedScreen({ closed, session }: ClosedScreenProps) {
  const reach = useReachCentral();
  const lock = useLock();
  const [answered, setAnswered] = useState(false);
  const ask = async (): Promise<void> => {
    setAnswered(false);
    setAnswered((await reach.run({})).ok);
  };
  const { title, text } = words.closed[closed];
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="gate-body sign-in">
          <div role="alert" className="fields">
            <h1>{title}</h1>
            <p className="prose">{text}</p>
          </div>
          <p className="small muted">{words.signedIn(session.name)}</p>
          {closed === 'erasing' ? <StillToSend /> : null}
          {closed === 'revoked' && session.role === 'administrator' ? <JoinAgain /> : null}
          <FaultNotice fault={reach.fault} />
          {answered ? <Notice tone="quiet">{words.answered}</Notice> : null}
          <div className="actions">
            {closed === 'revoked' ? null : (
              <Button kind="primary" busy={reach.running} onPress={() => void ask()}>
                {reach.running ? words.asking : words.ask}
              </Button>
            )}
            <span className="spring" />
            <Button kind="quiet" onPress={() => void lock.run({})}>
              {words.lock}
            </Button>
          </div>
        </div>
      </div>
    </main>
  );
}

function StillToSend() {
  const unsent = useUnsent();
  return unsent === null ? null : <p className="number">{words.unsent(formatNumber(unsent))}</p>;
}

function JoinAgain() {
  const enrol = useEnrolAgain();
  const [code, setCode] = useState('');
  const join = async (): Promise<void> => {
    const result = await enrol.run({ code: code.trim() });
    // The code is a secret and works once: it does not stay on the screen.
    if (result.ok) setCode('');
  };
  return (
    <FieldFlow className="fields" onEnd={() => void join()}>
      <TextField label={words.code} value={code} onChange={setCode} maxLength={CODE_MAX_CHARACTERS} autoFocus />
      <FaultNotice fault={enrol.fault} />
      <Button kind="primary" isDisabled={code.trim() === ''} busy={enrol.running} onPress={() => void join()}>
        {words.join}
      </Button>
    </FieldFlow>
  );
}
