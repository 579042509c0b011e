import type { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import { REMOTE_LEAD_MAX_MS } from '../../shared/ledger/hybrid-clock.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { SignedReceipt } from '../../shared/sync/envelope.ts';
import type { SimHub } from './sim-hub.ts';
import type { SimWorkstation } from './sim-workstation.ts';

/** What must hold at every moment of a world, looked at whenever something may have changed. */

/** The rule of shared/sync/SPEC.md that is broken, and where. */
export type Problem = { readonly rule: string; readonly what: string };

/** How often what the rules are about happened, so that nothing is proved by its absence. */
export type Counts = Readonly<Record<string, number>>;

export type Judge = {
  readonly problems: readonly Problem[];
  readonly counts: Counts;
  /** One more of these. */
  saw(what: string, times?: number): void;
  report(rule: string, what: string): void;
  /** `lies`: somebody else speaks in central's place. */
  event(workstation: SimWorkstation, event: DeviceEvent, life: number, lies: boolean): void;
  looked(workstation: SimWorkstation): void;
  /** Somebody was told that this is kept. */
  wrote(workstation: SimWorkstation, entry: WireEntry): void;
  /** What was told to be kept and must still be there: by the workstation that wrote it, its disk being the same one. */
  kept(workstation: SimWorkstation): readonly WireEntry[];
  /** The furthest receipt of each segment, whoever got it. */
  acknowledged(): readonly { readonly device: DeviceId; readonly receipt: SignedReceipt }[];
  /** Disks under this name were exchanged for others. */
  replacedDisk(device: DeviceId): boolean;
  /** Central went back to an earlier state of its disk: what it acknowledged since may be gone. */
  hubWentBack(): void;
  /** Its disk is another than it was: restored from a backup, or the copy of another machine's. */
  diskReplaced(workstation: SimWorkstation): void;
};

const PROBLEMS_MAX = 12;
const HONEST_SLACK_MS = 5000;
const BEFORE_ALL_LIVES = -1;
/** Of a hybrid clock: 16 bits. */
const COUNTER_MAX = 0xffff;

/** `honestLine`: nobody changes or repeats what travels. */
export function createJudge(hub: SimHub, trueWall: () => number, honestLine: boolean): Judge {
  const problems: Problem[] = [];
  const counts: Record<string, number> = {};
  const saw = (what: string, times = 1): void => {
    counts[what] = (counts[what] ?? 0) + times;
  };
  const written = new Map<SimWorkstation, WireEntry[]>();
  const furthest = new Map<SegmentId, { readonly device: DeviceId; readonly receipt: SignedReceipt }>();
  const otherDisks = new Set<DeviceId>();
  const restores = { count: 0 };
  /** Central's life (between two restores) in which each workstation last heard it greet. */
  const greetedIn = new WeakMap<SimWorkstation, number>();
  const dishonest = new WeakSet<SimWorkstation>();
  const conflictsSeen = new WeakMap<SimWorkstation, { readonly projection: object; readonly open: ReadonlySet<string> }>();

  const report = (rule: string, what: string): void => {
    if (problems.length < PROBLEMS_MAX && !problems.some((known) => known.rule === rule && known.what === what)) problems.push({ rule, what });
  };

  /** Whether central holds durably whatever this workstation wrote. */
  const hubHasAll = ({ disk }: SimWorkstation): boolean => {
    for (const { id, own, entries } of disk.segments.values()) {
      const last = entries.at(-1);
      if (own && last !== undefined && !hub.holds(id, entries.length, last.hash)) return false;
    }
    return true;
  };

  /** The light may lag behind the truth, and only to the dark side: unless central was restored and has not been met since, "all sent" is true. */
  const judgeLight = (workstation: SimWorkstation): void => {
    const { allSent, unsent } = workstation.light();
    saw(allSent ? 'light on' : 'light off');
    if (allSent && unsent > 0) report('SYN-121', `${workstation.device} says all sent with ${unsent} unsent`);
    if (allSent && (greetedIn.get(workstation) ?? 0) === restores.count && !hubHasAll(workstation)) report('SYN-121', `${workstation.device} says all sent and central lacks some`);
  };

  const judgeClock = (workstation: SimWorkstation): void => {
    const [, counter] = workstation.ledger().hybrid();
    if (counter > COUNTER_MAX) report('SYN-116', `${workstation.device} counts to ${counter} within a millisecond`);
    if (!workstation.clock.honest()) dishonest.add(workstation);
    if (dishonest.has(workstation)) return;
    saw('honest clock looked at');
    const ahead = workstation.ledger().hybrid()[0] - trueWall();
    if (ahead > REMOTE_LEAD_MAX_MS + HONEST_SLACK_MS) report('SYN-116', `${workstation.device} was dragged ${Math.round(ahead / 1000)} s ahead`);
  };

  /** A conflict that is gone was decided: by an entry that knew the values that are live no more. */
  const judgeConflicts = (workstation: SimWorkstation): void => {
    const projection = workstation.projection();
    if (projection.conflictCount() === 0 && (conflictsSeen.get(workstation)?.open.size ?? 0) === 0) return;
    const seen = conflictsSeen.get(workstation);
    const open = new Set(projection.conflicts().map(({ record, element }) => `${record} ${element}`));
    if (seen !== undefined && seen.projection === projection) {
      for (const conflict of seen.open) {
        if (open.has(conflict)) continue;
        const [record = '', element = ''] = conflict.split(' ');
        const values = new Set(projection.heads(record as never, element).map(({ value }) => value));
        saw('conflict settled');
        if (values.size > 1) report('SYN-113', `${workstation.device} forgot the conflict over ${element}`);
      }
    }
    conflictsSeen.set(workstation, { projection, open });
  };

  return {
    problems,
    counts,
    saw,
    report,
    event(workstation, event, life, lies) {
      saw(event.do);
      if (event.do === 'refused') saw(`refused ${event.code}`);
      if (event.do === 'greeted' && !lies) greetedIn.set(workstation, life);
      if (event.do === 'close' && event.fault.code === 'PROTOCOL_ERROR' && honestLine) report('SYN-119', `${workstation.device} broke off: ${String(event.fault.detail?.['rule'] ?? event.fault.detail?.['refusal'])}`);
      if (event.do === 'acknowledged') {
        const { segment, length, head } = event.receipt;
        if (length > (furthest.get(segment)?.receipt.length ?? 0)) furthest.set(segment, { device: workstation.device, receipt: event.receipt });
        // What central said before it was restored is its word all the same, whoever says it again.
        if (life === restores.count && !(lies && life > 0) && !hub.holds(segment, length, head)) report('SYN-111', `${workstation.device} was told that ${segment} is held to ${length}`);
      }
    },
    looked(workstation) {
      judgeLight(workstation);
      judgeClock(workstation);
      judgeConflicts(workstation);
    },
    wrote(workstation, entry) {
      const entries = written.get(workstation) ?? [];
      written.set(workstation, entries);
      entries.push(entry);
    },
    kept: (workstation) => written.get(workstation) ?? [],
    acknowledged: () => [...furthest.values()],
    replacedDisk: (device) => otherDisks.has(device),
    hubWentBack() {
      restores.count += 1;
    },
    diskReplaced(workstation) {
      conflictsSeen.delete(workstation);
      otherDisks.add(workstation.device);
      written.delete(workstation);
      // What this disk believes may be older than central's last restore: it has to be greeted since.
      if (restores.count > 0) greetedIn.set(workstation, BEFORE_ALL_LIVES);
    },
  };
}
