import { useEffect, useState } from 'react';
import { Authenticator, isCode } from '../ui/authenticator.tsx';
import { FaultMessage, FaultNotice, Notice } from '../ui/message.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { setupWords as words } from '../words/setup.ts';
import { useCreate, usePrepareCode } from './setup.data.ts';
import type { SetupForm } from './setup-form.ts';
import { StepFrame } from './step-frame.tsx';

export type CodeStepProps = {
  readonly form: SetupForm;
  readonly password: string;
  readonly onStart: () => void;
  readonly onMade: (recoveryCode: string) => void;
  readonly onBack: (() => void) | undefined;
};

type Enrolment = { readonly secretBase32: string; readonly otpauthUri: string };

/** The secret reaches the phone, a code comes back, and only then is the vault made. */
export function CodeStep({ form, password, onStart, onMade, onBack }: CodeStepProps) {
  const { run: prepare, fault: prepareFault } = usePrepareCode();
  const create = useCreate();
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [code, setCode] = useState('');
  useEffect(() => {
    void prepare({ login: form.login }).then((result) => {
      if (result.ok) setEnrolment(result.value);
    });
  }, [prepare, form.login]);
  const make = async (): Promise<void> => {
    if (enrolment === null || !isCode(code)) return;
    onStart();
    const result = await create.run({
      clinic: form.clinic,
      site: { name: form.site, address: form.address, latitude: form.latitude, longitude: form.longitude },
      deviceName: form.device,
      administrator: { login: form.login, name: form.name, password },
      totpSecretBase32: enrolment.secretBase32,
      code,
    });
    if (result.ok) onMade(result.value.recoveryCode);
    else setCode('');
  };
  return (
    <StepFrame title={words.codeTitle} explain={words.codeExplain} onBack={create.running ? undefined : onBack} onNext={() => void make()} nextDisabled={!isCode(code) && !create.running} busy={create.running} nextLabel={create.running ? words.creating : words.create}>
      {prepareFault === null ? null : <FaultMessage fault={prepareFault} onRetry={() => void prepare({ login: form.login }).then((result) => (result.ok ? setEnrolment(result.value) : undefined))} />}
      {enrolment === null ? <Skeleton lines={5} /> : <Authenticator enrolment={enrolment} code={code} onCode={setCode} />}
      <Notice tone="attention">{words.recoveryAhead}</Notice>
      <FaultNotice fault={create.fault} />
    </StepFrame>
  );
}
