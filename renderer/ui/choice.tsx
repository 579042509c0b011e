import type { KeyboardEvent } from 'react';
import { Checkbox as AriaCheckbox } from 'react-aria-components/Checkbox';
import { FieldError } from 'react-aria-components/FieldError';
import { Label } from 'react-aria-components/Label';
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup';
import type { Option } from './select.tsx';

export type ChoiceProps<Value extends string> = {
  readonly label: string;
  readonly options: readonly Option<Value>[];
  readonly value: Value | null;
  readonly onChange: (value: Value) => void;
  readonly error?: string | null;
  readonly disabled?: boolean;
  /** One under the other, with room for a detail. */
  readonly stacked?: boolean;
};

/** One of a few, all in view: arrow keys choose, Enter goes on. */
export function Choice<Value extends string>({ label, options, value, onChange, error = null, disabled = false, stacked = false }: ChoiceProps<Value>) {
  const chooseByLetter = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || [...event.key].length !== 1 || event.key === ' ') return;
    // A letter in this field is this field's, also where it chooses nothing: it must not start something else.
    event.preventDefault();
    event.stopPropagation();
    const option = options.find((each) => each.label.toLocaleLowerCase().startsWith(event.key.toLocaleLowerCase()));
    if (option !== undefined && !disabled) onChange(option.value);
  };
  return (
    <RadioGroup
      className="field choice"
      orientation={stacked ? 'vertical' : 'horizontal'}
      value={value}
      onChange={(chosen) => {
        const option = options.find((each) => each.value === chosen);
        if (option !== undefined) onChange(option.value);
      }}
      isInvalid={error !== null}
      isDisabled={disabled}
      validationBehavior="aria"
    >
      <Label className="field-label">{label}</Label>
      {/* The radio buttons within have the focus; a first letter chooses, as in a list. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className={stacked ? 'choice-stack' : 'choice-row'} onKeyDown={chooseByLetter}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} className="choice-option">
            <span className="choice-dot" aria-hidden="true" />
            <span>
              {option.label}
              {option.detail === undefined ? null : <span className="option-detail">{option.detail}</span>}
            </span>
          </Radio>
        ))}
      </div>
      <FieldError className="field-error">{error}</FieldError>
    </RadioGroup>
  );
}

export type CheckboxProps = { readonly label: string; readonly value: boolean; readonly onChange: (value: boolean) => void; readonly disabled?: boolean };

export function Checkbox({ label, value, onChange, disabled = false }: CheckboxProps) {
  return (
    <AriaCheckbox className="checkbox" isSelected={value} onChange={onChange} isDisabled={disabled}>
      <span className="checkbox-box" aria-hidden="true" />
      <span>{label}</span>
    </AriaCheckbox>
  );
}
