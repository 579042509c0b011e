import type { DeviceId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import { NUMBER_PREFIXES, numberPrefix, numberPrefixAt } from '../../shared/records/patient-number.ts';
import { optionalTextOf, textOf } from './row.ts';
import type { Writes } from './sql.ts';

/**
 * The beginning of the numbers on patients' cards, which no other device has or had: revoked ones count, since their
 * cards are in people's pockets. A device keeps what it was given; else it gets what it has begun to use, if that is
 * free, so that numbers given before go on. Null where all are taken. Within the transaction that enters the device.
 */
export async function claimNumberPrefix(tx: Writes, random: Random, device: DeviceId, used: string): Promise<string | null> {
  const rows = await tx.all('SELECT id, number_prefix FROM device');
  const own = rows.find((row) => row['id'] === device);
  const given = own === undefined ? null : optionalTextOf(own, 'number_prefix');
  if (given !== null) return given;
  const taken = new Set(rows.filter((row) => row !== own).map((row) => optionalTextOf(row, 'number_prefix') ?? numberPrefix(textOf(row, 'id'))));
  const free = taken.has(used) ? anyBut(taken, random) : used;
  if (free !== null) await tx.run('UPDATE device SET number_prefix = ? WHERE id = ?', free, device);
  return free;
}

/** The first free one from a random place on, so that two centrals that were restored do not hand out the same ones in turn. */
function anyBut(taken: ReadonlySet<string>, random: Random): string | null {
  const [high = 0, low = 0] = random.bytes(2);
  for (let step = 0; step < NUMBER_PREFIXES; step += 1) {
    const candidate = numberPrefixAt((high * 256 + low + step) % NUMBER_PREFIXES);
    if (!taken.has(candidate)) return candidate;
  }
  return null;
}
