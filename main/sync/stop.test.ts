import { afterEach, expect, it } from 'vitest';
import { startTestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { outboxSize } from '../ledger/ledger.ts';
import { nodeNetwork, STOPPED_REST_MS, type Network } from './sync.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function joined(network: Network): Promise<{ readonly station: TestWorkstation; readonly clock: { ahead: number } }> {
  const hub = await startTestCentral();
  const clock = { ahead: 0 };
  const station = openTestWorkstation({
    network,
    clock: { now: () => Date.now(), monotonic: () => performance.now() + clock.ahead, zone: () => 'UTC', offsetMinutes: () => 0 },
  });
  opened.push(hub, station);
  expect((await station.enrol(await hub.code())).ok).toBe(true);
  return { station, clock };
}

const unsent = (station: TestWorkstation): number => outboxSize(station.test.ledger.read).count;

it('SYN-155 a line that nobody has tried since the screen was unlocked is neither offline nor online', async () => {
  const { station } = await joined(nodeNetwork);
  expect(station.view()).toMatchObject({ line: 'untried', lineFault: null, allSent: false, nextAttemptAt: expect.any(Number) });
  await station.now();
  expect(station.view()).toMatchObject({ line: 'online', nextAttemptAt: null });
});

it('SYN-154 whoever stops a sync loses nothing, and it goes on later or when asked for', async () => {
  // A line that takes every byte and carries none: what a sync that seems to stand still looks like.
  let dead = false;
  const { station, clock } = await joined({
    ...nodeNetwork,
    async dial(dial) {
      const dialed = await nodeNetwork.dial(dial);
      return dialed.ok && dead ? { ok: true, value: { ...dialed.value, write: () => Promise.resolve() } } : dialed;
    },
  });
  dead = true;
  station.register('Okafor');
  const before = unsent(station);
  const asked = station.now();
  const stopped = await station.syncing.stop(station.test.grant);
  expect(stopped).toMatchObject({ ok: true, value: { line: 'offline', lineFault: null, running: false, allSent: false } });
  expect(await asked).toMatchObject({ ok: false, fault: { code: 'CANCELLED' } });
  expect(unsent(station)).toBe(before + 2);
  const rest = (station.view().nextAttemptAt ?? 0) - Date.now();
  expect(rest).toBeGreaterThan(STOPPED_REST_MS / 2);
  dead = false;
  station.syncing.tick();
  expect(station.view().line).toBe('offline');
  clock.ahead += STOPPED_REST_MS;
  await station.until((view) => view.allSent && view.line === 'online');
  expect(unsent(station)).toBe(0);
});
