import { toHex } from '../../shared/base/bytes.ts';
import { verifyLedger } from '../../main/audit/verify.ts';
import { allSegments, forks, projectionLines } from '../../main/ledger/ledger.ts';
import { readerOf } from './real-drafts.ts';
import type { RealWorld } from './real-world.ts';
import type { RealWorkstation } from './real-workstation.ts';

/** What must hold once everything has healed, come to rest and been brought to the newest version. */

export async function judgeRealWorld(world: RealWorld): Promise<void> {
  const { hub, report } = world;
  const verdict = await hub.verify();
  for (const { where, problem } of verdict.problems) report('SYN-201', `central: ${problem} at ${where}`);
  const segments = await hub.segments();
  const forked = segments.some(({ quarantined }) => quarantined);
  const held = new Map(segments.map((segment) => [String(segment.id), segment]));

  for (const entry of world.promised()) {
    const [segment = '', sequence = '0'] = entry.split('.');
    const there = held.get(segment);
    if ((there?.length ?? 0) <= Number(sequence) && there?.quarantined !== true) report('SYN-201', `${entry} was written and central lacks it`);
  }

  const settled = world.running().filter(({ device }) => !world.revoked(device));
  let chart: { readonly of: RealWorkstation; readonly lines: string } | null = null;
  for (const workstation of settled) {
    const { device } = workstation;
    const { read } = workstation.ledger();
    const contested = forks(read).length > 0 || forked;
    for (const { id, length, head, own, closed } of allSegments(read)) {
      const there = held.get(id);
      if (closed !== null || there?.quarantined === true) continue;
      if (there === undefined || there.length < length) report('SYN-201', `central lacks ${length - (there?.length ?? 0)} of ${id}, ${own ? 'own' : 'foreign'} to ${device}`);
      else if (there.length === length && there.head !== toHex(head)) report('SYN-201', `${device} holds another ${id}`);
      else if (there.length > length) report('SYN-201', `${device} holds ${length} of ${there.length} of ${id}`);
    }
    const mine = new Set(allSegments(read).map(({ id }) => String(id)));
    for (const { id, quarantined } of segments) if (!quarantined && !mine.has(id)) report('SYN-201', `${device} lacks ${id}`);
    if (!contested && !workstation.light().allSent) report('SYN-201', `${device} at rest does not say that all is sent`);
    judgeLedger(world, workstation);
    if (contested) continue;
    const lines = projectionLines(read).join('\n');
    if (chart === null) chart = { of: workstation, lines };
    else if (chart.lines !== lines) report('SYN-201', `${device} shows another chart than ${chart.of.device}: ${firstDifference(chart.lines, lines)}`);
  }
}

/** The stored chart is what the entries make, and every chain is whole. */
export function judgeLedger({ report }: Pick<RealWorld, 'report'>, workstation: RealWorkstation): void {
  const { read } = workstation.ledger();
  for (const problem of last(verifyLedger(read, null, null, readerOf(workstation.reader()))).problems) report('SYN-201', `${workstation.device}: ${JSON.stringify(problem)}`);
}

function last<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function firstDifference(one: string, other: string): string {
  const theirs = new Set(other.split('\n'));
  const mine = new Set(one.split('\n'));
  return `only here: ${[...mine].find((line) => !theirs.has(line)) ?? ''}; only there: ${[...theirs].find((line) => !mine.has(line)) ?? ''}`;
}
