import { join } from 'node:path';
import { startHost } from './host/host.ts';
import { systemClock } from './world.ts';

const here = import.meta.dirname;

startHost({ enginePath: join(here, 'engine-process.js'), preloadPath: join(here, 'preload.cjs'), rendererFolder: join(here, '../renderer') }, systemClock);
