import { useEffect, useState } from 'react';
import { useCall } from '../outpost/queries.ts';
import { credentialWords as words } from '../words/credentials.ts';
import { passwordAdvice } from '../words/password-advice.ts';
import { PasswordField } from './text-field.tsx';
import { useDebounced } from './use-debounced.ts';

const ADVICE_AFTER_MS = 200;

export type NewPasswordProps = {
  /** The password once it is acceptable and typed twice alike; null until then. */
  readonly onChange: (password: string | null) => void;
  /** Names that must not be in it: of the person, the clinic. */
  readonly context: readonly string[];
  readonly autoFocus?: boolean;
  /** Said by the engine after sending, such as "can be guessed". */
  readonly error?: string | null;
};

/** A new password, typed twice, with the engine's advice while typing. Nothing of it is kept outside these fields. */
export function NewPassword({ onChange, context, autoFocus = false, error = null }: NewPasswordProps) {
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const asked = useDebounced(password, ADVICE_AFTER_MS);
  const advice = useCall('setup.passwordAdvice', { password: asked, context: context.filter((name) => name !== '') }, { when: asked !== '', keep: true });
  const judged = advice.at === 'ready' && asked === password ? advice.value : null;
  const accepted = judged?.acceptable === true && again === password ? password : null;
  useEffect(() => onChange(accepted), [accepted, onChange]);
  const shown = advice.at === 'ready' && password !== '' ? advice.value : null;
  return (
    <>
      <div className="new-password">
        <PasswordField label={words.newPassword} value={password} onChange={setPassword} autoComplete="new-password" autoFocus={autoFocus} error={error} hint={words.passwordHint} />
        <div className="strength" aria-live="polite">
          {shown === null ? null : (
            <>
              <span className="strength-bar" data-score={shown.score} aria-hidden="true">
                {[1, 2, 3, 4].map((step) => (
                  <span key={step} className={step <= shown.score ? 'is-on' : ''} />
                ))}
              </span>
              <strong>{words.strength[shown.score]}</strong>
              {shown.acceptable ? null : <span className="muted">{passwordAdvice(shown.warning, shown.suggestions)}</span>}
            </>
          )}
        </div>
      </div>
      <PasswordField label={words.repeat} value={again} onChange={setAgain} autoComplete="new-password" error={again !== '' && !password.startsWith(again) ? words.repeatDiffers : null} />
    </>
  );
}
