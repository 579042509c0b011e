import { Button } from 'react-aria-components/Button';
import { FieldError } from 'react-aria-components/FieldError';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Select as AriaSelect, SelectValue } from 'react-aria-components/Select';
import { Text } from 'react-aria-components/Text';

export type Option<Value extends string> = { readonly value: Value; readonly label: string; readonly detail?: string };

export type SelectProps<Value extends string> = {
  readonly label: string;
  readonly options: readonly Option<Value>[];
  readonly value: Value | null;
  readonly onChange: (value: Value) => void;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly error?: string | null;
  readonly disabled?: boolean;
  readonly width?: 'short' | 'medium' | 'full';
};

/** One of many. For up to five options `Choice` shows them all and costs one key less. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, options, value, onChange, error = null } = props;
  return (
    <AriaSelect
      className={`field field-${props.width ?? 'full'}`}
      value={value}
      onChange={(key) => {
        const chosen = options.find((option) => option.value === key);
        if (chosen !== undefined) onChange(chosen.value);
      }}
      isInvalid={error !== null}
      isDisabled={props.disabled ?? false}
      validationBehavior="aria"
      {...(props.placeholder === undefined ? {} : { placeholder: props.placeholder })}
    >
      <Label className="field-label">{label}</Label>
      <Button className="field-frame select-button">
        <SelectValue className="select-value" />
        <span aria-hidden="true" className="select-arrow" />
      </Button>
      {props.hint === undefined || error !== null ? null : (
        <Text slot="description" className="field-hint">
          {props.hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover">
        <ListBox className="option-list" data-letters="" items={options.map((option) => ({ ...option, id: option.value }))}>
          {(option) => (
            <ListBoxItem className="option" textValue={option.label}>
              <Text slot="label">{option.label}</Text>
              {option.detail === undefined ? null : (
                <Text slot="description" className="option-detail">
                  {option.detail}
                </Text>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
