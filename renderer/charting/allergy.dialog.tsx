import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useKept } from '../ui/kept.ts';
import { chartingWords } from '../words/charting.ts';
import { ChartingDialog } from './charting-dialog.tsx';
import type { Chart } from './charting.data.ts';
import { COMMON_ALLERGENS, type Allergen } from './common-allergens.ts';
import { SuggestField } from './suggest-field.tsx';
import { sameName } from './substances.ts';

// A dialog that opens on its first field is what the keyboard-only user expects.
/* oxlint-disable jsx-a11y/no-autofocus */
const words = chartingWords.allergy;
const CATEGORIES = (['medication', 'food', 'environment', 'biologic'] as const).map((value) => ({ value, label: words.categories[value] }));
const CRITICALITIES = (['high', 'low', 'unable-to-assess'] as const).map((value) => ({ value, label: words.criticalities[value] }));
const SUGGESTIONS = COMMON_ALLERGENS.map(({ text, category }) => ({ text, detail: words.categories[category] }));

type AllergyForm = { readonly substance: string; readonly category: Allergen['category']; readonly criticality: (typeof CRITICALITIES)[number]['value'] | null; readonly reaction: string };

type Props = { readonly patient: RecordId; readonly chart: Chart; readonly onClose: () => void };

/** One allergy, or the statement that the patient was asked and knows of none. */
export function AllergyDialog({ patient, chart, onClose }: Props) {
  const { now } = useClinicTime();
  const record = useCommand('allergy.record');
  const [form, change, drop] = useKept<AllergyForm>(`charting.allergy ${patient}`, () => ({ substance: '', category: 'medication', criticality: null, reaction: '' }));
  const { substance, category, criticality, reaction } = form;
  const [tried, setTried] = useState(false);

  const known = chart.allergies.items.find((item) => item.status === 'active' && sameName(item.text, substance));
  const nameSubstance = (text: string): void => {
    const common = COMMON_ALLERGENS.find((each) => sameName(each.text, text));
    change((before) => ({ ...before, substance: text, category: common?.category ?? before.category }));
  };
  const save = async (): Promise<void> => {
    setTried(true);
    if (substance.trim() === '' || criticality === null || known !== undefined) return;
    const result = await record.run({
      patient,
      ...(chart.openEncounter === null ? {} : { encounter: chart.openEncounter.record }),
      substance: { text: substance.trim() },
      category,
      criticality,
      ...(reaction.trim() === '' ? {} : { reaction: reaction.trim() }),
      at: now(),
    });
    if (!result.ok) return;
    drop();
    onClose();
  };
  const substanceError = known === undefined ? (tried && substance.trim() === '' ? words.missingSubstance : null) : words.already(known.text);
  return (
    <ChartingDialog title={words.title} banner={chart.banner} saveLabel={words.save} onSave={() => void save()} onClose={onClose} busy={record.running} fault={record.fault}>
      <NoneKnown patient={patient} chart={chart} onDone={onClose} />
      <SuggestField label={words.substance} value={substance} onChange={nameSubstance} suggestions={SUGGESTIONS} hint={words.substanceHint} error={substanceError} maxLength={400} autoFocus />
      <Choice label={words.category} options={CATEGORIES} value={category} onChange={(value) => change((before) => ({ ...before, category: value }))} />
      <Choice label={words.criticality} options={CRITICALITIES} value={criticality} onChange={(value) => change((before) => ({ ...before, criticality: value }))} error={tried && criticality === null ? words.missingCriticality : null} />
      <TextField label={words.reaction} value={reaction} onChange={(text) => change((before) => ({ ...before, reaction: text }))} hint={words.reactionHint} maxLength={400} optional />
    </ChartingDialog>
  );
}

function NoneKnown({ patient, chart, onDone }: { readonly patient: RecordId; readonly chart: Chart; readonly onDone: () => void }) {
  const { now } = useClinicTime();
  const none = useCommand('allergy.noneKnown');
  const standing = chart.allergies.items.filter(({ status }) => status === 'active').length;
  if (standing > 0) return <p className="small muted">{words.noneExisting(standing)}</p>;
  const say = async (): Promise<void> => {
    const result = await none.run({ patient, ...(chart.openEncounter === null ? {} : { encounter: chart.openEncounter.record }), at: now() });
    if (result.ok) onDone();
  };
  return (
    <div className="charting-none">
      <Button busy={none.running} onPress={() => void say()}>
        {words.none}
      </Button>
      <span className="small muted">{words.noneText}</span>
      <FaultNotice fault={none.fault} />
    </div>
  );
}
