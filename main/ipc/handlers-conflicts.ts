import type { RecordId } from '../../shared/base/ids.ts';
import { ok, refuse } from '../../shared/base/result.ts';
import { askAbout, listConflicts, otherChart, resolveConflict, settleItem, viewConflict, type Asker } from '../records/records.ts';
import type { Handlers } from './handler.ts';
import { mayRead } from './handlers-chart.ts';
import type { Workstation } from './workstation.ts';

/** What needs a person. */

type ConflictHandlers = Pick<Handlers, Extract<keyof Handlers, `conflicts.${string}`>>;

export const conflictHandlers: ConflictHandlers = {
  'conflicts.list': ({ input, workstation }) => ok(listConflicts(workstation.required().ledger.read, input, askerOf(workstation), once((patient) => mayRead(workstation, patient)))),
  'conflicts.view'({ input, workstation }) {
    const found = maySeeOther(workstation, input.field) ? viewConflict(workstation.required().ledger.read, input.record, input.field, askerOf(workstation)) : undefined;
    return found === undefined ? refuse('NOT_FOUND') : ok(found);
  },
  'conflicts.resolve'({ input, grant, workstation }) {
    return resolveConflict(workstation.required().ledger, grant, askerOf(workstation), input);
  },
  'conflicts.settle'({ input, grant, workstation }) {
    return maySeeOther(workstation, input.field) ? settleItem(workstation.required().ledger, grant, askerOf(workstation), input) : refuse('NOT_FOUND');
  },
  'conflicts.ask'({ input, grant, workstation }) {
    const { clock } = workstation.world;
    const now = Math.floor(clock.now());
    return askAbout(workstation.required().ledger, grant, askerOf(workstation), input, now, clock.offsetMinutes(now));
  },
};

function askerOf(workstation: Workstation): Asker {
  return workstation.required().staff;
}

/** An item about two charts is for those who may see both. */
function maySeeOther(workstation: Workstation, field: string): boolean {
  const other = otherChart(workstation.required().ledger.read, field);
  return other === null || mayRead(workstation, other);
}

/** Asks about each patient once. */
function once(ask: (patient: RecordId) => boolean): (patient: RecordId) => boolean {
  const answers = new Map<RecordId, boolean>();
  return (patient) => {
    const known = answers.get(patient) ?? ask(patient);
    answers.set(patient, known);
    return known;
  };
}
