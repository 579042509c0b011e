import { Notice } from '../ui/message.tsx';
import { RecoverySheet } from '../ui/recovery-sheet.tsx';
import { setupWords as words } from '../words/setup.ts';
import type { SetupForm } from './setup-form.ts';

export type RecoveryStepProps = { readonly code: string; readonly form: SetupForm; readonly onNext: () => void };

export function RecoveryStep({ code, form, onNext }: RecoveryStepProps) {
  return (
    <section className="fields">
      <h1>{words.recoveryTitle}</h1>
      <Notice tone="attention">{words.recoveryOnlyHere}</Notice>
      <RecoverySheet code={code} clinic={form.clinic} device={form.device} onKept={onNext} />
    </section>
  );
}
