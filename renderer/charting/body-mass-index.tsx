import { useClinicTime } from '../outpost/clinic-time.ts';
import { formatDate, formatNumber } from '../ui/format.ts';
import { chartingWords, positionWords } from '../words/charting.ts';
import type { BodyMassIndex } from './vitals-model.ts';

const words = chartingWords.vitals;

/** The body mass index as weight and height are typed. */
export function BodyMassIndexView({ index, adult }: { readonly index: BodyMassIndex | null; readonly adult: boolean | null }) {
  const { zone } = useClinicTime();
  return (
    <output className="vital vital-derived" aria-label={words.bmi}>
      <span className="field-label">{words.bmi}</span>
      {index === null ? (
        <span className="small muted">{words.bmiMissing}</span>
      ) : (
        <>
          <span className="derived-value">
            {formatNumber(index.value, 1)} <span className="muted">{words.bmiUnit}</span>
          </span>
          {index.position === 'low' || index.position === 'high' ? <strong className="out-of-band">{positionWords[index.position]}</strong> : null}
          {index.heightFrom === null ? null : <span className="small muted">{words.bmiHeightFrom(formatDate(index.heightFrom, zone))}</span>}
          {adult === true ? null : <span className="small muted">{words.bmiChild}</span>}
        </>
      )}
    </output>
  );
}
