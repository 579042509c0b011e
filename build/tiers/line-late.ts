import { mintGrant } from '../../main/ledger/ledger.ts';
import { SEED_FROM_ENTRIES } from '../../shared/sync/limits.ts';
import { followRoster, rosterOf } from '../fixtures/test-roster.ts';
import { openTestWorkstation, type TestWorkstation } from '../fixtures/test-syncing.ts';
import type { LineProcess } from '../line/line-process.ts';
import type { LineWeather } from './line-plan.ts';

/** How a new workstation of tier T3 gets what the others have. */
export type LineStation = { readonly workstation: TestWorkstation; readonly line: LineProcess };

const LOOK_MS = 200;
const FILL_MAX_MS = 120_000;
const STOCK_FROM_MS = Date.UTC(2026, 0, 1);
/** A cut while it loads: so long dead. */
const CUT_MS = 1500;

export async function enrol(workstation: TestWorkstation, code: string): Promise<void> {
  const enrolled = await workstation.enrol(code);
  if (!enrolled.ok) throw new Error(`enrolment: ${enrolled.fault.code}`);
}

export function until(holds: () => boolean, limitMs: number): Promise<boolean> {
  const began = performance.now();
  return new Promise((resolve) => {
    const beat = setInterval(() => {
      const held = holds();
      if (!held && performance.now() - began < limitMs) return;
      clearInterval(beat);
      resolve(held);
    }, LOOK_MS);
  });
}

/** A workstation with a good line writes what a clinic has after some months, sends it, and is switched off. */
export async function stock(code: string): Promise<void> {
  const founder = openTestWorkstation();
  try {
    await enrol(founder, code);
    const patient = founder.register('Stock');
    const grant = mintGrant({ decision: 'tier/0', purpose: 'TREAT', session: null, patient: null });
    const visits = Array.from({ length: SEED_FROM_ENTRIES }, (_, index) => ({ kind: 'encounter' as const, patient, body: { patient, class: 'AMB', at: STOCK_FROM_MS + index, reason: `visit ${index}` } }));
    const written = founder.test.ledger.append(grant, visits);
    if (!written.ok) throw new Error(written.fault.code);
    const sent = await founder.now();
    if (!sent.ok) throw new Error(`what a clinic has was not sent: ${sent.fault.code}`);
  } finally {
    await founder.close();
  }
}

/** Its own line brings everything, though it is cut again and again while it does. */
export async function fillByLine({ workstation, line }: LineStation, { cuts }: LineWeather): Promise<void> {
  for (let left = Math.max(1, cuts.length); left > 0; left -= 1) {
    const before = workstation.view().bytesReceived;
    await until(() => workstation.view().bytesReceived > before, FILL_MAX_MS);
    await line.cut();
    await until(() => !workstation.view().running, CUT_MS);
    await line.mend();
  }
}

/** Its line is dead, and a neighbour brings what that one holds. */
export async function fillByNeighbour({ workstation, line }: LineStation, neighbour: LineStation, home: string): Promise<readonly string[]> {
  await line.cut();
  const roster = await rosterOf(home);
  for (const each of [workstation, neighbour.workstation]) followRoster(each, roster);
  const { test, syncing, keys } = neighbour.workstation;
  const answering = await syncing.neighbours.answer(test.grant, { host: '127.0.0.1', port: 0 });
  if (!answering.ok) return [`a neighbour does not answer: ${answering.fault.code}`];
  const port = Number(answering.value.answering?.address.split(':').at(-1));
  const wanted = neighbour.workstation.entries();
  const set = workstation.syncing.neighbours.setNeighbours(workstation.test.grant, [{ device: keys.deviceId, host: '127.0.0.1', port }]);
  if (!set.ok) return [`a neighbour is not called: ${set.fault.code}`];
  const filled = await until(() => workstation.entries() >= wanted, FILL_MAX_MS);
  return filled ? [] : [`a neighbour brought ${workstation.entries()} of ${wanted} entries while the line was dead: ${JSON.stringify(workstation.syncing.neighbours.view().neighbours)}`];
}
