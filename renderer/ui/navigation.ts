import { createContext, useContext } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';

/** What may open over a chart. */
export type ChartPanel = 'encounter' | 'vitals' | 'allergy' | 'problem' | 'medication' | 'immunization' | 'break-glass';

/** Every place of the window. Features name places, never each other. */
export type Destination =
  | { readonly to: 'today' }
  | { readonly to: 'patients'; readonly text?: string }
  | { readonly to: 'register'; readonly typed?: string }
  | { readonly to: 'chart'; readonly patient: RecordId; readonly panel?: ChartPanel; readonly record?: RecordId }
  | { readonly to: 'note'; readonly patient: RecordId }
  /** `show`: what only wants a look, instead of what must be decided. */
  | { readonly to: 'conflicts'; readonly patient?: RecordId; readonly show?: 'review' }
  | { readonly to: 'trail'; readonly patient?: RecordId }
  | { readonly to: 'import' }
  | { readonly to: 'sync' }
  | { readonly to: 'settings' };

export type Navigation = {
  readonly go: (destination: Destination) => void;
  /** To where one came from; to Today where there is nothing before. */
  readonly back: () => void;
};

const nowhere: Navigation = {
  go: () => {
    throw new Error('no frame around this screen');
  },
  back: () => {
    throw new Error('no frame around this screen');
  },
};

export const NavigationContext = createContext<Navigation>(nowhere);

export function useNavigation(): Navigation {
  return useContext(NavigationContext);
}
