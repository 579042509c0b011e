import { useState } from 'react';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { NumberField } from '../ui/number-field.tsx';
import { TextField } from '../ui/text-field.tsx';
import { settingsWords as words } from '../words/settings.ts';
import { useSetSite, useSite } from './settings.data.ts';

const COORDINATE_DECIMALS = 6;

export function SitePart() {
  const site = useSite();
  return <CallView state={site}>{(value) => <SiteForm initial={value} />}</CallView>;
}

function SiteForm({ initial }: { readonly initial: CallOutput<'settings.site'> }) {
  const [form, setForm] = useState(initial);
  const [unread, setUnread] = useState({ latitude: false, longitude: false });
  const [saved, setSaved] = useState(false);
  const setSite = useSetSite();
  const change = (part: Partial<typeof form>): void => {
    setSaved(false);
    setForm((before) => ({ ...before, ...part }));
  };
  const place = (part: Partial<typeof form.site>): void => change({ site: { ...form.site, ...part } });
  const missing = (text: string): string | null => (text.trim() === '' ? words.missing : null);
  const complete = [form.clinic, form.site.name, form.deviceName].every((text) => text.trim() !== '') && !unread.latitude && !unread.longitude;
  const save = async (): Promise<void> => {
    const result = await setSite.run(form);
    setSaved(result.ok);
  };
  const coordinate = (axis: 'latitude' | 'longitude', limit: number) => (
    <NumberField
      label={words[axis]}
      value={form.site[axis]}
      onChange={(value, typed) => {
        place({ [axis]: value });
        setUnread((before) => ({ ...before, [axis]: typed && (value === null || Math.abs(value) > limit) }));
      }}
      decimals={COORDINATE_DECIMALS}
      minimum={-limit}
      maximum={limit}
      optional
      width="medium"
    />
  );
  return (
    <FieldFlow className="fields settings-form">
      <p className="prose muted">{words.siteIntro}</p>
      <TextField label={words.clinic} value={form.clinic} onChange={(clinic) => change({ clinic })} error={missing(form.clinic)} maxLength={200} />
      <TextField label={words.site} value={form.site.name} onChange={(name) => place({ name })} error={missing(form.site.name)} maxLength={200} />
      <TextField label={words.address} value={form.site.address} onChange={(address) => place({ address })} optional maxLength={400} />
      <div className="field-row">
        {coordinate('latitude', 90)}
        {coordinate('longitude', 180)}
      </div>
      <TextField label={words.device} value={form.deviceName} onChange={(deviceName) => change({ deviceName })} error={missing(form.deviceName)} maxLength={200} />
      <FaultNotice fault={setSite.fault} />
      {saved ? <Notice tone="quiet">{words.siteSaved}</Notice> : null}
      <div className="actions">
        <Button kind="primary" isDisabled={!complete} busy={setSite.running} onPress={() => void save()}>
          {words.saveSite}
        </Button>
      </div>
    </FieldFlow>
  );
}
