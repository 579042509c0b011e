import { type KeyboardEvent, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CodeField, isCode } from '../ui/authenticator.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { initials } from '../ui/format.ts';
import { FaultMessage, FaultNotice, Notice } from '../ui/message.tsx';
import { PasswordField, TextField } from '../ui/text-field.tsx';
import { credentialWords } from '../words/credentials.ts';
import { frameWords } from '../words/frame.ts';
import { unlockWords as words } from '../words/unlock.ts';
import { type Person, matchingPeople, usePeople, useSignIn } from './unlock.data.ts';

export type SignInPartProps = { readonly clock: 'ok' | 'suspect'; readonly onRecover: () => void };

/** Name, password, code: four keys for the hands, no pointer needed. */
export function SignInPart({ clock, onRecover }: SignInPartProps) {
  const people = usePeople();
  const signIn = useSignIn();
  const [typedLogin, setLogin] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [capsLock, setCapsLock] = useState(false);
  const form = useRef<HTMLDivElement>(null);
  const all = people.at === 'ready' ? people.value.people : [];
  const only = all.length === 1 ? all[0] : undefined;
  const login = typedLogin ?? only?.login ?? '';
  const matching = matchingPeople(all, login);

  const choose = (person: Person): void => {
    setLogin(person.login);
    focusInput(form.current, 'input[type="password"]');
  };
  const submit = async (): Promise<void> => {
    const first = matching[0];
    const name = all.some((person) => person.login === login.trim().toLowerCase()) || first === undefined ? login : first.login;
    const result = await signIn.run({ login: name, password, code });
    if (result.ok) return;
    // A code works once. Whatever was wrong, the next try needs a new one; the password stays for a look at it.
    setCode('');
    focusInput(form.current, 'input[autocomplete="one-time-code"]');
  };
  const watchCapsLock = (event: KeyboardEvent): void => setCapsLock(event.getModifierState('CapsLock'));
  if (people.at === 'failed') return <FaultMessage fault={people.fault} onRetry={people.again} />;
  const complete = login !== '' && password !== '' && isCode(code);
  return (
    // Watches Caps Lock for the password below; the fields inside have the focus.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={form} className="sign-in" onKeyDown={watchCapsLock}>
      <h1>{words.title}</h1>
      {clock === 'suspect' ? <Notice tone="attention">{frameWords.clockTitle} {frameWords.clockBody}</Notice> : null}
      <FieldFlow className="fields" onEnd={() => void submit()}>
        <div className="people" role="group" aria-label={words.people}>
          {all.map((person) => (
            <button key={person.login} type="button" className={`person${person.login === login ? ' is-chosen' : ''}${matching.includes(person) ? '' : ' is-other'}`} disabled={!person.enabled} onClick={() => choose(person)} aria-pressed={person.login === login}>
              <span className="face" aria-hidden="true">
                {initials(person.login)}
              </span>
              <span className="person-name">
                <bdi>{person.login}</bdi>
                {person.enabled ? null : <span className="small"> ({words.disabled})</span>}
              </span>
            </button>
          ))}
        </div>
        <TextField
          label={words.name}
          value={login}
          onChange={setLogin}
          autoFocus={only === undefined}
          onBlur={() => {
            const [first] = matching;
            if (matching.length === 1 && first !== undefined && login !== '') setLogin(first.login);
          }}
          hint={words.nameHint}
          error={people.at === 'ready' && login !== '' && matching.length === 0 ? words.noMatch : null}
        />
        <PasswordField label={words.password} value={password} onChange={setPassword} autoComplete="current-password" {...(capsLock ? { hint: credentialWords.capsLock } : {})} />
        <CodeField label={words.code} value={code} onChange={setCode} />
        <FaultNotice fault={signIn.fault} />
        <div className="actions">
          <Button kind="primary" keys="Enter" isDisabled={!complete && !signIn.running} busy={signIn.running} onPress={() => void submit()}>
            {signIn.running ? words.signingIn : words.signIn}
          </Button>
          <span className="spring" />
          <Button kind="quiet" onPress={onRecover}>
            {words.recover}
          </Button>
        </div>
      </FieldFlow>
    </div>
  );
}

function focusInput(root: HTMLElement | null, selector: string): void {
  root?.querySelector<HTMLInputElement>(selector)?.focus();
}
