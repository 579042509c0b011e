import { useState } from 'react';
import { credentialWords as words } from '../words/credentials.ts';
import { QrCode } from './qr-code.tsx';
import { inGroups } from './secret-text.ts';
import { TextField } from './text-field.tsx';

const CODE_DIGITS = 6;

export type CodeFieldProps = {
  readonly value: string;
  readonly onChange: (code: string) => void;
  readonly error?: string | null;
  readonly autoFocus?: boolean;
  readonly label?: string;
};

/** Six digits; spaces that an authenticator shows between them are taken out. */
export function CodeField({ value, onChange, error = null, autoFocus = false, label = words.code }: CodeFieldProps) {
  return (
    <TextField
      label={label}
      value={value}
      onChange={(typed) => onChange(typed.normalize('NFKC').replace(/\s/g, '').slice(0, CODE_DIGITS + 2))}
      inputMode="numeric"
      autoComplete="one-time-code"
      autoFocus={autoFocus}
      error={error}
      hint={words.codeHint}
      width="medium"
    />
  );
}

export function isCode(text: string): boolean {
  return /^\d{6}$/.test(text);
}

export type AuthenticatorProps = {
  readonly enrolment: { readonly secretBase32: string; readonly otpauthUri: string };
  readonly code: string;
  readonly onCode: (code: string) => void;
  readonly error?: string | null;
};

/** Brings a code secret to a phone by picture or by typing, and asks for a code back as the proof. */
export function Authenticator({ enrolment, code, onCode, error = null }: AuthenticatorProps) {
  const [touched, setTouched] = useState(false);
  const shapeFault = touched && code.length > CODE_DIGITS ? words.codeShape : null;
  return (
    <div className="authenticator">
      <QrCode text={enrolment.otpauthUri} />
      <div className="fields">
        <div>
          <p>
            <strong>{words.scan}</strong>
          </p>
          <p className="muted">{words.scanExplain}</p>
        </div>
        <div>
          <p className="small">{words.typeInstead}</p>
          <output className="secret" aria-label={words.keyLabel}>
            {inGroups(enrolment.secretBase32)}
          </output>
        </div>
        <CodeField
          value={code}
          onChange={(typed) => {
            setTouched(true);
            onCode(typed);
          }}
          error={error ?? shapeFault}
        />
      </div>
    </div>
  );
}
