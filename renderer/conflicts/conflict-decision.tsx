import { useState } from 'react';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { valueWord } from '../words/chart.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import type { Conflict } from './conflicts.data.ts';
import { canBeTyped, otherValue } from './other-value.ts';

/** As conflicts.resolve has it. */
const REASON_MIN_CHARACTERS = 3;
const OTHER = 'other';
const REMOVE = 'remove';

/** A person says what is right, and why. Every value that was on the screen is named, so that none is settled unseen. */
export function ConflictDecision({ conflict }: { readonly conflict: Conflict }) {
  const resolve = useCommand('conflicts.resolve');
  const [choice, setChoice] = useState<string | null>(null);
  const [other, setOther] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);

  const sample = conflict.values.find(({ json }) => json !== null)?.json ?? null;
  const options = [
    ...conflict.values.map(({ text }, index) => ({ value: String(index), label: words.keep(words.position(index), text === '' ? words.absent : valueWord(conflict.field, text)) })),
    ...(canBeTyped(sample) ? [{ value: OTHER, label: words.other }] : []),
    { value: REMOVE, label: words.remove },
  ];
  const typed = otherValue(sample, other);
  const noReason = reason.trim().length < REASON_MIN_CHARACTERS;
  const otherWrong = choice === OTHER && typed === null;
  const decide = async (): Promise<void> => {
    setTried(true);
    if (choice === null || noReason || otherWrong) return;
    const value = choice === OTHER ? typed : choice === REMOVE ? null : (conflict.values[Number(choice)]?.json ?? null);
    await resolve.run({ record: conflict.record, field: conflict.field, value, seen: conflict.values.map(({ by }) => by.entry), reason: reason.trim() });
  };
  useCommands([{ id: 'conflict.decide', title: words.resolve, keys: 'Ctrl+Enter', group: words.group, run: () => void decide() }]);
  return (
    <FieldFlow className="conflict-decision">
      <Choice label={words.decide} options={options} value={choice} onChange={setChoice} error={tried && choice === null ? words.missingChoice : null} stacked />
      {choice === OTHER ? <TextField label={words.otherLabel} value={other} onChange={setOther} error={tried && otherWrong ? words.otherWrong : null} width="medium" required /> : null}
      <TextField label={words.reason} value={reason} onChange={setReason} hint={words.reasonHint} error={tried && noReason ? words.missingReason : null} maxLength={1000} required />
      <FaultNotice fault={resolve.fault} />
      <div className="actions">
        <Button kind="primary" keys="Ctrl+Enter" busy={resolve.running} onPress={() => void decide()}>
          {words.resolve}
        </Button>
      </div>
    </FieldFlow>
  );
}
