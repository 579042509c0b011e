import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { VitalSign } from '../../shared/records/vital-signs.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { KeyHint } from '../ui/key-hint.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { chartWords } from '../words/chart.ts';
import { vitalWords } from '../words/charting.ts';
import type { Chart } from './chart.data.ts';
import { MedicinesPanel } from './medicines-panel.tsx';
import { AllergyPanel, ItemPanel } from './summary-panels.tsx';
import { givenList, medicineList, summaryList } from '../ui/current-items.ts';
import type { TypeFilter } from './timeline-rows.ts';
import { TrendDialog } from './trend.dialog.tsx';
import { adultBandsHold, vitalLines } from './vital-lines.ts';
import { VitalsPanel } from './vitals-panel.tsx';

const words = chartWords.summary;
/** Lines that fit beside each other on a screen of 768 pixels without scrolling. */
const PROBLEM_LINES = 7;
const MEDICATION_LINES = 6;
const IMMUNIZATION_LINES = 4;

const vitalName = (sign: VitalSign) => ({ name: vitalWords[sign].label, short: vitalWords[sign].short });

type Props = {
  readonly patient: RecordId;
  readonly chart: Chart;
  readonly onOpen: (record: RecordId) => void;
  readonly onFilter: (filter: TypeFilter) => void;
  readonly selected: RecordId | null;
};

/** What matters of this person, on one screen. */
export function Summary({ patient, chart, onOpen, onFilter, selected }: Props) {
  const { now, zone } = useClinicTime();
  const { go } = useNavigation();
  const [drawn, setDrawn] = useState<string | null>(null);
  const vitals = vitalLines(chart.vitals, adultBandsHold(chart.banner.birthDate, now(), zone), vitalName, { name: chartWords.trend.pressure, short: chartWords.trend.pressureShort });
  return (
    <section className="summary" aria-label={words.region}>
      <Alerts chart={chart} onConflicts={() => go({ to: 'conflicts', patient })} onNote={() => go({ to: 'note', patient })} />
      <div className="summary-columns">
        <div className="summary-column">
          <ItemPanel title={words.problems} empty={words.noProblems} list={summaryList(chart.problems, PROBLEM_LINES)} what={words.problems.toLowerCase()} onOpen={onOpen} onMore={() => onFilter('problem')} selected={selected} dated />
          <MedicinesPanel list={medicineList(chart.medications, MEDICATION_LINES)} onOpen={onOpen} onMore={() => onFilter('medication')} selected={selected} />
        </div>
        <div className="summary-column">
          <AllergyPanel allergies={chart.allergies} onOpen={onOpen} />
          <VitalsPanel lines={vitals} onDraw={setDrawn} />
          <ItemPanel title={words.immunizations} empty={words.noImmunizations} list={givenList(chart.immunizations, IMMUNIZATION_LINES)} what={words.immunizations.toLowerCase()} onOpen={onOpen} onMore={() => onFilter('immunization')} selected={selected} dated />
        </div>
      </div>
      {drawn === null ? null : <TrendDialog patient={patient} banner={chart.banner} lines={vitals} first={drawn} onClose={() => setDrawn(null)} />}
    </section>
  );
}

function Alerts({ chart, onConflicts, onNote }: { readonly chart: Chart; readonly onConflicts: () => void; readonly onNote: () => void }) {
  const { openConflicts } = chart.banner;
  if (openConflicts === 0 && !chart.draft) return null;
  return (
    <ul className="plain alerts" aria-label={words.alerts}>
      {openConflicts === 0 ? null : (
        <li>
          <button type="button" className="alert-line alert-attention" onClick={onConflicts}>
            <span className="mark mark-attention" aria-hidden="true" />
            {words.conflicts(openConflicts)}
            <span className="alert-do">
              <KeyHint keys="C" />
            </span>
          </button>
        </li>
      )}
      {chart.draft ? (
        <li>
          <button type="button" className="alert-line" onClick={onNote}>
            <span className="mark mark-quiet" aria-hidden="true" />
            {words.draft}
            <span className="alert-do">{words.draftOpen}</span>
          </button>
        </li>
      ) : null}
    </ul>
  );
}
