import { type HTMLInputTypeAttribute, type ReactNode, type Ref, useState } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextArea } from 'react-aria-components/TextArea';
import { TextField as AriaTextField } from 'react-aria-components/TextField';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { uiWords } from '../words/ui.ts';

export type TextFieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Stands under the field while nothing is wrong. */
  readonly hint?: ReactNode;
  /** A sentence; null or absent while the value is fine. Typing is never taken away. */
  readonly error?: string | null;
  readonly type?: HTMLInputTypeAttribute;
  readonly inputMode?: 'text' | 'numeric' | 'decimal' | 'tel' | 'search';
  readonly autoComplete?: string;
  readonly required?: boolean;
  /** Says "optional" beside the label, where most fields of a form are not. */
  readonly optional?: boolean;
  readonly autoFocus?: boolean;
  readonly disabled?: boolean;
  readonly readOnly?: boolean;
  readonly maxLength?: number;
  /** Rows of a text of several lines; absent for one line. */
  readonly rows?: number;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly areaRef?: Ref<HTMLTextAreaElement>;
  readonly onBlur?: () => void;
  /** Shown after the input within its frame, such as a unit. */
  readonly suffix?: ReactNode;
  readonly width?: 'short' | 'medium' | 'full';
};

export function TextField(props: TextFieldProps) {
  const { label, value, onChange, hint, error = null, rows, optional = false, required = false, suffix, width = 'full', inputRef, areaRef } = props;
  return (
    <AriaTextField
      className={`field field-${width}`}
      value={value}
      onChange={onChange}
      type={(props.type ?? 'text') as 'text'}
      isInvalid={error !== null}
      isRequired={required}
      isDisabled={props.disabled ?? false}
      isReadOnly={props.readOnly ?? false}
      autoComplete={props.autoComplete ?? 'off'}
      spellCheck="false"
      validationBehavior="aria"
      // A screen that opens on its first field is what the keyboard-only user expects.
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={props.autoFocus ?? false}
      {...(props.inputMode === undefined ? {} : { inputMode: props.inputMode })}
      {...(props.maxLength === undefined ? {} : { maxLength: props.maxLength })}
      {...(props.onBlur === undefined ? {} : { onBlur: props.onBlur })}
    >
      <Label className="field-label">
        {label}
        {optional ? <span className="field-optional"> {uiWords.optional}</span> : null}
      </Label>
      <span className="field-frame">
        {rows === undefined ? <Input className="field-input" ref={inputRef} /> : <TextArea className="field-input field-area" rows={rows} ref={areaRef} />}
        {suffix === undefined ? null : <span className="field-suffix">{suffix}</span>}
      </span>
      {hint === undefined || error !== null ? null : (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

/** A password with a way to look at it: long passwords are typed wrong less often when they can be read. */
export function PasswordField(props: Omit<TextFieldProps, 'type' | 'suffix' | 'rows'>) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      suffix={
        <ToggleButton className="button button-quiet button-in-field" isSelected={shown} onChange={setShown} excludeFromTabOrder aria-label={shown ? uiWords.hidePassword : uiWords.showPassword}>
          {shown ? uiWords.hidePassword : uiWords.showPassword}
        </ToggleButton>
      }
    />
  );
}
