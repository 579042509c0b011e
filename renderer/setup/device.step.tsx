import { TextField } from '../ui/text-field.tsx';
import { setupWords as words } from '../words/setup.ts';
import type { SetupForm } from './setup-form.ts';
import { StepFrame } from './step-frame.tsx';

export type DeviceStepProps = { readonly form: SetupForm; readonly onChange: (part: Partial<SetupForm>) => void; readonly onNext: () => void; readonly onBack: (() => void) | undefined };

export function DeviceStep({ form, onChange, onNext, onBack }: DeviceStepProps) {
  return (
    <StepFrame title={words.deviceTitle} explain={words.deviceExplain} onBack={onBack} onNext={onNext} nextDisabled={form.device.trim() === ''}>
      <TextField label={words.device} value={form.device} onChange={(device) => onChange({ device })} autoFocus hint={words.deviceHint} maxLength={200} />
    </StepFrame>
  );
}
