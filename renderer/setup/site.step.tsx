import { useState } from 'react';
import { NumberField } from '../ui/number-field.tsx';
import { TextField } from '../ui/text-field.tsx';
import { setupWords as words } from '../words/setup.ts';
import type { SetupForm } from './setup-form.ts';
import { StepFrame } from './step-frame.tsx';

/** Four decimals of a degree are about ten metres. */
const COORDINATE_DECIMALS = 6;

export type SiteStepProps = { readonly form: SetupForm; readonly onChange: (part: Partial<SetupForm>) => void; readonly onNext: () => void };

export function SiteStep({ form, onChange, onNext }: SiteStepProps) {
  const [asked, setAsked] = useState(false);
  const [unread, setUnread] = useState({ latitude: false, longitude: false });
  const missing = (text: string): string | null => (asked && text.trim() === '' ? words.missing : null);
  const inRange = within(form.latitude, 90) && within(form.longitude, 180);
  const next = (): void => {
    setAsked(true);
    if (form.clinic.trim() !== '' && form.site.trim() !== '' && inRange && !unread.latitude && !unread.longitude) onNext();
  };
  return (
    <StepFrame title={words.siteTitle} explain={words.siteExplain} onNext={next}>
      <TextField label={words.clinic} value={form.clinic} onChange={(clinic) => onChange({ clinic })} autoFocus error={missing(form.clinic)} maxLength={200} />
      <TextField label={words.site} value={form.site} onChange={(site) => onChange({ site })} hint={words.siteHint} error={missing(form.site)} maxLength={200} />
      <TextField label={words.address} value={form.address} onChange={(address) => onChange({ address })} optional maxLength={400} />
      <div>
        <div className="field-row">
          <NumberField
            label={words.latitude}
            value={form.latitude}
            onChange={(latitude, typed) => {
              onChange({ latitude });
              setUnread((before) => ({ ...before, latitude: typed && latitude === null }));
            }}
            decimals={COORDINATE_DECIMALS}
            minimum={-90}
            maximum={90}
            optional
            width="medium"
          />
          <NumberField
            label={words.longitude}
            value={form.longitude}
            onChange={(longitude, typed) => {
              onChange({ longitude });
              setUnread((before) => ({ ...before, longitude: typed && longitude === null }));
            }}
            decimals={COORDINATE_DECIMALS}
            minimum={-180}
            maximum={180}
            optional
            width="medium"
          />
        </div>
        <p className="field-hint">{words.coordinatesHint}</p>
      </div>
    </StepFrame>
  );
}

function within(value: number | null, limit: number): boolean {
  return value === null || Math.abs(value) <= limit;
}
