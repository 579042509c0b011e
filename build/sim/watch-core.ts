import type { SegmentId } from '../../shared/base/ids.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { DeviceCore } from '../../shared/sync/device-core.ts';
import type { DeviceOutput } from '../../shared/sync/device-output.ts';
import type { DeviceStore } from '../../shared/sync/device-store.ts';
import { URGENT_EXTRA_MAX_BYTES } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { SEAL_OVERHEAD_BYTES } from '../../shared/sync/sealing.ts';

/**
 * Looks on while a core sends, knowing only what is on the line: urgent entries go before all others, nothing goes twice
 * that was not asked for twice, and no more is under way than was agreed.
 */
export type CoreWatch = {
  readonly store: DeviceStore;
  readonly batchTargetBytes: number;
  readonly windowBytes: number;
  readonly report: (rule: string, what: string) => void;
  readonly saw: (what: string) => void;
};

type Push = Extract<DeviceOutput, { do: 'push' }>;
type UnderWay = { readonly segment: SegmentId; readonly from: number; readonly upTo: number; readonly bytes: number };

export function watchCore(core: DeviceCore, { store, batchTargetBytes, windowBytes, report, saw }: CoreWatch): DeviceCore {
  /** How far each segment has gone out on this line, or is held by the hub's last word. */
  const passed = new Map<SegmentId, number>();
  /** Urgent entries that the core has been told of. */
  let urgent: readonly { readonly segment: SegmentId; readonly length: number }[] = [];
  let underWay: readonly UnderWay[] = [];
  let greeted = false;
  let asking = 0;
  /** Refused or in contradiction: such a segment is dealt with by rules of its own. */
  const strange = new Set<SegmentId>();

  const lookAtOutbox = (): void => {
    urgent = store.ownSegments().filter(({ lane, closed, acknowledged, length }) => lane === LANE.urgent && closed !== true && acknowledged < length);
  };
  const bytesUnderWay = (): number => underWay.reduce((total, { bytes }) => total + bytes, 0);

  const told = (segment: SegmentId, length: number): void => {
    // What went out before it was asked for counts where it joins on.
    const joined = underWay.filter((batch) => batch.segment === segment && batch.from <= length).map(({ upTo }) => upTo);
    passed.set(segment, Math.max(length, ...joined));
  };

  const heard = (message: Message): void => {
    switch (message.type) {
      case 'hi':
        greeted = true;
        for (const { segment, length } of message.hi.positions) told(segment, length);
        return lookAtOutbox();
      case 'positions':
        asking -= 1;
        for (const { segment, length } of message.positions) told(segment, length);
        return undefined;
      case 'receipt': {
        const { segment, length } = message.receipt;
        underWay = underWay.filter((batch) => batch.segment !== segment || batch.upTo > length);
        passed.set(segment, Math.max(passed.get(segment) ?? 0, length));
        return undefined;
      }
      case 'rejected': {
        const { segment, from } = message.rejected;
        underWay = underWay.filter((batch) => batch.segment !== segment || batch.from !== from);
        strange.add(segment);
        return undefined;
      }
      default: return undefined;
    }
  };

  /** Nothing more is expected of what went out of this segment. */
  const giveUp = (what: string): void => {
    underWay = underWay.filter(({ segment }) => segment !== what);
    for (const { segment } of store.ownSegments()) if (segment === what) strange.add(segment);
  };

  /** Bytes count with the last run of a bundle: answers come in their order. */
  const judgePush = ({ runs, packed, lane }: Push): void => {
    for (const [index, run] of runs.entries()) judgeRun(run, lane, index < runs.length - 1 ? 0 : packed.length + SEAL_OVERHEAD_BYTES);
  };

  const judgeRun = ({ segment, from, count }: Push['runs'][number], lane: Push['lane'], bytes: number): void => {
    const before = bytesUnderWay();
    saw(lane === LANE.urgent ? 'urgent batch sent' : 'batch sent');
    const calm = !strange.has(segment) && store.ownSegments().every((own) => own.closed !== true);
    if (calm && greeted && asking === 0) {
      const extra = lane === LANE.urgent ? URGENT_EXTRA_MAX_BYTES : 0;
      if (before > 0 && before + batchTargetBytes > windowBytes + extra) report('SYN-120', `${before} bytes are under way when another batch of ${segment} goes out`);
      if (from < (passed.get(segment) ?? 0)) report('SYN-120', `${segment} goes out again from ${from}, ${passed.get(segment) ?? 0} have gone`);
      if (lane !== LANE.urgent) {
        const waiting = urgent.find((each) => !strange.has(each.segment) && (passed.get(each.segment) ?? 0) < each.length);
        if (waiting !== undefined) report('SYN-119', `${segment} of lane ${lane} goes out while ${waiting.segment} is urgent and waits`);
        if (urgent.length > 0) saw('urgent before all else');
      }
    }
    if (before > 0) saw('several batches under way');
    underWay = [...underWay, { segment, from, upTo: from + count, bytes }];
    passed.set(segment, Math.max(passed.get(segment) ?? 0, from + count));
  };

  const looked = (outputs: DeviceOutput[]): DeviceOutput[] => {
    for (const output of outputs) {
      if (output.do === 'send' && output.message.type === 'where') asking += 1;
      if (output.do === 'push') judgePush(output);
      if (output.do === 'refused') giveUp(output.what);
    }
    return outputs;
  };

  return {
    ...core,
    start(now) {
      lookAtOutbox();
      return looked(core.start(now));
    },
    message(message, now) {
      heard(message);
      return looked(core.message(message, now));
    },
    page: (header, runs, now) => looked(core.page(header, runs, now)),
    localChange(now) {
      if (greeted) lookAtOutbox();
      return looked(core.localChange(now));
    },
    tick: (now) => looked(core.tick(now)),
    probe: (now) => looked(core.probe(now)),
  };
}
