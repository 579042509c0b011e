import { createMemoryHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import type { Destination, Navigation } from '../ui/navigation.ts';
import { FrameLayout, Broken } from './layout.tsx';
import { PATHS, PlaceSearch, placeOf, sameScreen } from './places.ts';
import { screens } from './routes.tsx';

/** One route per destination; all share the search schema, and each draws the screen that `routes.tsx` names for it. */
export function makeRouter() {
  const root = createRootRoute({ component: FrameLayout, errorComponent: Broken, notFoundComponent: Broken });
  const ids = Object.keys(PATHS) as Destination['to'][];
  const children = ids.map((to) => createRoute({ getParentRoute: () => root, path: PATHS[to], component: screens[to], errorComponent: Broken, validateSearch: (search) => PlaceSearch.parse(search) }));
  return createRouter({
    routeTree: root.addChildren(children),
    history: createMemoryHistory({ initialEntries: ['/'] }),
    defaultPreload: false,
    scrollRestoration: false,
    defaultPendingMinMs: 0,
  });
}

export type FrameRouter = ReturnType<typeof makeRouter>;

/** Going within one screen (a panel opened or closed) replaces its entry, so that "back" leaves the screen. */
export function makeNavigation(router: FrameRouter): Navigation {
  const go = (destination: Destination): void => {
    const place = placeOf(destination);
    const query = new URLSearchParams(Object.entries(place.search).flatMap(([name, value]) => (value === undefined ? [] : [[name, JSON.stringify(value)]]))).toString();
    const href = query === '' ? place.path : `${place.path}?${query}`;
    if (sameScreen(router.history.location.pathname, place)) router.history.replace(href);
    else router.history.push(href);
  };
  return {
    go,
    back: () => {
      if (router.history.canGoBack()) router.history.back();
      else go({ to: 'today' });
    },
  };
}
