import type { RecordId } from '../../shared/base/ids.ts';
import { useOutside } from '../outpost/audience.ts';
import { useCall } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { NotForRole } from '../ui/not-for-role.tsx';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { chartAccessWords } from '../words/audience.ts';
import { chartWords } from '../words/chart.ts';

const words = chartAccessWords.frontDesk;

/** A patient as those see one who keep the list of patients but no charts: who it is, with the number for the card. */
export function FrontDesk({ patient }: { readonly patient: RecordId }) {
  const noPatients = useOutside('patients');
  if (noPatients) return <NotForRole part="charts" />;
  return (
    <div className="chart">
      <Who patient={patient} />
      <NotForRole part="charts" tone="quiet" />
    </div>
  );
}

function Who({ patient }: { readonly patient: RecordId }) {
  const { go } = useNavigation();
  const banner = useCall('chart.banner', { patient });
  useCommands([{ id: 'back', title: words.back, keys: 'Esc', group: chartWords.group, run: () => go({ to: 'patients' }) }]);
  return (
    <CallView state={banner} skeletonLines={2}>
      {(value) => (
        <>
          <PatientBanner banner={value} />
          <div className="chart-actions">
            <span>{value.number === null ? words.noNumber : words.number(value.number)}</span>
            <span className="spring" />
            <Button keys="Esc" onPress={() => go({ to: 'patients' })}>
              {words.back}
            </Button>
          </div>
        </>
      )}
    </CallView>
  );
}
