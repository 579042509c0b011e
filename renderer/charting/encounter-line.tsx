import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { formatDateTime } from '../ui/format.ts';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { chartingWords } from '../words/charting.ts';
import type { Chart } from './charting.data.ts';

const words = chartingWords.encounter;
/** An encounter still open after this is more likely forgotten than under way. */
const FORGOTTEN_AFTER_MS = 12 * 3_600_000;

/** Says which encounter the form goes into, and offers to close one that was forgotten. */
export function EncounterLine({ patient, open }: { readonly patient: RecordId; readonly open: Chart['openEncounter'] }) {
  const { now, zone } = useClinicTime();
  const finish = useCommand('encounter.finish');
  if (open === null) return <p className="small muted">{words.starts}</p>;
  const started = open.at ?? now();
  const when = formatDateTime(started, zone);
  if (now() - started < FORGOTTEN_AFTER_MS) return <p className="small muted">{words.into(when, open.title)}</p>;
  return (
    <>
      <Notice
        tone="attention"
        actions={
          <Button busy={finish.running} onPress={() => void finish.run({ patient, record: open.record, at: now() })}>
            {words.finish}
          </Button>
        }
      >
        {words.old(when)}
      </Notice>
      <FaultNotice fault={finish.fault} />
    </>
  );
}
