import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { Clock, Random } from '../shared/base/world.ts';

/** This machine's clock, randomness and addresses: the one place that reads them for the engine. */

const MS_PER_MINUTE = 60_000;

/** Asking the system costs more than all else an entry does; a workstation that travels is noticed within a minute. */
const ZONE_FRESH_MS = 60_000;
let zone = { name: '', askedAt: Number.NEGATIVE_INFINITY };

function zoneName(): string {
  const now = performance.now();
  if (now - zone.askedAt > ZONE_FRESH_MS) zone = { name: Intl.DateTimeFormat().resolvedOptions().timeZone, askedAt: now };
  return zone.name;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  zone: zoneName,
  offsetMinutes: (atMs) => -new Date(Math.floor(atMs / MS_PER_MINUTE) * MS_PER_MINUTE).getTimezoneOffset(),
};

export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };

/** Addresses of the interfaces that are up, loopback left out; the public address is not known offline. */
export function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .sort();
}
