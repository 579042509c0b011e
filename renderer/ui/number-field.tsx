import { type Ref, useState } from 'react';
import { uiWords } from '../words/ui.ts';
import { readNumber, writeNumber } from './number-text.ts';
import { TextField, type TextFieldProps } from './text-field.tsx';

export type NumberFieldProps = Omit<TextFieldProps, 'value' | 'onChange' | 'suffix' | 'type' | 'inputMode' | 'rows' | 'areaRef'> & {
  /** Null while empty or not a number. */
  readonly value: number | null;
  /** `typed` is false for an empty field, so that "left out" and "cannot be read" stay apart. */
  readonly onChange: (value: number | null, typed: boolean) => void;
  /** Unit as people write it, such as `kg`. */
  readonly unit?: string;
  readonly decimals: number;
  /** Beyond these it cannot be: refused with the bounds named. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly inputRef?: Ref<HTMLInputElement>;
};

/** A plain text field that reads a number: no spinner, no wheel, no rounding of what was typed. */
export function NumberField({ value, onChange, unit, decimals, minimum, maximum, error = null, ...rest }: NumberFieldProps) {
  const [typedText, setText] = useState(() => (value === null ? '' : writeNumber(value, decimals)));
  const text = shownText(typedText, value, decimals);
  const type = (typed: string): void => {
    setText(typed);
    const reading = readNumber(typed);
    onChange(reading.reads === 'number' ? reading.value : null, reading.reads !== 'empty');
  };
  return (
    <TextField
      {...rest}
      value={text}
      onChange={type}
      inputMode="decimal"
      error={error ?? numberFault(text, minimum, maximum, decimals)}
      {...(unit === undefined ? {} : { suffix: unit })}
    />
  );
}

function numberFault(text: string, minimum: number | undefined, maximum: number | undefined, decimals: number): string | null {
  const reading = readNumber(text);
  if (reading.reads === 'empty') return null;
  if (reading.reads === 'other') return uiWords.notANumber;
  const low = minimum ?? Number.NEGATIVE_INFINITY;
  const high = maximum ?? Number.POSITIVE_INFINITY;
  return reading.value < low || reading.value > high ? uiWords.numberRange(writeNumber(low, decimals), writeNumber(high, decimals)) : null;
}

/** What was typed, as long as it reads as the value; else the value, which was then set from outside. */
function shownText(typed: string, value: number | null, decimals: number): string {
  const reading = readNumber(typed);
  if (value === null) return reading.reads === 'number' ? '' : typed;
  return reading.reads === 'number' && reading.value === value ? typed : writeNumber(value, decimals);
}
