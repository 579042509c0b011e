import { TextField } from '../ui/text-field.tsx';
import { patientsWords as words } from '../words/patients.ts';
import type { RegisterForm } from './demographics-form.ts';

/** What can wait until there is time. */
export function MoreFields({ form, set }: { readonly form: RegisterForm; readonly set: (field: keyof RegisterForm) => (value: string) => void }) {
  return (
    <>
      <div className="field-row">
        <TextField label={words.street} value={form.street} onChange={set('street')} maxLength={400} />
        <TextField label={words.city} value={form.city} onChange={set('city')} width="medium" maxLength={400} />
        <TextField label={words.postalCode} value={form.postalCode} onChange={set('postalCode')} width="short" maxLength={20} />
      </div>
      <div className="field-row">
        <TextField label={words.contactName} value={form.contactName} onChange={set('contactName')} maxLength={400} />
        <TextField label={words.contactRelationship} value={form.contactRelationship} onChange={set('contactRelationship')} width="medium" maxLength={100} />
        <TextField label={words.contactPhone} value={form.contactPhone} onChange={set('contactPhone')} inputMode="tel" width="medium" maxLength={60} />
      </div>
      <div className="field-row">
        <TextField label={words.nationalId} value={form.nationalId} onChange={set('nationalId')} width="medium" maxLength={60} />
        <TextField label={words.language} value={form.language} onChange={set('language')} width="medium" maxLength={20} />
      </div>
    </>
  );
}
