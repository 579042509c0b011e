import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { useCommand, type Command } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { formatBytes } from '../ui/format.ts';
import { FaultNotice } from '../ui/message.tsx';
import { Progress } from '../ui/progress.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { syncWords as words } from '../words/sync.ts';
import { Enrol } from './enrol.part.tsx';
import { useSyncStatus } from './sync.data.ts';
import { SyncFacts } from './sync-facts.tsx';
import { syncHeadline, type SyncView } from './sync-headline.ts';
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
  const headline = syncHeadline(view, now, zone);
  const sendNow = (): void => {
    if (view.enrolled && !view.running) void send.run({});
  };
  useCommands(view.enrolled ? [{ id: 'sync.now', title: words.sendNow, keys: 'Ctrl+Enter', group: words.group, run: sendNow }] : []);
  return (
    <div className="sync">
      <section className="panel sync-headline" aria-live="polite">
        <span className={`sync-shape sync-shape-${headline.tone}`} aria-hidden="true" />
        <div className="sync-headline-words">
          <h2>{headline.title}</h2>
          <p>{headline.text}</p>
        </div>
        {view.enrolled ? <SendNow view={view} send={send} onSend={sendNow} /> : null}
      </section>
      {view.progress === null && !view.running && !send.running ? null : <Progress label={words.sending} done={view.progress?.done ?? 0} total={view.progress?.total ?? null} amount={formatBytes} />}
      <FaultNotice fault={send.fault} />
      {view.enrolled ? null : <Enrol />}
      <div className="sync-columns">
        <SyncWaiting view={view} onSendAgain={sendNow} sending={view.running || send.running} />
        <SyncFacts view={view} />
      </div>
    </div>
  );
}

function SendNow({ view, send, onSend }: { readonly view: SyncView; readonly send: Command<'sync.now'>; readonly onSend: () => void }) {
  return (
    <Button kind="primary" keys="Ctrl+Enter" busy={view.running || send.running} onPress={onSend}>
      {words.sendNow}
    </Button>
  );
}
