import { useState } from 'react';
import { KeyRegion } from '../ui/key-region.tsx';
import { setupWords as words } from '../words/setup.ts';
import { AdministratorStep } from './administrator.step.tsx';
import { CentralStep } from './central.step.tsx';
import { CodeStep } from './code.step.tsx';
import { DeviceStep } from './device.step.tsx';
import { RecoveryStep } from './recovery.step.tsx';
import { EMPTY_SETUP, STEPS, type Step } from './setup-form.ts';
import { SiteStep } from './site.step.tsx';
import { TestStep } from './test.step.tsx';
import './setup.css';

export type SetupScreenProps = {
  /** Called before the vault is made: from here on the engine's state alone must not close set-up. */
  readonly onStart: () => void;
  readonly onDone: () => void;
};

/** Seven steps, one question each. Nothing is written to the disk before the fourth. */
export function SetupScreen({ onStart, onDone }: SetupScreenProps) {
  const [step, setStep] = useState<Step>('site');
  const [form, setForm] = useState(EMPTY_SETUP);
  const [password, setPassword] = useState('');
  const [recoveryCode, setRecoveryCode] = useState('');
  const change = (part: Partial<typeof form>): void => setForm((before) => ({ ...before, ...part }));
  const at = STEPS.indexOf(step);
  const made = at > STEPS.indexOf('code');
  const next = (): void => setStep(STEPS[at + 1] ?? 'test');
  const back = at === 0 || made ? undefined : (): void => setStep(STEPS[at - 1] ?? 'site');
  return (
    <main className="gate">
      <div className="gate-card gate-card-wide">
        <header className="setup-head">
          <p className="gate-clinic">{words.title}</p>
          <span className="spring" />
          <p className="muted">{words.stepOf(at + 1, STEPS.length)}</p>
        </header>
        <div className="setup-progress" aria-hidden="true">
          {STEPS.map((each, index) => (
            <span key={each} className={index <= at ? 'is-on' : ''} />
          ))}
        </div>
        <KeyRegion key={step} className="gate-body setup-step">
          {step === 'site' ? <SiteStep form={form} onChange={change} onNext={next} /> : null}
          {step === 'device' ? <DeviceStep form={form} onChange={change} onNext={next} onBack={back} /> : null}
          {step === 'administrator' ? (
            <AdministratorStep
              form={form}
              onChange={change}
              onBack={back}
              onNext={(chosen) => {
                setPassword(chosen);
                next();
              }}
            />
          ) : null}
          {step === 'code' ? (
            <CodeStep
              form={form}
              password={password}
              onStart={onStart}
              onBack={back}
              onMade={(code) => {
                setPassword('');
                setRecoveryCode(code);
                next();
              }}
            />
          ) : null}
          {step === 'recovery' ? (
            <RecoveryStep
              code={recoveryCode}
              form={form}
              onNext={() => {
                setRecoveryCode('');
                next();
              }}
            />
          ) : null}
          {step === 'central' ? <CentralStep onNext={next} /> : null}
          {step === 'test' ? <TestStep onDone={onDone} /> : null}
        </KeyRegion>
      </div>
    </main>
  );
}
