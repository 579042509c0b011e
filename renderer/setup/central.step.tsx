import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { SnapshotPart } from '../ui/snapshot.part.tsx';
import { TextField } from '../ui/text-field.tsx';
import { setupWords as words } from '../words/setup.ts';
import { snapshotWords } from '../words/snapshot.ts';
import { useEnrol } from './setup.data.ts';
import { StepFrame } from './step-frame.tsx';

/** Joining is a choice: without a code everything works on this computer alone. */
export function CentralStep({ onNext }: { readonly onNext: () => void }) {
  const enrol = useEnrol();
  const [code, setCode] = useState('');
  const [organization, setOrganization] = useState<string | null>(null);
  const join = async (): Promise<void> => {
    const result = await enrol.run({ code });
    if (result.ok) setOrganization(result.value.organization);
  };
  if (organization !== null) {
    return (
      <StepFrame title={words.centralTitle} onNext={onNext}>
        <Notice tone="quiet">{words.joined(organization)}</Notice>
        <h2>{snapshotWords.title}</h2>
        <SnapshotPart />
      </StepFrame>
    );
  }
  return (
    <StepFrame title={words.centralTitle} explain={words.centralExplain} onNext={() => void join()} nextLabel={words.join} nextDisabled={code.trim() === ''} busy={enrol.running} beside={<Button onPress={onNext}>{words.skip}</Button>}>
      <TextField label={words.centralCode} value={code} onChange={setCode} autoFocus optional hint={words.centralHint} maxLength={400} />
      <FaultNotice fault={enrol.fault} />
    </StepFrame>
  );
}
