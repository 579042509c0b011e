import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { NewPassword } from '../ui/new-password.tsx';
import { PasswordField } from '../ui/text-field.tsx';
import { settingsWords as words } from '../words/settings.ts';
import { useChangePassword, useStatus } from './settings.data.ts';

export function PasswordPart() {
  const status = useStatus();
  const [attempt, setAttempt] = useState(0);
  const [changed, setChanged] = useState(false);
  const session = status.at === 'ready' ? status.value.session : null;
  return (
    <div className="fields settings-form">
      <p className="prose muted">{words.passwordIntro}</p>
      {changed ? <Notice tone="quiet">{words.passwordChanged}</Notice> : null}
      {/* A new form after each change: nothing of either password stays in a field. */}
      <PasswordForm
        key={attempt}
        context={session === null ? [] : [session.name, session.login]}
        onChanged={() => {
          setChanged(true);
          setAttempt(attempt + 1);
        }}
      />
    </div>
  );
}

function PasswordForm({ context, onChanged }: { readonly context: readonly string[]; readonly onChanged: () => void }) {
  const change = useChangePassword();
  const [oldPassword, setOldPassword] = useState('');
  const [newPassword, setNewPassword] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    if (newPassword === null) return;
    const result = await change.run({ oldPassword, newPassword });
    if (result.ok) onChanged();
  };
  return (
    <FieldFlow className="fields">
      <PasswordField label={words.oldPassword} value={oldPassword} onChange={setOldPassword} autoComplete="current-password" />
      <NewPassword onChange={setNewPassword} context={context} />
      <FaultNotice fault={change.fault} />
      <div className="actions">
        <Button kind="primary" isDisabled={oldPassword === '' || newPassword === null} busy={change.running} onPress={() => void save()}>
          {words.changePassword}
        </Button>
      </div>
    </FieldFlow>
  );
}
