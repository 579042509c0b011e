import { useState } from 'react';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { TextField } from '../ui/text-field.tsx';
import { chartWords, typeWord } from '../words/chart.ts';
import { amendmentsOf, fieldsOf, type Amendment } from './amendments.ts';
import type { Chart, RecordView } from './chart.data.ts';

const words = chartWords.amend;
/** As record.amend has it. */
const REASON_MIN_CHARACTERS = 3;
const SEEN_MAX_ENTRIES = 100;

type Props = { readonly view: RecordView; readonly banner: Chart['banner']; readonly onClose: () => void };

/** Says what is true now of a signed record, with a reason. The record keeps what it said. */
export function AmendDialog({ view, banner, onClose }: Props) {
  const amend = useCommand('record.amend');
  const [what, setWhat] = useState<Amendment | null>(null);
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const options = amendmentsOf(view.type, view.item.status).map((value) => ({ value, label: words.options[value] }));
  const noReason = reason.trim().length < REASON_MIN_CHARACTERS;
  const save = async (): Promise<void> => {
    setTried(true);
    if (what === null || noReason) return;
    const seen = view.history.toSorted((a, b) => b.by.at - a.by.at).slice(0, SEEN_MAX_ENTRIES).map(({ by }) => by.entry);
    const result = await amend.run({ record: view.record, fields: fieldsOf(view.type, what, view.item.status), reason: reason.trim(), seen });
    if (result.ok) onClose();
  };
  return (
    <Dialog
      title={`${words.title}: ${typeWord(view.type)}`}
      onClose={onClose}
      banner={<PatientBanner banner={banner} compact />}
      commands={[{ id: 'record.amend.save', title: words.save, keys: 'Ctrl+Enter', group: chartWords.group, run: () => void save() }]}
      actions={
        <Button kind="primary" keys="Ctrl+Enter" busy={amend.running} onPress={() => void save()}>
          {words.save}
        </Button>
      }
    >
      <FieldFlow className="amend-form">
        <h3>{view.item.title}</h3>
        <p className="muted">{words.text}</p>
        <Choice label={words.what} options={options} value={what} onChange={setWhat} error={tried && what === null ? words.missingWhat : null} stacked />
        <TextField label={words.reason} value={reason} onChange={setReason} hint={words.reasonHint} maxLength={1000} error={tried && noReason ? words.missingReason : null} required />
        <FaultNotice fault={amend.fault} />
      </FieldFlow>
    </Dialog>
  );
}
