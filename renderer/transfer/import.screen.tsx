import { useState } from 'react';
import { DropZone } from 'react-aria-components/DropZone';
import { FileTrigger } from 'react-aria-components/FileTrigger';
import { Text } from 'react-aria-components/Text';
import { useOutside } from '../outpost/audience.ts';
import { Button } from '../ui/button.tsx';
import { codeSentence } from '../words/fault-codes.ts';
import { formatBytes, formatNumber } from '../ui/format.ts';
import { FaultNotice, Message, Notice } from '../ui/message.tsx';
import { NotForRole } from '../ui/not-for-role.tsx';
import { Progress } from '../ui/progress.tsx';
import { transferWords as words } from '../words/transfer.ts';
import { FileReports } from './file-reports.tsx';
import { type DropItem, filesOfDrop } from './dropped-files.ts';
import { useImport, type Importing } from './transfer.data.ts';
import './transfer.css';

/** As import.begin has it. */
const FILES_MAX = 10_000;

/** Takes in FHIR R4 files: choose or drop, watch, read the report of each. */
export function ImportScreen() {
  const importing = useImport();
  const outside = useOutside('import');
  const { state } = importing;
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{words.title}</h1>
      </header>
      {outside ? <NotForRole part="import" /> : <p className="prose muted">{words.text}</p>}
      {state.at === 'idle' && !outside ? <ChooseFiles importing={importing} /> : null}
      {state.at === 'running' ? (
        <Progress label={state.job !== null && state.job.done === state.job.total ? words.working : words.reading} done={state.job?.done ?? 0} total={state.job?.total ?? null} amount={formatBytes} {...(state.cancelling ? {} : { onCancel: importing.cancel })} />
      ) : null}
      {state.at === 'stopped' ? (
        <>
          <Message tone="danger" title={words.failed} actions={<Button onPress={importing.clear}>{words.again}</Button>}>
            {state.file === null || state.fault.code !== 'FILE_UNREADABLE' ? null : words.unreadable(state.file)}
          </Message>
          <FaultNotice fault={state.fault} />
        </>
      ) : null}
      {state.at === 'over' ? <Outcome importing={importing} /> : null}
      {state.at === 'idle' || state.job === null ? null : <FileReports files={state.job.files} settled={state.at !== 'running'} />}
    </div>
  );
}

function Outcome({ importing }: { readonly importing: Importing }) {
  const { state } = importing;
  if (state.at !== 'over') return null;
  const { job } = state;
  const taken = job.files.reduce((sum, file) => sum + file.taken, 0);
  const takenFiles = job.files.filter(({ outcome }) => outcome === 'taken').length;
  const refusedFiles = job.files.filter(({ outcome }) => outcome === 'refused').length;
  return (
    <Notice tone={job.state === 'done' && refusedFiles === 0 ? 'quiet' : 'attention'} actions={<Button onPress={importing.clear}>{words.again}</Button>}>
      <strong>{job.state === 'done' ? words.done : job.state === 'cancelled' ? words.cancelled : words.failed}</strong>. {words.totals(formatNumber(taken), words.fileCount(takenFiles))}
      {refusedFiles === 0 ? '' : <strong> {words.refused(words.fileCount(refusedFiles))}</strong>}
      {job.state === 'cancelled' ? ` ${words.cancelledText}` : ''}
      {job.fault === null ? '' : ` ${codeSentence(job.fault)}`}
    </Notice>
  );
}

function ChooseFiles({ importing }: { readonly importing: Importing }) {
  const [problem, setProblem] = useState<string | null>(null);
  const take = (files: readonly File[]): void => {
    if (files.length > FILES_MAX) setProblem(words.tooMany(formatNumber(FILES_MAX)));
    else if (files.length === 0) setProblem(words.folderEmpty);
    else importing.start(files);
  };
  const drop = async (items: readonly DropItem[]): Promise<void> => take(await filesOfDrop(items, FILES_MAX));
  return (
    <>
      <DropZone className="drop" onDrop={({ items }) => void drop(items)} getDropOperation={() => 'copy'}>
        <Text slot="label" className="drop-label">
          {words.drop}
        </Text>
        <p className="muted">{words.dropHint}</p>
        <FileTrigger allowsMultiple acceptedFileTypes={['.json', '.ndjson', 'application/json', 'application/fhir+json', 'application/x-ndjson']} onSelect={(files) => (files === null ? undefined : take([...files]))}>
          <Button kind="primary">{words.choose}</Button>
        </FileTrigger>
      </DropZone>
      {problem === null ? null : <Notice tone="attention">{problem}</Notice>}
    </>
  );
}
