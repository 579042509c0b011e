import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useCommand } from '../outpost/queries.ts';
import { civilDateAt, partialDate } from '../ui/civil-date.ts';
import { TextField } from '../ui/text-field.tsx';
import { useKept } from '../ui/kept.ts';
import { chartingWords } from '../words/charting.ts';
import { ChartingDialog } from './charting-dialog.tsx';
import type { Chart } from './charting.data.ts';
import { COMMON_PROBLEMS, ICD_10_CM } from './common-problems.ts';
import { onsetProblem } from './onset.ts';
import { SuggestField } from './suggest-field.tsx';
import { sameName } from './substances.ts';

// A dialog that opens on its first field is what the keyboard-only user expects.
/* oxlint-disable jsx-a11y/no-autofocus */
const words = chartingWords.problem;
const SUGGESTIONS = COMMON_PROBLEMS.map(({ text, code }) => ({ text, detail: words.coded(code) }));

type Props = { readonly patient: RecordId; readonly chart: Chart; readonly onClose: () => void };

export function ProblemDialog({ patient, chart, onClose }: Props) {
  const { now, zone } = useClinicTime();
  const record = useCommand('problem.record');
  const [form, change, drop] = useKept(`charting.problem ${patient}`, () => ({ problem: '', onset: '' }));
  const { problem, onset } = form;
  const [tried, setTried] = useState(false);

  const coded = COMMON_PROBLEMS.find((each) => sameName(each.text, problem));
  const known = chart.problems.find((item) => (item.status === null || item.status === 'active') && sameName(item.title, problem));
  const wrongOnset = onsetProblem(onset, civilDateAt(now(), zone));
  const onsetErrors = { unreadable: words.badOnset, future: words.futureOnset };
  const save = async (): Promise<void> => {
    setTried(true);
    if (problem.trim() === '' || wrongOnset !== null || known !== undefined) return;
    const result = await record.run({
      patient,
      ...(chart.openEncounter === null ? {} : { encounter: chart.openEncounter.record }),
      problem: { text: problem.trim(), ...(coded === undefined ? {} : { system: ICD_10_CM, code: coded.code }) },
      ...(partialDate(onset.trim()) === null ? {} : { onset: onset.trim() }),
      at: now(),
    });
    if (!result.ok) return;
    drop();
    onClose();
  };
  const problemError = known === undefined ? (tried && problem.trim() === '' ? words.missing : null) : words.already(known.title);
  return (
    <ChartingDialog title={words.title} banner={chart.banner} saveLabel={words.save} onSave={() => void save()} onClose={onClose} busy={record.running} fault={record.fault}>
      <SuggestField
        label={words.problem}
        value={problem}
        onChange={(text) => change((before) => ({ ...before, problem: text }))}
        suggestions={SUGGESTIONS}
        hint={coded === undefined ? words.problemHint : words.coded(coded.code)}
        error={problemError}
        maxLength={400}
        autoFocus
      />
      <TextField label={words.onset} value={onset} onChange={(text) => change((before) => ({ ...before, onset: text }))} hint={words.onsetHint} error={tried && wrongOnset !== null ? onsetErrors[wrongOnset] : null} width="medium" optional />
    </ChartingDialog>
  );
}
