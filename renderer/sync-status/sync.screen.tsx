import { useOutside } from '../outpost/audience.ts';
import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { useCommand } from '../outpost/queries.ts';
import { useSnapshot } from '../outpost/snapshot.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { formatNumber } from '../ui/format.ts';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { Progress } from '../ui/progress.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { syncWords as words } from '../words/sync.ts';
import { Enrol } from './enrol.part.tsx';
import { FromStick } from './from-stick.part.tsx';
import { Neighbours } from './neighbours.part.tsx';
import { useSyncStatus } from './sync.data.ts';
import { SyncFacts } from './sync-facts.tsx';
import { syncHeadline, type SyncView } from './sync-headline.ts';
import { SyncLanes } from './sync-lanes.tsx';
import { SyncWaiting } from './sync-waiting.tsx';
import './sync.css';

/** What has left this workstation, what has not, and why. */
export function SyncScreen() {
  const status = useSyncStatus();
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{words.title}</h1>
      </header>
      <CallView state={status}>{(view) => <OpenSync view={view} />}</CallView>
    </div>
  );
}

const AGES_EVERY_MS = 10_000;

function OpenSync({ view }: { readonly view: SyncView }) {
  const { zone } = useClinicTime();
  const now = useNow(AGES_EVERY_MS);
  const send = useCommand('sync.now');
  const stop = useCommand('sync.stop');
  const headline = syncHeadline(view, now, zone);
  const busy = view.running || send.running;
  const filling = useSnapshot().state.at === 'running';
  const outside = useOutside('syncing');
  // While files are read central is not asked; a hold lets nothing out.
  const maySend = view.enrolled && view.held === null && !filling && !outside;
  const sendNow = (): void => {
    if (maySend && !view.running) void send.run({});
  };
  useCommands(maySend ? [{ id: 'sync.now', title: words.sendNow, keys: 'Ctrl+Enter', group: words.group, run: sendNow }] : []);
  return (
    <div className="sync">
      <section className="panel sync-headline" aria-live="polite">
        <span className={`sync-shape sync-shape-${headline.tone}`} aria-hidden="true" />
        <div className="sync-headline-words">
          <h2>{headline.title}</h2>
          <p>{headline.text}</p>
        </div>
        {maySend && busy ? (
          <Button busy={stop.running} onPress={() => void stop.run({})}>
            {words.stop}
          </Button>
        ) : null}
        {maySend ? (
          <Button kind="primary" keys="Ctrl+Enter" busy={busy} onPress={sendNow}>
            {words.sendNow}
          </Button>
        ) : null}
      </section>
      {view.loading === null ? null : <Loading done={view.loading.done} total={view.loading.total} />}
      {view.progress === null && !busy ? null : <SyncProgress view={view} />}
      <FaultNotice fault={send.fault?.code === 'CANCELLED' ? null : (send.fault ?? stop.fault)} />
      {view.enrolled ? null : <Enrol />}
      <div className="sync-columns">
        <div className="sync-column">
          <SyncWaiting view={view} onSendAgain={sendNow} sending={busy} />
          {view.enrolled ? <Neighbours /> : null}
          {view.enrolled ? <FromStick loading={view.loading !== null} /> : null}
        </div>
        <div className="sync-column">
          <SyncLanes view={view} />
          <SyncFacts view={view} />
        </div>
      </div>
    </div>
  );
}

/** A new workstation, usable while the rest comes. */
function Loading({ done, total }: { readonly done: number; readonly total: number | null }) {
  return (
    <Notice tone="attention">
      <Progress label={words.loading} done={done} total={total} amount={(count) => words.entriesOf(formatNumber(count))} />
      {words.loadingText}
    </Notice>
  );
}

/** Entries done of those to do, in all and by lane, so that one sees that the urgent ones are through. */
function SyncProgress({ view }: { readonly view: SyncView }) {
  const { progress } = view;
  const entries = (count: number): string => words.entriesOf(formatNumber(count));
  return (
    <div className="sync-progress">
      <Progress label={words.sending} done={progress?.done ?? 0} total={progress?.total ?? null} amount={entries} />
      {progress === null || progress.lanes.length < 2 ? null : (
        <div className="sync-progress-lanes">
          {progress.lanes.map(({ lane, done, total }) => (
            <Progress key={lane} label={words.lanes[lane].name} done={done} total={total} amount={formatNumber} />
          ))}
        </div>
      )}
    </div>
  );
}
