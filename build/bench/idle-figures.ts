import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import { systemClock } from '../../main/world.ts';
import { CLEAR_LINE } from '../line/line-options.ts';
import { startLine } from '../line/line-process.ts';
import { alone, compared, type Figure } from './figure.ts';
import { openSyncingVault, startCentral } from './own-sync.ts';
import { pouchIdleBytes } from './pouch-line.ts';
import type { Say } from './section.ts';
import { crossed } from './weak-line.ts';

/** What a connection costs on which nothing happens. */

/** The engine's clock runs so much faster here, and nothing else does: bytes do not depend on it. */
const HASTE = 20;
const IDLE_MS = 5 * 60_000;
const PERIODS = 3;
const IDLE_MOST_BYTES = 100;
const RUN_MAX_MS = 60_000;

const hasty: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() * HASTE };

export async function idleFigures(folder: string, hasPouch: boolean, say: Say): Promise<readonly Figure[]> {
  say('sync: an idle connection');
  mkdirSync(folder, { recursive: true });
  const central = await startCentral(join(folder, 'central'));
  const line = await startLine({ target: { host: '127.0.0.1', port: central.port }, up: CLEAR_LINE, down: CLEAR_LINE, cuts: null, cutEffect: 'stall', seed: 1 });
  const workstation = openSyncingVault(join(folder, 'workstation'), { engineClock: hasty });
  try {
    await workstation.enrol(central.enrolmentCode());
    await workstation.through(line.port);
    assertHolds(await workstation.until(({ unsent, running, line: state }) => unsent === 0 && !running && state === 'online', RUN_MAX_MS), 'central takes what is sent');
    const up: number[] = [];
    const down: number[] = [];
    const wire: number[] = [];
    for (let period = 0; period < PERIODS; period += 1) {
      const before = await line.counters();
      await workstation.until(() => false, IDLE_MS / HASTE);
      const during = crossed(before, await line.counters());
      assertHolds(during.connections === 0, 'an idle connection stays');
      up.push(during.up);
      down.push(during.down);
      wire.push(during.wireUp + during.wireDown);
    }
    const peer = hasPouch ? await pouchIdleBytes(join(folder, 'pouch')) : null;
    const what = 'idle connection, up, in five minutes';
    const upwards = { id: 'sync.idle.up', what };
    return [
      peer === null ? alone(upwards, up, 'bytes', { most: IDLE_MOST_BYTES }) : compared(upwards, 'bytes', { ours: up, beside: [peer.up], besideWhat: 'PouchDB, one push and one pull that find nothing' }, { most: IDLE_MOST_BYTES }),
      peer === null ? alone({ id: 'sync.idle.down', what: '  down' }, down, 'bytes', { most: IDLE_MOST_BYTES }) : compared({ id: 'sync.idle.down', what: '  down' }, 'bytes', { ours: down, beside: [peer.down], besideWhat: 'the same' }, { most: IDLE_MOST_BYTES }),
      alone({ id: 'sync.idle.wire', what: '  both ways, with TCP and IP' }, wire, 'bytes'),
    ];
  } finally {
    await workstation.close();
    await line.close();
    await central.close();
  }
}
