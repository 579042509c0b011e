import { useState } from 'react';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { formatBytes, formatNumber } from '../ui/format.ts';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { StepUpDialog } from '../ui/step-up.tsx';
import { TextField } from '../ui/text-field.tsx';
import { trailWords } from '../words/trail.ts';
import type { TrailFilter } from './trail-filter.ts';

const words = trailWords.export;
/** As audit.export has it. */
const PATH_MAX_CHARACTERS = 4096;

/** Writes the trail of the days that are shown to a file. The engine asks for a fresh code first. */
export function ExportDialog({ filter, onClose }: { readonly filter: TrailFilter; readonly onClose: () => void }) {
  const write = useCommand('audit.export');
  const [path, setPath] = useState('');
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState<CallOutput<'audit.export'> | null>(null);
  const run = async (): Promise<void> => {
    setTried(true);
    if (path.trim() === '') return;
    const result = await write.run({ path: path.trim(), from: filter.from, to: filter.to });
    setDone(result.ok ? result.value : null);
  };
  const again = (): void => {
    write.clear();
    void run();
  };
  if (write.fault?.code === 'STEP_UP_REQUIRED') return <StepUpDialog onDone={again} onClose={write.clear} />;
  return (
    <Dialog
      title={words.title}
      onClose={onClose}
      closeLabel={words.close}
      commands={[{ id: 'trail.export', title: words.run, keys: 'Ctrl+Enter', group: trailWords.group, run: () => void run() }]}
      actions={
        <Button kind="primary" keys="Ctrl+Enter" busy={write.running} onPress={() => void run()}>
          {words.run}
        </Button>
      }
    >
      <FieldFlow className="trail-export">
        <p>{words.text}</p>
        <TextField label={words.path} value={path} onChange={setPath} hint={words.pathHint} error={tried && path.trim() === '' ? words.missingPath : null} maxLength={PATH_MAX_CHARACTERS} required />
        <FaultNotice fault={write.fault} />
        {done === null ? null : <Notice tone="quiet">{words.done(formatNumber(done.lines), formatBytes(done.bytes))}</Notice>}
      </FieldFlow>
    </Dialog>
  );
}
