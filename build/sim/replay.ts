import { toHex } from '../../shared/base/bytes.ts';
import type { World } from './world.ts';

/** Everything that was ever said to central is said again: nothing of it may be news. */
export async function judgeReplay(world: World): Promise<void> {
  if (!world.remembers) return;
  const before = stateOf(world);
  const lines = await world.central.replay();
  world.judge.saw('line said again', lines);
  if (stateOf(world) !== before) world.judge.report('SYN-115', `what was said before changed central: ${before} became ${stateOf(world)}`);
}

/** All that central holds, in one text. */
function stateOf({ hub }: World): string {
  const segments = hub.segments().map(({ id, entries, quarantined }) => `${id}:${entries.length}:${toHex(entries.at(-1)?.hash.subarray(0, 8) ?? new Uint8Array())}${quarantined ? '!' : ''}`);
  return `${hub.entries()} entries, ${segments.toSorted().join(' ')}`;
}
