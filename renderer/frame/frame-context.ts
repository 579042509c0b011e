import { createContext, useContext } from 'react';
import type { CallState } from '../outpost/queries.ts';
import type { Leaving } from '../ui/leaving.ts';
import type { OpenStatus } from './frame.data.ts';

/** What the parts of the frame share: who is here, how sync stands, what must be saved before leaving. */
export type FrameFacts = { readonly status: OpenStatus; readonly sync: CallState<'sync.status'>; readonly leaving: Leaving };

export const FrameContext = createContext<FrameFacts | null>(null);

export function useFrame(): FrameFacts {
  const facts = useContext(FrameContext);
  if (facts === null) throw new Error('this part stands outside the frame');
  return facts;
}
