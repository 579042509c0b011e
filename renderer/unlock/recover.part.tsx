import { useState } from 'react';
import { Authenticator, isCode } from '../ui/authenticator.tsx';
import { Button } from '../ui/button.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { NewPassword } from '../ui/new-password.tsx';
import { RecoverySheet } from '../ui/recovery-sheet.tsx';
import { TextField } from '../ui/text-field.tsx';
import { credentialWords } from '../words/credentials.ts';
import { unlockWords as words } from '../words/unlock.ts';
import { usePrepareCode, useRecover } from './unlock.data.ts';

export type RecoverPartProps = { readonly clinic: string; readonly device: string; readonly onBack: () => void; readonly onDone: () => void };

type Enrolment = { readonly secretBase32: string; readonly otpauthUri: string };

/** The way in when password or phone is lost: code from the paper, new password, new authenticator, new paper. */
export function RecoverPart({ clinic, device, onBack, onDone }: RecoverPartProps) {
  const prepare = usePrepareCode();
  const recover = useRecover();
  const [recoveryCode, setRecoveryCode] = useState('');
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState<string | null>(null);
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [code, setCode] = useState('');
  const [freshCode, setFreshCode] = useState<string | null>(null);

  const next = async (): Promise<void> => {
    const result = await prepare.run({ login });
    if (result.ok) setEnrolment(result.value);
  };
  const open = async (): Promise<void> => {
    if (enrolment === null || password === null) return;
    const result = await recover.run({ recoveryCode: recoveryCode.trim(), login, newPassword: password, totpSecretBase32: enrolment.secretBase32, code });
    if (result.ok) setFreshCode(result.value.recoveryCode);
    else setCode('');
  };

  if (freshCode !== null) {
    return (
      <section className="fields">
        <h1>{words.newCodeTitle}</h1>
        <RecoverySheet code={freshCode} clinic={clinic} device={device} onKept={onDone} />
      </section>
    );
  }
  return (
    <FieldFlow className="fields">
      <h1>{words.recoverTitle}</h1>
      <p className="prose">{words.recoverIntro}</p>
      {enrolment === null ? (
        <>
          <TextField label={words.recoveryCode} value={recoveryCode} onChange={setRecoveryCode} hint={words.recoveryHint} autoFocus />
          <TextField label={words.recoverLogin} value={login} onChange={setLogin} width="medium" />
          <NewPassword onChange={setPassword} context={[login, clinic]} />
          <FaultNotice fault={prepare.fault} />
        </>
      ) : (
        <>
          <h2>{credentialWords.scan}</h2>
          <Authenticator enrolment={enrolment} code={code} onCode={setCode} />
          <FaultNotice fault={recover.fault} />
        </>
      )}
      <div className="actions">
        <Button kind="quiet" onPress={onBack}>
          {words.back}
        </Button>
        <span className="spring" />
        {enrolment === null ? (
          <Button kind="primary" isDisabled={recoveryCode.trim() === '' || login === '' || password === null} busy={prepare.running} onPress={() => void next()}>
            {words.next}
          </Button>
        ) : (
          <>
            <Button onPress={() => setEnrolment(null)}>{words.recoveryCode}</Button>
            <Button kind="primary" isDisabled={!isCode(code)} busy={recover.running} onPress={() => void open()}>
              {words.open}
            </Button>
          </>
        )}
      </div>
    </FieldFlow>
  );
}
