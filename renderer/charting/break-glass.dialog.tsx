import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useCall, useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { TextField } from '../ui/text-field.tsx';
import { chartingWords } from '../words/charting.ts';

const words = chartingWords.breakGlass;
/** As the contract has it: chart.breakGlass refuses shorter explanations. */
const EXPLANATION_MIN_CHARACTERS = 10;
const EXPLANATION_MAX_CHARACTERS = 1000;
const REASONS = (['emergency', 'cross-cover', 'other'] as const).map((value) => ({ value, label: words.reasons[value] }));

/** Opens one chart that policy keeps shut: a reason, an explanation and a fresh code. */
export function BreakGlassDialog({ patient, onClose }: { readonly patient: RecordId; readonly onClose: () => void }) {
  // Name and birth date only; where even those are refused the dialog still works, and says less.
  const banner = useCall('chart.banner', { patient });
  const open = useCommand('chart.breakGlass');
  const [reason, setReason] = useState<(typeof REASONS)[number]['value'] | null>(null);
  const [explanation, setExplanation] = useState('');
  const [code, setCode] = useState('');
  const [tried, setTried] = useState(false);

  const tooShort = explanation.trim().length < EXPLANATION_MIN_CHARACTERS;
  const noCode = code.trim() === '';
  const run = async (): Promise<void> => {
    setTried(true);
    if (reason === null || tooShort || noCode) return;
    const result = await open.run({ patient, reason, explanation: explanation.trim(), code: code.trim() });
    if (result.ok) onClose();
    // A code works once: whatever became of it, the next attempt needs another.
    else setCode('');
  };
  return (
    <Dialog
      title={words.title}
      onClose={onClose}
      role="alertdialog"
      banner={banner.at === 'ready' ? <PatientBanner banner={banner.value} compact /> : null}
      commands={[{ id: 'charting.break-glass', title: words.open, keys: 'Ctrl+Enter', group: chartingWords.group, run: () => void run() }]}
      actions={
        <Button kind="danger" keys="Ctrl+Enter" busy={open.running} onPress={() => void run()}>
          {words.open}
        </Button>
      }
    >
      <FieldFlow className="charting-form">
        <p>{words.text}</p>
        <Choice label={words.reason} options={REASONS} value={reason} onChange={setReason} error={tried && reason === null ? words.missingReason : null} stacked />
        <TextField
          label={words.explanation}
          value={explanation}
          onChange={setExplanation}
          rows={3}
          hint={words.explanationHint}
          error={tried && tooShort ? words.shortExplanation(EXPLANATION_MIN_CHARACTERS) : null}
          maxLength={EXPLANATION_MAX_CHARACTERS}
          required
        />
        <TextField label={words.code} value={code} onChange={setCode} inputMode="numeric" width="short" maxLength={32} error={tried && noCode && open.fault === null ? words.missingCode : null} required />
        <FaultNotice fault={open.fault} />
      </FieldFlow>
    </Dialog>
  );
}
