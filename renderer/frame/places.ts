import { z } from 'zod';
import type { Role } from '../../shared/access/vocabulary.ts';
import { RecordId } from '../../shared/base/ids.ts';
import { AUDIENCES, type AudienceName } from '../outpost/audience.ts';
import type { ChartPanel, Destination } from '../ui/navigation.ts';

/** Destinations as addresses of the window's own memory history, and back. Addresses never leave the process. */

export type SectionId = 'today' | 'patients' | 'conflicts' | 'import' | 'sync' | 'trail' | 'settings';

/** Sections in the order of Alt+1 and on. */
export const SECTIONS: readonly SectionId[] = ['today', 'patients', 'conflicts', 'import', 'sync', 'trail', 'settings'];

/** Whom a section is for; those that are not named here are for everybody. */
export const SECTION_AUDIENCES: Readonly<Partial<Record<SectionId, AudienceName>>> = { patients: 'patients', conflicts: 'charts', import: 'import', trail: 'trail' };

/** The sections that a role has anything to do in. Their keys stay where they are for everybody. */
export function sectionsFor(role: Role): readonly SectionId[] {
  return SECTIONS.filter((section) => {
    const audience = SECTION_AUDIENCES[section];
    return audience === undefined || AUDIENCES[audience].roles.includes(role);
  });
}

export const PATHS = {
  today: '/',
  patients: '/patients',
  register: '/register',
  chart: '/chart/$patient',
  note: '/chart/$patient/note',
  conflicts: '/conflicts',
  import: '/import',
  sync: '/sync',
  trail: '/trail',
  settings: '/settings',
} as const satisfies Readonly<Record<Destination['to'], string>>;

const PANELS = ['encounter', 'vitals', 'allergy', 'problem', 'medication', 'immunization', 'break-glass'] as const satisfies readonly ChartPanel[];

/** What may stand after a path. Anything else is dropped. */
export const PlaceSearch = z.object({
  text: z.string().optional().catch(undefined),
  typed: z.string().optional().catch(undefined),
  panel: z.enum(PANELS).optional().catch(undefined),
  record: RecordId.optional().catch(undefined),
  patient: RecordId.optional().catch(undefined),
  show: z.enum(['review']).optional().catch(undefined),
});
export type PlaceSearch = z.infer<typeof PlaceSearch>;

export type Place = { readonly path: string; readonly search: PlaceSearch };

export function placeOf(destination: Destination): Place {
  const { to, ...rest } = destination;
  if (destination.to === 'chart' || destination.to === 'note') {
    const { patient, ...search } = rest as Extract<Destination, { to: 'chart' }>;
    return { path: PATHS[to].replace('$patient', patient), search };
  }
  return { path: PATHS[to], search: rest };
}

/** The section that is lit while a place stands. A chart belongs to the patients. */
export function sectionOf(path: string): SectionId {
  if (path === PATHS.register || path.startsWith('/chart/')) return 'patients';
  return SECTIONS.find((section) => PATHS[section] === path) ?? 'today';
}

/** Whether going from one place to the other only opens or closes something over the same screen. */
export function sameScreen(fromPath: string, to: Place): boolean {
  return fromPath === to.path;
}
