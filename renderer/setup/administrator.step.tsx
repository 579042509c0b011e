import { useState } from 'react';
import { NewPassword } from '../ui/new-password.tsx';
import { TextField } from '../ui/text-field.tsx';
import { setupWords as words } from '../words/setup.ts';
import { type SetupForm, isLogin, suggestLogin } from './setup-form.ts';
import { StepFrame } from './step-frame.tsx';

export type AdministratorStepProps = {
  readonly form: SetupForm;
  readonly onChange: (part: Partial<SetupForm>) => void;
  /** With the accepted password, which lives in set-up's memory until the vault is made. */
  readonly onNext: (password: string) => void;
  readonly onBack: (() => void) | undefined;
};

export function AdministratorStep({ form, onChange, onNext, onBack }: AdministratorStepProps) {
  const [password, setPassword] = useState<string | null>(null);
  const named = form.name.trim() !== '' && isLogin(form.login);
  const rename = (name: string): void => onChange(form.login === suggestLogin(form.name) ? { name, login: suggestLogin(name) } : { name });
  return (
    <StepFrame title={words.administratorTitle} explain={words.administratorExplain} onBack={onBack} nextDisabled={!named || password === null} onNext={() => (password === null ? undefined : onNext(password))}>
      <div className="field-row">
        <TextField label={words.name} value={form.name} onChange={rename} autoFocus maxLength={200} />
        <TextField label={words.login} value={form.login} onChange={(login) => onChange({ login: login.toLowerCase() })} width="medium" hint={words.loginHint} error={form.login !== '' && !isLogin(form.login) ? words.loginShape : null} maxLength={64} />
      </div>
      <NewPassword onChange={setPassword} context={[form.name, form.login, form.clinic, form.site]} />
    </StepFrame>
  );
}
