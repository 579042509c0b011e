import type { CallInput } from '../../shared/ipc/contract.ts';
import type { EntryKind } from '../../shared/ledger/kinds.ts';
import { partialDate, type CivilDate } from '../ui/civil-date.ts';

/** Kinds of entries by what somebody looks for in a trail. */
export const KIND_GROUPS = {
  reads: ['patient.searched', 'chart.viewed', 'record.viewed', 'audit.viewed', 'staff.viewed', 'sync.viewed'],
  writes: ['patient.register', 'encounter', 'vitals', 'allergy', 'allergy.none', 'problem', 'medication', 'immunization', 'note', 'resource', 'amend'],
  sessions: ['session.open', 'session.close', 'session.refused', 'session.level', 'call.refused'],
  breakGlass: ['breakglass.open'],
  transfer: ['import.started', 'import.file', 'import.finished', 'export.made', 'audit.exported'],
  sync: ['sync.done', 'sync.refused', 'device.enrolled', 'neighbours.changed', 'order.applied', 'order.refused', 'lease.over', 'history.contradicted'],
  administration: ['staff.changed', 'settings.changed', 'vault.recovered', 'audit.verified', 'segment.open', 'checkpoint', 'ledger.forked', 'ledger.recovered', 'scope.evicted', 'scope.admitted'],
} as const satisfies Readonly<Record<string, readonly EntryKind[]>>;

export type KindGroup = keyof typeof KIND_GROUPS | 'all';
export const KIND_GROUP_NAMES = ['all', 'reads', 'writes', 'sessions', 'breakGlass', 'transfer', 'sync', 'administration'] as const satisfies readonly KindGroup[];

export type TypedFilter = { readonly user: string; readonly group: KindGroup; readonly refusedOnly: boolean; readonly from: string; readonly to: string };
export const NO_FILTER: TypedFilter = { user: '', group: 'all', refusedOnly: false, from: '', to: '' };

export type TrailFilter = Pick<CallInput<'audit.list'>, 'userName' | 'kinds' | 'refusedOnly' | 'from' | 'to'>;

/** The typed filter as the engine takes it: days are those of the clinic's zone, the last one whole. */
export function readFilter(typed: TypedFilter, zone: string): { readonly filter: TrailFilter; readonly wrong: readonly ('from' | 'to')[] } {
  const from = dayOf(typed.from);
  const to = dayOf(typed.to);
  const wrong = (['from', 'to'] as const).filter((end) => typed[end].trim() !== '' && (end === 'from' ? from : to) === null);
  return {
    filter: {
      userName: typed.user.trim() === '' ? null : typed.user.trim(),
      kinds: typed.group === 'all' ? [] : [...KIND_GROUPS[typed.group]],
      refusedOnly: typed.refusedOnly,
      from: from === null ? null : startOfDay(from, zone),
      to: to === null ? null : startOfDay(dayAfter(to), zone) - 1,
    },
    wrong,
  };
}

function dayOf(typed: string): CivilDate | null {
  const date = partialDate(typed.trim());
  return date === null || date.month === null || date.day === null ? null : { year: date.year, month: date.month, day: date.day };
}

function dayAfter({ year, month, day }: CivilDate): CivilDate {
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}

/** The first instant of a day in a zone: epoch milliseconds. */
export function startOfDay(date: CivilDate, zone: string): number {
  const asUtc = Date.UTC(date.year, date.month - 1, date.day);
  // The offset at the guess can differ from that at the answer by a change of the clocks: twice settles it.
  const once = asUtc - offsetAt(asUtc, zone);
  return asUtc - offsetAt(once, zone);
}

function offsetAt(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at);
  const number = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(number('year'), number('month') - 1, number('day'), number('hour'), number('minute'), number('second')) - Math.floor(at / 1000) * 1000;
}
