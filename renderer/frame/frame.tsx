import { RouterProvider } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useCall } from '../outpost/queries.ts';
import { KeptForms, KeptFormsContext } from '../ui/kept.ts';
import { Leaving, LeavingContext } from '../ui/leaving.ts';
import { NavigationContext } from '../ui/navigation.ts';
import type { OpenStatus } from './frame.data.ts';
import { FrameContext } from './frame-context.ts';
import { makeNavigation, makeRouter } from './router.tsx';
import './frame.css';

const SYNC_EVERY_MS = 10_000;

/** Everything that stands while somebody is signed in. Made anew for every session: no history outlives its user. */
export function Frame({ status }: { readonly status: OpenStatus }) {
  const [router] = useState(makeRouter);
  const [leaving] = useState(() => new Leaving());
  const [kept] = useState(() => new KeptForms());
  const navigation = useMemo(() => makeNavigation(router), [router]);
  const sync = useCall('sync.status', {}, { every: SYNC_EVERY_MS });
  const frame = useMemo(() => ({ status, sync, leaving }), [status, sync, leaving]);
  return (
    <FrameContext value={frame}>
      <LeavingContext value={leaving}>
        <KeptFormsContext value={kept}>
          <NavigationContext value={navigation}>
            <RouterProvider router={router} />
          </NavigationContext>
        </KeptFormsContext>
      </LeavingContext>
    </FrameContext>
  );
}
