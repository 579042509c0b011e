import { useEffect, useRef, useState } from 'react';
import { Button as DisclosureButton } from 'react-aria-components/Button';
import { Disclosure, DisclosurePanel } from 'react-aria-components/Disclosure';
import { Heading } from 'react-aria-components/Heading';
import type { RecordId } from '../../shared/base/ids.ts';
import { useMayNotChange } from '../outpost/audience.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { ContestedFields } from '../ui/contested.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { useCommands } from '../ui/use-keys.ts';
import { audienceWords } from '../words/audience.ts';
import { chartWords, statusWord, typeWord } from '../words/chart.ts';
import { AmendDialog } from './amend.dialog.tsx';
import { amendmentsOf } from './amendments.ts';
import { type Chart, type RecordView, useRecord } from './chart.data.ts';
import { itemDateTime } from './item-date.ts';
import { RecordHistory } from './record-history.tsx';
import { resourceWords } from '../ui/resource-words.ts';

const words = chartWords.record;

type Props = { readonly record: RecordId; readonly banner: Chart['banner']; readonly onClose: () => void };

/** One record whole: its fields in words, who wrote what and when, the FHIR behind it. */
export function RecordDetail({ record, banner, onClose }: Props) {
  const view = useRecord(record);
  const root = useRef<HTMLElement>(null);
  useEffect(() => root.current?.focus(), []);
  useCommands([{ id: 'back', title: words.close, keys: 'Esc', group: chartWords.group, run: onClose }]);
  return (
    <section className="record" aria-label={words.region} tabIndex={-1} ref={root}>
      <CallView state={view} skeletonLines={10}>
        {(value) => <OpenRecord view={value} banner={banner} onClose={onClose} />}
      </CallView>
      {view.at === 'ready' ? null : (
        <Button keys="Esc" onPress={onClose}>
          {words.close}
        </Button>
      )}
    </section>
  );
}

function OpenRecord({ view, banner, onClose }: { readonly view: RecordView; readonly banner: Chart['banner']; readonly onClose: () => void }) {
  const { zone } = useClinicTime();
  const [amending, setAmending] = useState(false);
  const { item } = view;
  const mayNotChange = useMayNotChange(view.type);
  const amendable = amendmentsOf(view.type, item.status).length > 0;
  const mayAmend = amendable && !mayNotChange;
  useCommands(mayAmend ? [{ id: 'record.amend', title: words.amend, keys: 'F2', group: chartWords.group, run: () => setAmending(true) }] : []);
  return (
    <>
      <header className="record-head">
        <Button kind="quiet" keys="Esc" onPress={onClose}>
          {words.close}
        </Button>
        <span className="spring" />
        {amendable && mayNotChange ? <span className="muted">{audienceWords.parts.prescribing.change}</span> : null}
        {mayAmend ? (
          <Button keys="F2" onPress={() => setAmending(true)}>
            {words.amend}
          </Button>
        ) : null}
      </header>
      <div className="record-body">
        <p className="record-kind">
          {typeWord(view.type)}
          {item.status === null ? null : <span className="tag">{statusWord(item.status)}</span>}
          {item.amended ? <span className="tag">{words.amended}</span> : null}
        </p>
        <h2 className="record-title">
          <bdi>{item.title}</bdi>
        </h2>
        <p className="muted">{itemDateTime(item, zone) ?? chartWords.timeline.undated}</p>
        {item.contested.length === 0 ? null : <Contest item={item} patient={view.patient} />}
        {view.note === null ? null : <NoteText note={view.note} />}
        <Fields view={view} zone={zone} />
        <RecordHistory history={view.history} />
        <Disclosure className="raw">
          <Heading level={3}>
            <DisclosureButton slot="trigger" className="button button-quiet">
              {words.raw}
            </DisclosureButton>
          </Heading>
          <DisclosurePanel>
            {/* A long text scrolls, and a scrolled place must be reachable by key. */}
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <section className="raw-text" tabIndex={0} aria-label={words.raw}>
              <pre>{view.resourceText}</pre>
            </section>
          </DisclosurePanel>
        </Disclosure>
      </div>
      {amending ? <AmendDialog view={view} banner={banner} onClose={() => setAmending(false)} /> : null}
    </>
  );
}

/** What is not settled of this record, with every value, and the way to settle it. */
function Contest({ item, patient }: { readonly item: RecordView['item']; readonly patient: RecordId | null }) {
  const { go } = useNavigation();
  return (
    <div className="record-contested">
      <ContestedFields contested={item.contested} />
      {patient === null ? null : (
        <Button keys="C" onPress={() => go({ to: 'conflicts', patient })}>
          {chartWords.summary.decideThem}
        </Button>
      )}
    </div>
  );
}

const SOAP_PARTS = ['subjective', 'objective', 'assessment', 'plan'] as const;

function NoteText({ note }: { readonly note: NonNullable<RecordView['note']> }) {
  if (note.soap === null) return <p className="note-text prose">{note.text}</p>;
  const { soap } = note;
  return (
    <dl className="note-parts">
      {SOAP_PARTS.filter((part) => soap[part].trim() !== '').map((part) => (
        <div key={part}>
          <dt>{words.note[part]}</dt>
          <dd className="note-text prose">{soap[part]}</dd>
        </div>
      ))}
    </dl>
  );
}

function Fields({ view, zone }: { readonly view: RecordView; readonly zone: string }) {
  const lines = resourceWords(view.resourceText, zone);
  return (
    <section>
      <h3>{words.fields}</h3>
      {lines === null ? <p className="muted">{words.unreadable}</p> : null}
      {lines?.length === 0 ? <p className="muted">{words.noFields}</p> : null}
      {lines === null || lines.length === 0 ? null : (
        <dl className="fields-list">
          {lines.map((line, index) => (
            // Lines have no identity of their own and are drawn anew with every record.
            // oxlint-disable-next-line react/no-array-index-key
            <div key={index} className="field-line" data-depth={line.depth}>
              <dt>{line.label}</dt>
              <dd>
                <bdi>{line.value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
