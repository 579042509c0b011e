import { useLayoutEffect, useRef, useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { Soap } from '../../shared/records/charting.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useOpenEncounter } from '../outpost/open-encounter.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { formatAge, formatName } from '../ui/format.ts';
import { FaultNotice } from '../ui/message.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { COMMON_PHRASES, notesWords as words, VITALS_PHRASE } from '../words/notes.ts';
import { DiscardDialog } from './discard.dialog.tsx';
import { DraftStatus } from './draft-status.tsx';
import { NoteBeside } from './note-beside.tsx';
import { type Chart, type Draft, EMPTY_SOAP, isBlank, useDraftKeeper } from './notes.data.ts';
import { insertLines, nextGap, type Edited, type Selection } from './phrases.ts';
import { SoapRegion, type SoapPart } from './soap-region.tsx';
import { vitalsSentence } from './vitals-text.ts';

const PARTS = ['subjective', 'objective', 'assessment', 'plan'] as const satisfies readonly SoapPart[];
/** As NoteBody has it. */
const PART_MAX_CHARACTERS = 100_000;

type Props = { readonly patient: RecordId; readonly chart: Chart; readonly draft: Draft };

/** Four parts, a draft that keeps itself, and one key to sign. */
export function NoteEditor({ patient, chart, draft }: Props) {
  const { now, zone } = useClinicTime();
  const { go } = useNavigation();
  const [soap, setSoap] = useState<Soap>(draft?.soap ?? EMPTY_SOAP);
  const [part, setPart] = useState<SoapPart>(() => (draft === null ? 'subjective' : (PARTS.findLast((each) => draft.soap[each] !== '') ?? 'subjective')));
  const [opensAt] = useState(part);
  const [discarding, setDiscarding] = useState(false);
  const [triedEmpty, setTriedEmpty] = useState(false);
  const areas = useRef(new Map<SoapPart, HTMLTextAreaElement>());
  const cursorAt = useRef<{ readonly part: SoapPart; readonly selection: Selection } | null>(null);
  const encounter = useOpenEncounter(patient, chart.openEncounter);
  const { state, keeper } = useDraftKeeper(patient);
  const sign = useCommand('note.sign');
  const [startFault, setStartFault] = useState<typeof sign.fault>(null);

  // A phrase puts the cursor where one goes on; that place exists once the new text is in the field.
  useLayoutEffect(() => {
    const wanted = cursorAt.current;
    const area = wanted === null ? undefined : areas.current.get(wanted.part);
    cursorAt.current = null;
    if (wanted === null || area === undefined) return;
    area.focus();
    area.setSelectionRange(wanted.selection.from, wanted.selection.to);
  });

  const vitals = vitalsSentence(chart.vitals, now(), zone);
  const phrases = [...(vitals === null ? [] : [{ name: VITALS_PHRASE, text: vitals }]), ...COMMON_PHRASES];
  const change = (changed: SoapPart, text: string): void => {
    const next = { ...soap, [changed]: text };
    setSoap(next);
    setTriedEmpty(false);
    keeper.change({ encounter: chart.openEncounter?.record ?? null, soap: next });
  };
  const edit = (edited: SoapPart, { text, selection }: Edited): void => {
    cursorAt.current = { part: edited, selection };
    change(edited, text);
  };
  const insertVitals = (): void => {
    if (vitals !== null) edit('objective', insertLines(soap.objective, part === 'objective' ? (areas.current.get('objective')?.selectionStart ?? soap.objective.length) : soap.objective.length, vitals));
  };
  const toNextGap = (): void => {
    for (const each of [part, ...PARTS.filter((other) => other !== part)]) {
      const gap = nextGap(soap[each], each === part ? (areas.current.get(each)?.selectionEnd ?? 0) : 0);
      if (gap === null) continue;
      const area = areas.current.get(each);
      area?.focus();
      area?.setSelectionRange(gap.from, gap.to);
      return;
    }
  };
  const signNote = async (): Promise<void> => {
    setTriedEmpty(isBlank(soap));
    if (isBlank(soap)) return;
    // Held first: a save still on its way would bring back the draft that signing removes.
    await keeper.hold();
    const into = await encounter.ensure();
    setStartFault(into.ok ? null : into.fault);
    const signed = into.ok ? await sign.run({ patient, encounter: into.value, soap, at: now() }) : into;
    if (signed.ok) go({ to: 'chart', patient });
    else keeper.release();
  };
  const busy = sign.running || encounter.starting;
  useCommands([
    { id: 'note.sign', title: words.sign, keys: 'Ctrl+Enter', group: words.group, run: () => void (busy ? undefined : signNote()) },
    { id: 'note.gap', title: words.nextGap, keys: 'F4', group: words.group, run: toNextGap },
    { id: 'note.vitals', title: words.insertVitals, group: words.group, run: insertVitals },
    { id: 'note.discard', title: words.discard, group: words.group, run: () => setDiscarding(true) },
    { id: 'back', title: words.leave, keys: 'Esc', group: words.group, run: () => go({ to: 'chart', patient }) },
  ]);
  const age = formatAge(chart.banner.birthDate, now(), zone);
  const whose = [formatName(chart.banner), age, chart.banner.number].filter((each) => each !== null).join(' · ');
  return (
    <>
      <PatientBanner banner={chart.banner} onConflicts={() => go({ to: 'conflicts', patient })} />
      <header className="note-head">
        <h1>{words.title}</h1>
        <DraftStatus state={state} restoredFrom={draft?.savedAt ?? null} />
        <span className="spring" />
        <Button kind="quiet" isDisabled={isBlank(soap)} onPress={() => setDiscarding(true)}>
          {words.discard}
        </Button>
        <Button kind="primary" keys="Ctrl+Enter" busy={busy} onPress={() => void signNote()}>
          {words.sign}
        </Button>
      </header>
      <div className="note-columns">
        <div className="note-page">
          {triedEmpty ? (
            <p className="field-error" role="alert">
              {words.empty}
            </p>
          ) : null}
          <FaultNotice fault={sign.fault ?? startFault ?? (state.at === 'failed' ? state.fault : null)} />
          {PARTS.map((each) => (
            <SoapRegion
              key={each}
              part={each}
              text={soap[each]}
              phrases={phrases}
              onType={(text) => change(each, text)}
              onEdit={(edited) => edit(each, edited)}
              onFocus={() => setPart(each)}
              whose={whose}
              startsHere={each === opensAt}
              maxLength={PART_MAX_CHARACTERS}
              areaRef={(area) => {
                if (area === null) areas.current.delete(each);
                else areas.current.set(each, area);
              }}
            />
          ))}
          <p className="small muted">{words.phrasesHint}</p>
        </div>
        <NoteBeside chart={chart} vitals={vitals} onInsertVitals={insertVitals} />
      </div>
      {discarding ? <DiscardDialog patient={patient} banner={chart.banner} keeper={keeper} onClose={() => setDiscarding(false)} onDiscarded={() => go({ to: 'chart', patient })} /> : null}
    </>
  );
}
