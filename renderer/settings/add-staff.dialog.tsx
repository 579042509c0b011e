import { useState } from 'react';
import { ROLES, type Role } from '../../shared/access/vocabulary.ts';
import { Login } from '../../shared/ipc/shapes.ts';
import { Authenticator, isCode } from '../ui/authenticator.tsx';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { NewPassword } from '../ui/new-password.tsx';
import { TextField } from '../ui/text-field.tsx';
import { faultSentence } from '../words/faults.ts';
import { settingsWords as words } from '../words/settings.ts';
import { useAddStaff } from './settings.data.ts';

type Enrolment = { readonly secretBase32: string; readonly otpauthUri: string };
const ROLE_OPTIONS = ROLES.map((value) => ({ value, ...words.roles[value] }));

/** Who, with which role and password; then the person's phone. Nothing is saved before a code has come back. */
export function AddStaffDialog({ onClose, onAdded }: { readonly onClose: () => void; readonly onAdded: (name: string) => void }) {
  const { prepare, add } = useAddStaff();
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [role, setRole] = useState<Role | null>(null);
  const [password, setPassword] = useState<string | null>(null);
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [code, setCode] = useState('');
  const loginTaken = add.fault?.code === 'LOGIN_TAKEN' ? faultSentence(add.fault) : null;
  const next = async (): Promise<void> => {
    const result = await prepare.run({ login });
    if (result.ok) setEnrolment(result.value);
  };
  const save = async (): Promise<void> => {
    if (enrolment === null || password === null || role === null) return;
    const result = await add.run({ login, name, role, password, totpSecretBase32: enrolment.secretBase32, code });
    if (result.ok) return onAdded(name);
    setCode('');
    // What is wrong stands by its field, on the first page.
    if (result.fault.code === 'LOGIN_TAKEN' || result.fault.code === 'PASSWORD_TOO_WEAK') setEnrolment(null);
  };
  const complete = name.trim() !== '' && Login.safeParse(login).success && role !== null && password !== null;
  const actions =
    enrolment === null ? (
      <Button kind="primary" isDisabled={!complete} busy={prepare.running} onPress={() => void next()}>
        {words.next}
      </Button>
    ) : (
      <>
        <Button onPress={() => setEnrolment(null)}>{words.back}</Button>
        <Button kind="primary" isDisabled={!isCode(code)} busy={add.running} onPress={() => void save()}>
          {words.save}
        </Button>
      </>
    );
  return (
    <Dialog title={enrolment === null ? words.addTitle : `${words.codeStep}: ${name}`} onClose={onClose} actions={actions}>
      {/* The first page stays in place, hidden, so that going back finds every field as it was. */}
      <div hidden={enrolment !== null}>
        <FieldFlow className="fields">
          <div className="field-row">
            <TextField label={words.fullName} value={name} onChange={setName} autoFocus maxLength={200} />
            <TextField
              label={words.login}
              value={login}
              onChange={(typed) => {
                setLogin(typed.toLowerCase());
                add.clear();
              }}
              width="medium"
              hint={words.loginHint}
              error={loginTaken ?? (login !== '' && !Login.safeParse(login).success ? words.loginShape : null)}
              maxLength={64}
            />
          </div>
          <Choice label={words.role} options={ROLE_OPTIONS} value={role} onChange={setRole} stacked />
          <p className="muted">{words.passwordStep}</p>
          <NewPassword onChange={setPassword} context={[name, login]} error={add.fault?.code === 'PASSWORD_TOO_WEAK' ? faultSentence(add.fault) : null} />
          <FaultNotice fault={prepare.fault} />
        </FieldFlow>
      </div>
      {enrolment === null ? null : (
        <FieldFlow className="fields" onEnd={() => void save()}>
          <Authenticator enrolment={enrolment} code={code} onCode={setCode} />
          {loginTaken === null ? <FaultNotice fault={add.fault} /> : null}
        </FieldFlow>
      )}
    </Dialog>
  );
}
