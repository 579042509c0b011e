import { expect, it } from 'vitest';
import { onEachDatabase } from '../../build/fixtures/each-database.ts';
import { testDrivers } from '../../build/fixtures/test-databases.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { NUMBER_PREFIX, NUMBER_PREFIXES, numberPrefix, numberPrefixAt } from '../../shared/records/patient-number.ts';
import { claimNumberPrefix } from './number-prefixes.ts';
import type { Sql } from './sql.ts';

/** Their ids end alike, so that their own prefixes are the same. */
const [first, second, third] = ['0000000000000123', '0000000000008123', 'ffffffffffff8123'].map((id) => DeviceId.parse(id)) as [DeviceId, DeviceId, DeviceId];
const alike = numberPrefix(first);
const zeros = { bytes: (count: number) => new Uint8Array(count) };

const enter = (sql: Sql, device: DeviceId, state = 'active'): Promise<void> =>
  sql.write('devices', async (tx) => void (await tx.run('INSERT INTO device (id, name, signing_key, sealing_key, state, enrolled_at) VALUES (?, ?, ?, ?, ?, 0)', device, device, Uint8Array.of(1), Uint8Array.of(2), state)));
const claim = (sql: Sql, device: DeviceId, used = numberPrefix(device)): Promise<string | null> => sql.write('devices', (tx) => claimNumberPrefix(tx, zeros, device, used));

it('SYN-287 there are 32,768 prefixes, and each is another', () => {
  const all = new Set(Array.from({ length: NUMBER_PREFIXES }, (_, place) => numberPrefixAt(place)));
  expect([all.size, [...all].every((each) => NUMBER_PREFIX.test(each))]).toEqual([32_768, true]);
  // As Outpost 0.1.0 made them of its ids.
  expect([numberPrefix(first), numberPrefix(third), numberPrefix('00000000000000d1')]).toEqual(['390', '390', 'H60']);
});

onEachDatabase(testDrivers('number_prefixes'), (databases) => {
  it('SYN-287 whoever comes first keeps what it uses, who comes later gets another, and nobody\'s changes when it asks again', async () => {
    const sql = await databases.fresh().open();
    for (const device of [first, second]) await enter(sql, device);
    // Before it has been asked, an id speaks for the numbers of its device: a workstation of version 0.1.0 has given some.
    expect(await claim(sql, second)).toBe('000');
    expect(await claim(sql, first)).toBe(alike);
    expect([await claim(sql, second), await claim(sql, first, 'ZZZ')]).toEqual(['000', alike]);
  });

  it('SYN-287 what a revoked workstation wrote on cards is given to nobody else, and what one uses already goes on if it is free', async () => {
    const sql = await databases.fresh().open();
    await enter(sql, first, 'revoked');
    await enter(sql, third);
    expect(await claim(sql, third, alike)).toBe('000');
    await enter(sql, second);
    expect(await claim(sql, second, '7Q2')).toBe('7Q2');
    await expect(sql.write('devices', (tx) => tx.run("UPDATE device SET number_prefix = '7Q2' WHERE id = ?", first))).rejects.toThrow();
  });
});
