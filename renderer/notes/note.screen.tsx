import type { RecordId } from '../../shared/base/ids.ts';
import { CallView } from '../ui/call-view.tsx';
import { useChart, useDraft } from './notes.data.ts';
import { NoteEditor } from './note-editor.tsx';
import './notes.css';

export type NoteScreenProps = { readonly patient: RecordId };

/** A SOAP note in one chart, taken up where its draft was left. */
export function NoteScreen({ patient }: NoteScreenProps) {
  const chart = useChart(patient);
  const draft = useDraft(patient);
  return (
    <div className="note">
      <CallView state={chart} skeletonLines={12}>
        {(open) => <CallView state={draft}>{(loaded) => <NoteEditor key={patient} patient={patient} chart={open} draft={loaded.draft} />}</CallView>}
      </CallView>
    </div>
  );
}
