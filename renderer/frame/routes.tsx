import { type RouteComponent, useLocation, useParams, useSearch } from '@tanstack/react-router';
import { RecordId } from '../../shared/base/ids.ts';
import { ChartScreen } from '../chart/chart.screen.tsx';
import { ChartingPanel } from '../charting/charting-panel.tsx';
import { ConflictsScreen } from '../conflicts/conflicts.screen.tsx';
import { NoteScreen } from '../notes/note.screen.tsx';
import { RegisterScreen } from '../patients/register.screen.tsx';
import { SearchScreen } from '../patients/search.screen.tsx';
import { TodayScreen } from '../patients/today.screen.tsx';
import { SettingsScreen } from '../settings/settings.screen.tsx';
import { SyncScreen } from '../sync-status/sync.screen.tsx';
import { TrailScreen } from '../trail/trail.screen.tsx';
import { ImportScreen } from '../transfer/import.screen.tsx';
import { type Destination, useNavigation } from '../ui/navigation.ts';
import { PlaceSearch } from './places.ts';

/** Which screen stands at which place: the only file that knows the features. */
export const screens: Readonly<Record<Destination['to'], RouteComponent>> = {
  today: TodayScreen,
  patients: PatientsRoute,
  register: RegisterRoute,
  chart: ChartRoute,
  note: NoteRoute,
  conflicts: ConflictsRoute,
  import: ImportScreen,
  sync: SyncScreen,
  trail: TrailRoute,
  settings: SettingsScreen,
};

function PatientsRoute() {
  const { text } = usePlaceSearch();
  // A second scan of the same card is a new search, whatever was typed in between.
  const visit = useLocation({ select: ({ state }) => state.key });
  return <SearchScreen key={visit} text={text} />;
}

function RegisterRoute() {
  const { typed } = usePlaceSearch();
  return <RegisterScreen key={typed} typed={typed} />;
}

/** A chart, with what is being charted over it. */
function ChartRoute() {
  const { go } = useNavigation();
  const patient = usePatient();
  const { panel, record } = usePlaceSearch();
  const close = (): void => go({ to: 'chart', patient, ...(record === undefined ? {} : { record }) });
  return (
    <>
      <ChartScreen patient={patient} record={record ?? null} />
      {panel === undefined ? null : <ChartingPanel patient={patient} panel={panel} onClose={close} />}
    </>
  );
}

function NoteRoute() {
  return <NoteScreen patient={usePatient()} />;
}

function ConflictsRoute() {
  const { patient, show } = usePlaceSearch();
  return <ConflictsScreen key={`${patient} ${show}`} patient={patient ?? null} first={show === 'review' ? 'review' : 'safety'} />;
}

function TrailRoute() {
  const { patient } = usePlaceSearch();
  return <TrailScreen key={patient} patient={patient ?? null} />;
}

function usePlaceSearch(): PlaceSearch {
  return PlaceSearch.parse(useSearch({ strict: false }));
}

function usePatient(): RecordId {
  return RecordId.parse(useParams({ strict: false }).patient);
}
