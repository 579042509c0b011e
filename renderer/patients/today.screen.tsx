import type { RecordId } from '../../shared/base/ids.ts';
import type { Fault } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { useOutside } from '../outpost/audience.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { formatAgo, formatDate, formatName, formatNumber } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { VirtualList } from '../ui/virtual-list.tsx';
import { faultRule } from '../words/faults.ts';
import { frameWords } from '../words/frame.ts';
import { patientsWords as words } from '../words/patients.ts';
import { uiWords } from '../words/ui.ts';
import { lookAlikes } from './look-alikes.ts';
import { PatientLineView } from './patient-line.tsx';
import { useDrafts, useRecent, useSyncStatus } from './patients.data.ts';
import './patients.css';

const AGES_EVERY_MS = 30_000;
const ROW_HEIGHT = 54;

type Recent = CallOutput<'patients.recent'>['patients'][number];

/** Where the day starts: who is in the clinic, who was lately, and what waits for me. */
export function TodayScreen() {
  const { zone } = useClinicTime();
  const { go } = useNavigation();
  const recent = useRecent();
  const now = useNow(AGES_EVERY_MS);
  const open = (line: Recent): void => go({ to: 'chart', patient: line.patient });
  if (recent.at === 'failed' && recent.fault.code === 'DENIED') {
    return (
      <div className="screen">
        <h1>{words.todayOn(formatDate(now, zone))}</h1>
        <NoPatients fault={recent.fault} />
      </div>
    );
  }
  return (
    <div className="screen patients-screen">
      <header className="screen-head">
        <h1>{words.todayOn(formatDate(now, zone))}</h1>
        <span className="spring" />
        <Button keys="N" onPress={() => go({ to: 'register' })}>
          {words.registerNew}
        </Button>
      </header>
      <div className="today">
        <div className="today-lists">
          <CallView state={recent}>
            {({ patients, total }) => (
              <>
                <PatientPanel title={words.inClinic} empty={words.inClinicEmpty} lines={patients.filter(({ openEncounter }) => openEncounter !== null)} aside={(line) => withReason(line, line.lastSeenAt === null ? null : words.openSince(formatAgo(line.lastSeenAt, now)))} onOpen={open} />
                <PatientPanel title={words.lately} note={words.total(formatNumber(total))} empty={`${words.latelyEmpty} ${words.latelyEmptyTodo}`} lines={patients.filter(({ openEncounter }) => openEncounter === null)} aside={(line) => withReason(line, line.lastSeenAt === null ? null : words.seen(formatAgo(line.lastSeenAt, now)))} onOpen={open} grow />
              </>
            )}
          </CallView>
        </div>
        <div className="today-side">
          <Drafts now={now} onOpen={(patient) => go({ to: 'note', patient })} />
          <ToDecide onOpen={() => go({ to: 'conflicts' })} />
        </div>
      </div>
    </div>
  );
}

/** For those whose role has no patients: where their work is. Which role that is, the engine's rules have said. */
function NoPatients({ fault }: { readonly fault: Fault<FaultCode> }) {
  const { go } = useNavigation();
  const rule = faultRule(fault);
  const noImport = useOutside('import');
  const noTrail = useOutside('trail');
  const places = (['settings', 'trail', 'sync', 'import'] as const).filter((place) => !(noImport && place === 'import') && !(noTrail && place === 'trail'));
  return (
    <Message
      tone="quiet"
      title={words.noPatients}
      actions={places.map((to) => (
        <Button key={to} onPress={() => go({ to })}>
          {frameWords.section[to]}
        </Button>
      ))}
    >
      {rule === null ? null : <p className="small">{uiWords.rule(rule)}</p>}
      <p>{words.noPatientsTodo}</p>
    </Message>
  );
}

type PatientPanelProps = {
  readonly title: string;
  readonly note?: string;
  readonly empty: string;
  readonly lines: readonly Recent[];
  readonly aside: (line: Recent) => string;
  readonly onOpen: (line: Recent) => void;
  readonly grow?: boolean;
};

function PatientPanel({ title, note, empty, lines, aside, onOpen, grow = false }: PatientPanelProps) {
  const alike = lookAlikes(lines);
  return (
    <section className={`panel today-panel${grow ? ' today-panel-grow' : ''}`}>
      <header className="panel-head">
        <h2>{title}</h2>
        <span className="count">{lines.length}</span>
        <span className="spring" />
        {note === undefined ? null : <span className="muted small">{note}</span>}
      </header>
      {lines.length === 0 ? (
        <p className="panel-body muted">{empty}</p>
      ) : (
        <VirtualList label={title} items={lines} keyOf={({ patient }) => patient} rowHeight={ROW_HEIGHT} onOpen={onOpen} renderRow={(line) => <PatientLineView line={line} lookAlike={alike.get(line.patient)} aside={aside(line)} />} />
      )}
    </section>
  );
}

function Drafts({ now, onOpen }: { readonly now: number; readonly onOpen: (patient: RecordId) => void }) {
  const drafts = useDrafts();
  return (
    <section className="panel">
      <header className="panel-head">
        <h2>{words.drafts}</h2>
      </header>
      <CallView state={drafts} skeletonLines={2}>
        {({ drafts: mine }) =>
          mine.length === 0 ? (
            <p className="panel-body muted">{words.draftsEmpty}</p>
          ) : (
            <ul className="plain">
              {mine.map((draft) => (
                <li key={draft.patient}>
                  <button type="button" className="row-button" onClick={() => onOpen(draft.patient)}>
                    <bdi>{formatName({ ...draft, prefix: null })}</bdi>
                    <span className="spring" />
                    <span className="muted small">{words.draftSaved(formatAgo(draft.savedAt, now))}</span>
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </CallView>
    </section>
  );
}

function ToDecide({ onOpen }: { readonly onOpen: () => void }) {
  const sync = useSyncStatus();
  return (
    <section className="panel">
      <header className="panel-head">
        <h2>{words.attention}</h2>
      </header>
      <CallView state={sync} skeletonLines={1}>
        {({ conflicts }) =>
          conflicts === 0 ? (
            <p className="panel-body muted">{words.nothingToDecide}</p>
          ) : (
            <button type="button" className="row-button" onClick={onOpen}>
              <span className="mark mark-attention" aria-hidden="true" />
              {words.conflicts(conflicts)}
            </button>
          )
        }
      </CallView>
    </section>
  );
}

function withReason(line: Recent, when: string | null): string {
  return [line.reason, when].filter((part) => part !== null).join(' · ');
}
