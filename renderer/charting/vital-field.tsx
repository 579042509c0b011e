import type { Ref } from 'react';
import { VITAL_SIGNS, type VitalSign } from '../../shared/records/vital-signs.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatAgo, formatNumber, formatUnit } from '../ui/format.ts';
import { TextField } from '../ui/text-field.tsx';
import { chartingWords, positionWords, vitalWords } from '../words/charting.ts';
import { usualBand, type FieldReading, type VitalContext } from './vitals-model.ts';

const words = chartingWords.vitals;

export type VitalFieldProps = {
  readonly sign: VitalSign;
  readonly text: string;
  readonly onType: (text: string) => void;
  readonly reading: FieldReading;
  /** The nurse said of exactly this text that it is what was measured. */
  readonly confirmed: boolean;
  readonly onConfirm: () => void;
  readonly context: VitalContext;
  /** False while the field is typed into for the first time: a half-typed 12 is not yet an error. */
  readonly judged: boolean;
  readonly onLeave: () => void;
  readonly inputRef: Ref<HTMLInputElement>;
};

/** One sign: its field, what is wrong with it or how it compares, the usual band, the previous value. */
export function VitalField({ sign, text, onType, reading, confirmed, onConfirm, context, judged, onLeave, inputRef }: VitalFieldProps) {
  const { now } = useClinicTime();
  const { decimals, unit } = VITAL_SIGNS[sign];
  const band = usualBand(sign, context.adult);
  const previous = context.previous[sign];
  const number = (value: number): string => formatNumber(value, decimals);
  const withUnit = (value: number): string => `${number(value)} ${formatUnit(unit)}`;
  const asks = judged && reading.state === 'unlikely' && !confirmed;
  return (
    <div className="vital">
      <TextField
        label={vitalWords[sign].label}
        value={text}
        onChange={onType}
        onBlur={onLeave}
        inputMode="decimal"
        suffix={formatUnit(unit)}
        maxLength={12}
        inputRef={inputRef}
        // The row opens on its first field.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={sign === 'systolic'}
        error={judged ? errorOf(reading, number) : null}
      />
      <Position reading={reading} />
      <p className="vital-previous">
        {previous === undefined ? (
          words.noPrevious
        ) : (
          <>
            {words.previous(number(previous.value))} <span className="vital-age">{formatAgo(previous.at, now())}</span>
          </>
        )}
      </p>
      <p className="vital-band">{band === null ? '' : words.band(number(band[0]), number(band[1]))}</p>
      {asks ? (
        <div className="vital-ask" role="alert">
          <p>{reading.because === 'change' && previous !== undefined ? words.unlikelyChange(withUnit(reading.value), withUnit(previous.value)) : words.unlikelyValue(withUnit(reading.value))}</p>
          <Button onPress={onConfirm}>{words.keep(withUnit(reading.value))}</Button>
        </div>
      ) : null}
    </div>
  );
}

/** High or low with an arrow and a word; what is usual says nothing. Read out when it changes. */
function Position({ reading }: { readonly reading: FieldReading }) {
  const position = reading.state === 'plain' || reading.state === 'unlikely' ? reading.position : null;
  return (
    <output className="vital-position">
      {position === 'low' || position === 'high' ? <strong className="out-of-band">{positionWords[position]}</strong> : null}
    </output>
  );
}

function errorOf(reading: FieldReading, number: (value: number) => string): string | null {
  if (reading.state === 'not-a-number') return words.notANumber;
  if (reading.state === 'too-exact') return words.tooExact(reading.decimals);
  return reading.state === 'impossible' ? words.impossible(number(reading.low), number(reading.high)) : null;
}
