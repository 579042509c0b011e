import type { RecordId } from '../../shared/base/ids.ts';
import { useOutside } from '../outpost/audience.ts';
import { CallView } from '../ui/call-view.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { ChartPanel } from '../ui/navigation.ts';
import { NotForRole } from '../ui/not-for-role.tsx';
import { chartingWords as words } from '../words/charting.ts';
import { uiWords } from '../words/ui.ts';
import { AllergyDialog } from './allergy.dialog.tsx';
import { BreakGlassDialog } from './break-glass.dialog.tsx';
import { useChart } from './charting.data.ts';
import './charting.css';
import { EncounterDialog } from './encounter.dialog.tsx';
import { ImmunizationDialog } from './immunization.dialog.tsx';
import { MedicationDialog } from './medication.dialog.tsx';
import { ProblemDialog } from './problem.dialog.tsx';
import { VitalsDialog } from './vitals.dialog.tsx';

const FORMS = { encounter: EncounterDialog, vitals: VitalsDialog, allergy: AllergyDialog, problem: ProblemDialog, medication: MedicationDialog, immunization: ImmunizationDialog };
const TITLES: Readonly<Record<keyof typeof FORMS, string>> = {
  encounter: words.encounter.title,
  vitals: words.vitals.title,
  allergy: words.allergy.title,
  problem: words.problem.title,
  medication: words.medication.title,
  immunization: words.immunization.title,
};

export type ChartingPanelProps = { readonly patient: RecordId; readonly panel: ChartPanel; readonly onClose: () => void };

/** What may stand over a chart; mounted means open. */
export function ChartingPanel({ patient, panel, onClose }: ChartingPanelProps) {
  if (panel === 'break-glass') return <BreakGlassDialog patient={patient} onClose={onClose} />;
  return <ChartingForm key={`${patient} ${panel}`} patient={patient} panel={panel} onClose={onClose} />;
}

function ChartingForm({ patient, panel, onClose }: { readonly patient: RecordId; readonly panel: keyof typeof FORMS; readonly onClose: () => void }) {
  const chart = useChart(patient);
  const mayNotPrescribe = useOutside('prescribing') && panel === 'medication';
  const Form = FORMS[panel];
  if (mayNotPrescribe) {
    return (
      <Dialog title={TITLES[panel]} onClose={onClose} closeLabel={uiWords.close} width="narrow">
        <NotForRole part="prescribing" />
      </Dialog>
    );
  }
  if (chart.at === 'ready') return <Form patient={patient} chart={chart.value} onClose={onClose} />;
  return (
    <Dialog title={TITLES[panel]} onClose={onClose}>
      <CallView state={chart}>{() => null}</CallView>
    </Dialog>
  );
}
