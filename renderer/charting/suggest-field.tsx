import { ComboBox } from 'react-aria-components/ComboBox';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Text } from 'react-aria-components/Text';

export type Suggestion = { readonly text: string; readonly detail?: string };

export type SuggestFieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly suggestions: readonly Suggestion[];
  readonly hint?: string;
  readonly error?: string | null;
  readonly autoFocus?: boolean;
  readonly maxLength?: number;
};

const SHOWN_MAX = 8;

/** Free text with words to choose from: what is typed stands, whether or not the list has it. */
export function SuggestField({ label, value, onChange, suggestions, hint, error = null, autoFocus = false, maxLength }: SuggestFieldProps) {
  const items = matching(suggestions, value).map((each) => ({ ...each, id: each.text }));
  return (
    <ComboBox
      className="field field-full"
      items={items}
      inputValue={value}
      onInputChange={onChange}
      onSelectionChange={(key) => {
        if (typeof key === 'string') onChange(key);
      }}
      allowsCustomValue
      menuTrigger="input"
      isInvalid={error !== null}
      validationBehavior="aria"
      // A dialog that opens on its first field is what the keyboard-only user expects.
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={autoFocus}
    >
      <Label className="field-label">{label}</Label>
      <span className="field-frame">
        <Input className="field-input" autoComplete="off" spellCheck="false" {...(maxLength === undefined ? {} : { maxLength })} />
      </span>
      {hint === undefined || error !== null ? null : (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover">
        <ListBox className="option-list" items={items}>
          {(item) => (
            <ListBoxItem className="option" textValue={item.text}>
              <Text slot="label">{item.text}</Text>
              {item.detail === undefined ? null : (
                <Text slot="description" className="option-detail">
                  {item.detail}
                </Text>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

/** Those with a word that begins with what was typed, those that begin with it first. */
export function matching(suggestions: readonly Suggestion[], typed: string): readonly Suggestion[] {
  const begun = typed.trim().toLowerCase();
  if (begun === '') return [];
  const rank = ({ text }: Suggestion): number => {
    const lower = text.toLowerCase();
    if (lower.startsWith(begun)) return 0;
    return lower.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(begun)) ? 1 : 2;
  };
  return suggestions
    .map((suggestion) => ({ suggestion, rank: rank(suggestion) }))
    .filter(({ rank }) => rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, SHOWN_MAX)
    .map(({ suggestion }) => suggestion);
}
