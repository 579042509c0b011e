import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { civilDateAt } from '../ui/civil-date.ts';

/** Which resource types a filter of the timeline shows; `other` is every type that no group names. */
export const TYPE_GROUPS = {
  encounter: ['Encounter', 'Appointment'],
  note: ['DocumentReference', 'Composition', 'QuestionnaireResponse'],
  measurement: ['Observation', 'DiagnosticReport', 'ImagingStudy'],
  medication: ['MedicationRequest', 'MedicationStatement', 'MedicationAdministration', 'MedicationDispense'],
  problem: ['Condition', 'Flag'],
  allergy: ['AllergyIntolerance'],
  immunization: ['Immunization'],
  procedure: ['Procedure', 'ServiceRequest', 'CarePlan'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type TypeGroup = keyof typeof TYPE_GROUPS | 'other';
export type TypeFilter = TypeGroup | 'all';

const GROUP_NAMES = [...(Object.keys(TYPE_GROUPS) as (keyof typeof TYPE_GROUPS)[]), 'other'] as const;

/** The types that a filter stands for among those this chart has; empty for all. */
export function typesOf(filter: TypeFilter, counts: Readonly<Record<string, number>>): readonly string[] {
  if (filter === 'all') return [];
  if (filter !== 'other') return TYPE_GROUPS[filter];
  const grouped: readonly string[] = Object.values(TYPE_GROUPS).flat();
  return Object.keys(counts).filter((type) => !grouped.includes(type)).sort();
}

/** The groups of which this chart has anything, with how many. */
export function groupCounts(counts: Readonly<Record<string, number>>): readonly { readonly group: TypeGroup; readonly count: number }[] {
  return GROUP_NAMES.map((group) => ({ group, count: typesOf(group, counts).reduce((sum, type) => sum + (counts[type] ?? 0), 0) })).filter(({ count }) => count > 0);
}

/** The group that a resource type belongs to. */
export function groupOf(type: string): TypeGroup {
  const entries: readonly (readonly [string, readonly string[]])[] = Object.entries(TYPE_GROUPS);
  return (entries.find(([, types]) => types.includes(type))?.[0] as keyof typeof TYPE_GROUPS | undefined) ?? 'other';
}

export type TimelineRow = {
  readonly item: ChartItem;
  /** Drawn under the encounter it belongs to, which stands above it. */
  readonly nested: boolean;
  /** Set on the first row of each calendar year. */
  readonly year: number | null;
  /** To the minute the time of the row above, within one encounter: said once for the eye. */
  readonly sameTime: boolean;
};

const MS_PER_MINUTE = 60_000;

/**
 * Newest first, each encounter followed by what was charted in it. An encounter begins before its contents, so in
 * plain time order it would stand below them. The block stands where its newest item does.
 */
export function timelineRows(items: readonly ChartItem[], zone: string): readonly TimelineRow[] {
  const headers = new Map(items.filter(({ type }) => type === 'Encounter').map((item) => [item.record, item]));
  const blocks = new Map<string, { readonly header: ChartItem | null; readonly contents: ChartItem[] }>();
  for (const item of items) {
    const encounter = item.type === 'Encounter' ? item.record : item.encounter;
    const header = encounter === null ? null : (headers.get(encounter) ?? null);
    const key = header?.record ?? item.record;
    const block = blocks.get(key) ?? { header, contents: [] };
    if (item !== header) block.contents.push(item);
    blocks.set(key, block);
  }
  const rows: TimelineRow[] = [];
  let lastYear: number | null = null;
  for (const { header, contents } of blocks.values()) {
    const members = header === null ? contents : [header, ...contents];
    for (const [index, item] of members.entries()) {
      const year = yearOf(item, zone);
      // Contents follow their encounter's year, so that a visit over midnight on New Year's Eve is not torn apart.
      const turns = index === 0 && year !== null && year !== lastYear;
      if (turns) lastYear = year;
      const above = members[index - 1];
      rows.push({ item, nested: header !== null && index > 0, year: turns ? year : null, sameTime: header !== null && above !== undefined && minuteOf(above) === minuteOf(item) });
    }
  }
  return rows;
}

function minuteOf({ at }: ChartItem): number | null {
  return at === null ? null : Math.floor(at / MS_PER_MINUTE);
}

export function yearOf({ at, precision }: Pick<ChartItem, 'at' | 'precision'>, zone: string): number | null {
  if (at === null) return null;
  return civilDateAt(at, precision === 'time' ? zone : 'UTC').year;
}

/** The instant before which a year is shown: the first of the next, in UTC as the year counts are. */
export function endOfYear(year: number): number {
  return Date.UTC(year + 1, 0, 1);
}
