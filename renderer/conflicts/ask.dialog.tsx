import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { CallInput } from '../../shared/ipc/contract.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { TextField } from '../ui/text-field.tsx';
import { conflictsWords as words } from '../words/conflicts.ts';
import { type Conflict, useBanner } from './conflicts.data.ts';

/** As conflicts.ask has it. */
const QUESTION_MIN_CHARACTERS = 3;
const ROLES = ['physician', 'nurse'] as const;

type Whom = { readonly id: string; readonly label: string; readonly detail?: string; readonly to: CallInput<'conflicts.ask'>['to'] };

/** Passes the question on to who knows: a role, one of this workstation's clinicians, or one of the authors. */
export function AskDialog({ conflict, patient, onClose }: { readonly conflict: Conflict; readonly patient: RecordId; readonly onClose: () => void }) {
  const banner = useBanner(patient);
  const ask = useCommand('conflicts.ask');
  const [whom, setWhom] = useState<string | null>(null);
  const [question, setQuestion] = useState('');
  const [tried, setTried] = useState(false);
  const people: readonly Whom[] = [
    ...ROLES.map((role): Whom => ({ id: `role ${role}`, label: words.roles[role] ?? role, to: { name: null, role } })),
    ...conflict.people.map(({ name, role }): Whom => ({ id: `name ${name}`, label: name, detail: role, to: { name, role: null } })),
  ];
  const chosen = people.find(({ id }) => id === whom);
  const noQuestion = question.trim().length < QUESTION_MIN_CHARACTERS;
  const send = async (): Promise<void> => {
    setTried(true);
    if (chosen === undefined || noQuestion) return;
    const asked = await ask.run({ record: conflict.record, field: conflict.field, to: chosen.to, question: question.trim() });
    if (asked.ok) onClose();
  };
  return (
    <Dialog
      title={words.askTitle}
      onClose={onClose}
      banner={banner.at === 'ready' ? <PatientBanner banner={banner.value} compact /> : null}
      commands={[{ id: 'conflict.ask.send', title: words.askSend, keys: 'Ctrl+Enter', group: words.group, run: () => void send() }]}
      actions={
        <Button kind="primary" keys="Ctrl+Enter" busy={ask.running} onPress={() => void send()}>
          {words.askSend}
        </Button>
      }
    >
      <FieldFlow className="ask-form">
        <Choice label={words.askWhom} options={people.map(({ id, label, detail }) => ({ value: id, label, ...(detail === undefined ? {} : { detail }) }))} value={whom} onChange={setWhom} error={tried && chosen === undefined ? words.askMissingWhom : null} stacked />
        <TextField label={words.askQuestion} value={question} onChange={setQuestion} hint={words.askHint} error={tried && noQuestion ? words.askMissingQuestion : null} maxLength={1000} required />
        <FaultNotice fault={ask.fault} />
      </FieldFlow>
    </Dialog>
  );
}
