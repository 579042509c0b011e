import { useState } from 'react';
import { useCommand } from '../outpost/queries.ts';
import { credentialWords as words } from '../words/credentials.ts';
import { CodeField, isCode } from './authenticator.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { FieldFlow } from './field-flow.tsx';
import { FaultNotice } from './message.tsx';

export type StepUpDialogProps = {
  /** Called once the engine has taken a fresh code; ask again for what was refused with STEP_UP_REQUIRED. */
  readonly onDone: () => void;
  readonly onClose: () => void;
};

/** A fresh code for what needs more than being signed in: exports, and the like. */
export function StepUpDialog({ onDone, onClose }: StepUpDialogProps) {
  const stepUp = useCommand('session.stepUp');
  const [code, setCode] = useState('');
  const send = async (): Promise<void> => {
    if (!isCode(code)) return;
    const result = await stepUp.run({ code });
    if (result.ok) onDone();
    else setCode('');
  };
  return (
    <Dialog
      title={words.stepUpTitle}
      onClose={onClose}
      width="narrow"
      actions={
        <Button kind="primary" isDisabled={!isCode(code)} busy={stepUp.running} onPress={() => void send()}>
          {words.stepUpSend}
        </Button>
      }
    >
      <FieldFlow className="fields" onEnd={() => void send()}>
        <p>{words.stepUpExplain}</p>
        <CodeField value={code} onChange={setCode} autoFocus />
        <FaultNotice fault={stepUp.fault} />
      </FieldFlow>
    </Dialog>
  );
}
