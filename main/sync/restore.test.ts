import { cpSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestCentral } from '../../build/fixtures/test-central.ts';
import { testOrganization } from '../../build/fixtures/test-organization.ts';
import type { TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { decodeBatchHeader } from '../../shared/sync/envelope.ts';

const organization = testOrganization();
const { central, enrolled, closes } = organization;
afterEach(organization.close);

/** Yesterday's copy of central's home, and the way back to it. */
async function backup(hub: TestCentral): Promise<() => Promise<void>> {
  const kept = temporaryFolder();
  closes(() => kept.remove());
  await hub.stop();
  cpSync(hub.home, kept.path, { recursive: true });
  await hub.start();
  return async () => {
    await hub.stop();
    rmSync(hub.home, { recursive: true });
    cpSync(kept.path, hub.home, { recursive: true });
    await hub.start();
  };
}
const held = (station: TestWorkstation, segment: unknown): number => Number(station.test.store.read.get('SELECT length FROM segment WHERE id = ?', segment as string)?.['length'] ?? 0);

describe('central restored from yesterday\'s backup', () => {
  it('SYN-92 what it lost of ours is unsent again from its greeting on, though the vault be closed meanwhile, and is sent again', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    one.register('Adeyemi');
    await one.now();
    const goBack = await backup(hub);
    one.register('Okafor');
    one.register('Ito');
    expect(await one.now()).toMatchObject({ ok: true, value: { allSent: true } });
    const entries = one.entries();
    await one.relock();
    await goBack();
    let lastUnsent = 0;
    await one.until((view) => {
      lastUnsent = Math.max(lastUnsent, view.unsent);
      return view.allSent && view.line === 'online' && lastUnsent > 1;
    });
    expect(lastUnsent).toBeGreaterThanOrEqual(2);
    expect(await hub.verify()).toMatchObject({ ok: true, entries });
    expect(await hub.eventCodes()).toContain('HUB_RESTORED');
  });

  it('SYN-86 is given back what a colleague\'s workstation holds of one that is no more, and passes it on under its author\'s word', async () => {
    const hub = await central();
    const [lost, peer] = [await enrolled(hub), await enrolled(hub)];
    await lost.now();
    await peer.now();
    const goBack = await backup(hub);
    const patient = lost.register('Okafor');
    await lost.now();
    await peer.now();
    const segments = lost.test.store.read.all('SELECT id, length FROM segment WHERE own = 1');
    // That machine is stolen in the night in which central's disk dies.
    await lost.relock({ dial: async () => ({ ok: false, fault: { code: 'OFFLINE' } }), presented: async () => ({ ok: false, fault: { code: 'OFFLINE' } }), after: () => () => undefined });
    await goBack();
    expect(await peer.now()).toMatchObject({ ok: true, value: { allSent: true, refused: [] } });
    const third = await enrolled(hub);
    expect(await third.now()).toMatchObject({ ok: true, value: { refused: [] } });
    expect(third.test.ledger.read.get('SELECT family FROM patient WHERE record = ?', patient)).toEqual({ family: 'Okafor' });
    for (const { id } of segments) expect(held(third, id)).toBe(held(peer, id));
    const words = third.test.store.read.all('SELECT segment.id, attestation.length, attestation.header FROM attestation JOIN segment ON segment.ref = attestation.segment WHERE device = ?', lost.keys.deviceId);
    expect(words.length).toBeGreaterThan(0);
    for (const { id, length, header } of words) {
      const said = decodeBatchHeader(header as Uint8Array);
      expect(said).toMatchObject({ segment: id, device: lost.keys.deviceId });
      expect(said!.from + said!.count).toBe(length);
    }
    expect(await hub.verify()).toMatchObject({ ok: true, quarantined: 0 });
  });
});

describe('urgent entries', () => {
  it('SYN-91 a registration goes out at once, with no tick between', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    await one.now();
    one.register('Okafor');
    // Nobody ticks here: only what the writing itself set going can send it.
    while (Number((await hub.look((sql) => sql.get('SELECT count(*) AS n FROM segment WHERE lane = 0')))?.['n']) === 0) await new Promise((resolve) => void setImmediate(resolve));
    expect(one.view().line).toBe('online');
  });

  it('SYN-91 SYN-84 without a connection one is made at once, and the entry goes out with its first words', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    one.register('Okafor');
    while (Number((await hub.look((sql) => sql.get('SELECT count(*) AS n FROM segment WHERE lane = 0')))?.['n']) === 0) await new Promise((resolve) => void setImmediate(resolve));
    await one.until(({ allSent }) => allSent);
    expect(await hub.eventCodes()).not.toContain('REPLAY');
  });
});
