import { Toolbar } from 'react-aria-components/Toolbar';
import { useOutside } from '../outpost/audience.ts';
import { useNow } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatAgo } from '../ui/format.ts';
import type { ChartPanel } from '../ui/navigation.ts';
import { chartWords as words } from '../words/chart.ts';
import type { Chart } from './chart.data.ts';

const AGES_EVERY_MS = 30_000;
const PANELS = [
  { panel: 'vitals', keys: 'V', label: words.actions.vitals },
  { panel: 'medication', keys: 'M', label: words.actions.medication },
  { panel: 'allergy', keys: 'A', label: words.actions.allergy },
  { panel: 'problem', keys: 'P', label: words.actions.problem },
  { panel: 'immunization', keys: 'I', label: words.actions.immunization },
] as const satisfies readonly { readonly panel: ChartPanel; readonly keys: string; readonly label: string }[];

type Props = { readonly chart: Chart; readonly onShow: (panel: ChartPanel) => void; readonly onNote: () => void; readonly onTrail: () => void };

/** The encounter under way, and everything that can be charted in it, each with its key. */
export function ChartActions({ chart, onShow, onNote, onTrail }: Props) {
  const now = useNow(AGES_EVERY_MS);
  const mayNotPrescribe = useOutside('prescribing');
  const outsideTrail = useOutside('trail');
  const { openEncounter } = chart;
  return (
    <div className="chart-actions">
      <span className="chart-encounter">
        <span className={openEncounter === null ? 'mark mark-quiet' : 'mark mark-open'} aria-hidden="true" />
        <span>{openEncounter === null ? words.encounter.none : words.encounter.open(openEncounter.title, formatAgo(Math.min(openEncounter.at ?? now, now), now))}</span>
      </span>
      <Button kind="quiet" keys="N" onPress={() => onShow('encounter')}>
        {openEncounter === null ? words.actions.startEncounter : words.actions.finishEncounter}
      </Button>
      <span className="spring" />
      <Toolbar className="actions" aria-label={words.actions.toolbar}>
        <Button keys="S" onPress={onNote}>
          {words.actions.note}
        </Button>
        {PANELS.filter(({ panel }) => panel !== 'medication' || !mayNotPrescribe).map(({ panel, keys, label }) => (
          <Button key={panel} keys={keys} onPress={() => onShow(panel)}>
            {label}
          </Button>
        ))}
        {outsideTrail ? null : (
          <Button kind="quiet" onPress={onTrail}>
            {words.actions.trail}
          </Button>
        )}
      </Toolbar>
    </div>
  );
}
